"""A form about an alert → the operation it asks for, and in words what became of it.

Problems: FORBIDDEN for a form that is none of ours; else those of the operation, told in Norwegian.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hub.api.pages.alert_forms import HOURS, LONGEST, TITLES, Marks
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.pairs import read_pairs
from hub.policy import Actor
from hub.problems import HubError, Problem, ProblemCode, fail

Ask = Callable[[FhirRequest], Awaitable[FhirResponse]]
"""The FHIR router: a request → its answer. Problems: those of the operation."""

MOST_BYTES: Final = 20_000
_MOST_FIELDS: Final = 12
_BACK: Final = re.compile(r"/alerts|/patients/[A-Za-z0-9.-]{1,64}")
_OWN_SITES: Final = frozenset({"same-origin", "none"})
_TAKEN: Final = (
    "Noen andre har gjort noe med varselet etter at du åpnet siden. Ingenting er lagret. "
    "Se på varselet slik det er nå, før du gjør noe."
)
_TOLD: Final = {
    ProblemCode.VERSION_CONFLICT: _TAKEN,
    ProblemCode.NO_VERSION_NAMED: "Siden sier ikke hvilken utgave av varselet du så. Åpne den på nytt.",
    ProblemCode.NOT_FOUND: "Varselet finnes ikke.",
    ProblemCode.GONE: "Varselet er slettet.",
    ProblemCode.FORBIDDEN: "Skjemaet kom ikke fra knutepunktets egen side, eller siden er for gammel. Åpne den på nytt.",
    ProblemCode.BUSY: "Knutepunktet er opptatt akkurat nå. Ingenting er lagret; prøv igjen om litt.",
}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it came. Shape: "" where a field is not filled in."""

    step: str
    issue: str
    version: str = ""
    mark: str = ""
    back: str = "/alerts"
    performer: str = ""
    note: str = ""
    action: str = ""
    hours: str = ""


def read_form(step: str, issue: str, body: bytes) -> Form:
    """The path's parts and the body of a form → the Form. Problems: NOT_FOUND, BAD_PARAMETER."""
    if step not in TITLES:
        raise fail(ProblemCode.NOT_FOUND, "There is no such step")
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise fail(ProblemCode.BAD_PARAMETER, "The form is not percent-encoded UTF-8") from None
    told = dict(read_pairs(text, _MOST_FIELDS))
    known = ("version", "mark", "performer", "note", "action", "hours")
    fields = {name: told.get(name, "").strip() for name in known}
    back = told.get("back", "")
    return Form(step, issue, back=back if _BACK.fullmatch(back) else "/alerts", **fields)


def check_origin(headers: dict[str, str], marks: Marks, form: Form) -> None:
    """A form and the headers it came with → nothing. Problems: FORBIDDEN when another site's page sent it."""
    origin, host = headers.get("origin"), headers.get("host", "")
    foreign = origin is not None and origin.partition("://")[2] != host
    site = headers.get("sec-fetch-site", "same-origin")
    if foreign or site not in _OWN_SITES or not marks.knows(form.issue, form.mark):
        raise fail(ProblemCode.FORBIDDEN, "The form did not come from a page of this hub")


def to_request(
    form: Form, actor: Actor, base_url: str, now: datetime, request_id: str
) -> FhirRequest:
    """A form → the operation it asks for. Problems: BAD_PARAMETER for a field that cannot be."""
    if not form.version.isascii() or not form.version.isdigit():
        raise fail(ProblemCode.NO_VERSION_NAMED, "The form names no version")
    if len(form.note) > LONGEST or len(form.action) > LONGEST:
        raise fail(ProblemCode.BAD_PARAMETER, f"Teksten er lengre enn {LONGEST} tegn.")
    if not form.performer:
        raise fail(ProblemCode.BAD_PARAMETER, "Skriv hvem du er.")
    if form.step == "mitigate" and not form.action:
        raise fail(ProblemCode.BAD_PARAMETER, "Skriv hva som ble gjort.")
    parts: list[dict[str, Any]] = [
        {"name": "performer", "valueReference": {"display": form.performer}}
    ]
    if form.note:
        parts.append({"name": "note", "valueString": form.note})
    if form.action and form.step != "snooze":
        parts.append({"name": "action", "valueCodeableConcept": {"text": form.action}})
    if form.step == "snooze":
        if form.hours not in {str(hours) for hours in HOURS}:
            raise fail(ProblemCode.BAD_PARAMETER, "Velg hvor lenge varselet skal utsettes.")
        until = now + timedelta(hours=int(form.hours))
        parts.append({"name": "until", "valueDateTime": until.isoformat(timespec="seconds")})
    body = json.dumps({"resourceType": "Parameters", "parameter": parts}).encode()
    headers = {"content-type": "application/fhir+json", "if-match": f'W/"{form.version}"'}
    path = ("DetectedIssue", form.issue, f"${form.step}")
    return FhirRequest("POST", path, (), headers, body, actor, base_url, request_id, now)


def told_in_words(error: HubError) -> tuple[str, ...]:
    """What an operation refused → in Norwegian; the rules of the alerts are written so themselves."""
    return tuple(dict.fromkeys(_words(problem) for problem in error.problems))


def _words(problem: Problem) -> str:
    own = problem.code in (ProblemCode.BUSINESS_RULE, ProblemCode.BAD_PARAMETER)
    return (
        problem.detail if own else _TOLD.get(problem.code, "Dette gikk ikke. Ingenting er lagret.")
    )

"""CarePlan/[id]/$simulate → what would have fired in the patient's last weeks under this plan, beside what fires today.

Nobody is alerted and nothing is stored but the access.
Source: http://hl7.org/fhir/R4/operations.html; dho/thresholds.md §8.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

import msgspec

from hub.fhir.interactions.context import Context, access, permit_for
from hub.fhir.language import language_wanted
from hub.fhir.operations import LANGUAGE, PERIOD, UNTIL_DAY, Operation
from hub.fhir.parameters import read_parameters
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.policy import Permit
from hub.policy.action import Interaction
from hub.problems import ProblemCode, fail
from hub.values import LANGUAGES, Language

NAME: Final = "$simulate"
_OPERATION: Final = Operation(NAME, parameters=(PERIOD, UNTIL_DAY, LANGUAGE))
_USUAL: Final = {"period": "P1M"}
_PARTS: Final = {"text": "valueString", "picture": "valueAttachment"}


@dataclass(frozen=True, slots=True)
class AskedSimulation:
    """What is asked for. Shape: `until` None = now; `language` of the text."""

    patient_id: str
    plan_id: str
    period: str
    until: date | None
    language: Language
    now: datetime


class Permits(Protocol):
    """What the one who asks may read."""

    def __call__(self, interaction: Interaction, resource_type: str, /) -> Permit:
        """An interaction and a type → Permit. Problems: FORBIDDEN."""
        ...


class Simulate(Protocol):
    """What replays a plan; the rooms above know plans."""

    def __call__(
        self, session: Session, permits: Permits, asked: AskedSimulation, /
    ) -> Mapping[str, Any]:
        """A session and what is asked → `start`, `end`, `values`, counts of `current` and `draft`, `changed`, `text`, `picture`."""
        ...


async def simulate(
    request: FhirRequest, context: Context, resource_type: str, plan_id: str
) -> FhirResponse:
    """`period`, `until`, `language` → Parameters: the counts of both plans, the values whose zone differs, text and picture.

    Problems: NOT_FOUND, GONE; those of the parameters; BAD_VALUE when it is no self-care plan; every fault of the plan.
    """
    permit = permit_for(request, "operation", resource_type, NAME)
    told = await context.offload(lambda: _told(request))

    def permits(interaction: Interaction, kind: str) -> Permit:
        return permit_for(request, interaction, kind)

    def work(session: Session) -> tuple[str, Mapping[str, Any]]:
        stored = session.load(permit, resource_type, plan_id)
        if stored is None:
            raise fail(ProblemCode.NOT_FOUND, "There is no CarePlan with this id")
        if stored.deleted:
            raise fail(ProblemCode.GONE, "The CarePlan was deleted")
        patient = stored.patient_id
        if patient is None:
            raise fail(ProblemCode.BAD_VALUE, "The CarePlan belongs to no patient", "subject")
        asked = AskedSimulation(
            patient, plan_id, told["period"], told.get("until"), told["language"], context.now()
        )
        return patient, context.simulate(session, permits, asked)

    patient, found = await context.repository.read(work, long=True)
    at = context.now()
    entry = access(request, permit, "operation", at, query=NAME, patient_id=patient)
    await context.repository.write(lambda session: session.audit(entry))
    return FhirResponse(200, msgspec.json.encode(_parameters(found)))


def _told(request: FhirRequest) -> dict[str, Any]:
    if request.method == "POST":
        given = dict(read_parameters(request.body, _OPERATION))
    else:
        given = dict[str, Any]()
        for name, value in request.query:
            if name in ("_format", "_pretty"):
                continue
            if name not in {row.name for row in _OPERATION.parameters} or name in given:
                valid = ", ".join(row.name for row in _OPERATION.parameters)
                raise fail(
                    ProblemCode.UNKNOWN_PARAMETER, f"Valid are {valid}, each once", name[:64]
                )
            given[name] = value
    spoken = language_wanted(request.headers.get("accept-language", ""))
    given = _USUAL | {"language": spoken} | given
    if given["language"] not in LANGUAGES:
        raise fail(ProblemCode.BAD_PARAMETER, "language may be nb or en", "language")
    if "until" in given:
        given["until"] = _day(given["until"])
    return given


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise fail(
            ProblemCode.BAD_PARAMETER, "until must be a day, as 2026-11-21", "until"
        ) from None


def _parameters(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found → Parameters; firings are told by number, values that change zone one by one."""
    sides = [
        {
            "name": side,
            "part": [
                {"name": name, "valueInteger": count}
                for name, count in (
                    *found[side]["fired"].items(),
                    ("technical", found[side]["technical"]),
                )
            ],
        }
        for side in ("current", "draft")
    ]
    changed = [
        {
            "name": "changed",
            "part": [
                {"name": "observation", "valueReference": {"reference": each["reference"]}},
                {"name": "effective", "valueDateTime": each["effective"]},
                {"name": "from", "valueCode": each["from"]},
                {"name": "to", "valueCode": each["to"]},
            ],
        }
        for each in found["changed"]
    ]
    period = {"start": found["start"], "end": found["end"]}
    head = [
        {"name": "period", "valuePeriod": period},
        {"name": "values", "valueInteger": found["values"]},
    ]
    tail = [{"name": name, kind: found[name]} for name, kind in _PARTS.items()]
    return {"resourceType": "Parameters", "parameter": [*head, *sides, *changed, *tail]}

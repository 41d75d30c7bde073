"""AuditEvent/$access-log → what a patient is told of their log: lines in Norwegian and entries without numbers, page by page.

For those who may search the access log: the tenant's privacy officer hands it out. The look is itself written into the log.
Source: security/audit.md §1 (who reads), §2 (ATT-8), §3.4 no. 12, §6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from hub.fhir.interactions.context import Context, permit_for, seal_for
from hub.fhir.interactions.search_type import log_search
from hub.fhir.operations import ACCESS_LOG_FROM, ACCESS_LOG_PATIENT, ACCESS_LOG_UNTIL, Operation
from hub.fhir.parameters import read_parameters
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.params import parse_search, refuse_national_ids, render_cursor
from hub.problems import ProblemCode, fail

_ASKED: Final = Operation(
    "access-log", parameters=(ACCESS_LOG_PATIENT, ACCESS_LOG_FROM, ACCESS_LOG_UNTIL)
)
_SHOWN: Final = ("_count", "_cursor", "_format", "_pretty")
_PATIENT: Final = re.compile(r"(?:Patient/)?([A-Za-z0-9.\-]{1,64})")


@dataclass(frozen=True, slots=True)
class CitizenEntry:
    """One access as its patient is told of it. Shape: `event` an AuditEvent with names and without numbers."""

    text: str
    event: dict[str, Any]


async def access_log(request: FhirRequest, context: Context, resource_type: str) -> FhirResponse:
    """`patient`, `from`, `until`, `_count`, `_cursor` → Parameters with `text`, `entry`* and `next` when there is more.

    Shape: the newest first. Problems: FORBIDDEN; UNKNOWN_PARAMETER; BAD_PARAMETER.
    """
    permit = permit_for(request, "operation", resource_type, "$access-log")
    refuse_national_ids(request.query)
    told = _told(request)
    pairs = [("patient", _patient(told)), ("_sort", "-date")]
    pairs += [("date", f"ge{told['from']}")] if "from" in told else []
    pairs += [("date", f"lt{told['until']}")] if "until" in told else []
    seal = seal_for(request, context).of(list(told.items()))
    pairs += [("_count", told["_count"])] if "_count" in told else []
    pairs += [("_cursor", seal.open(told["_cursor"]))] if "_cursor" in told else []
    query = parse_search(resource_type, pairs, context.now(), request.base_url, context.limits)
    page = await context.repository.read(lambda session: session.search(permit, query), long=True)
    await log_search(request, context, permit, page, [("$access-log", ""), *pairs])
    entries = [context.tell_access(stored.body) for stored in page.matches]
    parts: list[dict[str, Any]] = [
        {"name": "text", "valueString": "\n".join(e.text for e in entries) or "Ingen oppslag."},
        *({"name": "entry", "resource": entry.event} for entry in entries),
    ]
    if page.next is not None:
        kept = [(n, v) for n, v in told.items() if n in ("patient", "from", "until", "_count")]
        asked = urlencode(
            [*kept, ("_cursor", seal.close(render_cursor(page.next)))], quote_via=quote
        )
        url = f"{request.base_url}/{resource_type}/$access-log?{asked}"
        parts.append({"name": "next", "valueUri": url})
    document = {"resourceType": "Parameters", "parameter": parts}
    return FhirResponse(200, msgspec.json.encode(document))


def _told(request: FhirRequest) -> dict[str, str]:
    given: dict[str, str] = {}
    if request.method == "POST":
        read = read_parameters(request.body, _ASKED)
        given = {name: str(value) for name, value in read.items()}
    known = {*(row.name for row in _ASKED.parameters), *_SHOWN}
    for name, value in request.query:
        if name not in known or name in given:
            valid = f"Valid are {', '.join(sorted(known))}, each once"
            raise fail(ProblemCode.UNKNOWN_PARAMETER, valid, name[:64])
        given[name] = value
    return given


def _patient(told: dict[str, str]) -> str:
    match = _PATIENT.fullmatch(told.get("patient", ""))
    if match is None:
        raise fail(ProblemCode.BAD_PARAMETER, "patient must be the id of one Patient", "patient")
    return match.group(1)

"""Patient/[id]/$everything and Patient/$everything → all that is known of one patient, or of all, page by page.

Source: http://hl7.org/fhir/R4/patient-operation-everything.html.
"""

from __future__ import annotations

from typing import Any

from hub.fhir.interactions.context import Context, permit_for, seal_for
from hub.fhir.interactions.search_type import log_search
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.parameters import with_parameters
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.bundle import to_searchset
from hub.fhir.search.dates import parse_date
from hub.fhir.search.params import parse_cursor, refuse_national_ids
from hub.fhir.search.query import EverythingQuery
from hub.fhir.search.seal import Seal
from hub.problems import ProblemCode, fail

OF_ONE = "$everything"
OF_ALL = "$everything of all patients"
"""What the policy is asked for: all patients at once are for the hub's own and the development actor."""
KNOWN = ("start", "end", "_since", "_type", "_count", "_cursor", "_format", "_pretty")


async def everything_of_all(
    request: FhirRequest, context: Context, resource_type: str
) -> FhirResponse:
    """Every patient that the Permit opens. Problems: as `everything_of_one`."""
    return await _everything(request, context, resource_type, "")


async def everything_of_one(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """`start`, `end`, `_since`, `_type`, `_count` → the patient first, then the compartment, then what it refers to.

    Problems: NOT_FOUND, GONE; UNKNOWN_PARAMETER; BAD_PARAMETER.
    """
    return await _everything(request, context, resource_type, resource_id)


async def _everything(
    request: FhirRequest, context: Context, resource_type: str, patient: str
) -> FhirResponse:
    permit = permit_for(request, "operation", resource_type, OF_ONE if patient else OF_ALL)
    request = with_parameters(request)
    refuse_national_ids(request.query)
    seal = seal_for(request, context).of(request.query)
    query = _query(request, context, patient, seal)

    def work(session: Any) -> Any:
        if patient:
            held = session.head(permit, "Patient", patient)
            if held is None:
                raise fail(ProblemCode.NOT_FOUND, "There is no Patient with this id")
            if held.deleted:
                raise fail(ProblemCode.GONE, "The Patient was deleted")
        return session.everything(permit, query)

    page = await context.repository.read(work, long=True)
    await log_search(request, context, permit, page, request.query)
    path = f"{resource_type}/{patient}/$everything" if patient else f"{resource_type}/$everything"
    return FhirResponse(
        200, to_searchset(page, request.base_url, path, request.query, posted=False, seal=seal)
    )


def _query(request: FhirRequest, context: Context, patient: str, seal: Seal) -> EverythingQuery:
    told: dict[str, str] = {}
    for name, value in request.query:
        if name not in KNOWN or name in told:
            shown = f"Valid are {', '.join(KNOWN)}, each once"
            raise fail(ProblemCode.UNKNOWN_PARAMETER, shown, name[:64])
        told[name] = value
    now = context.now()
    start = parse_date(told["start"], "start", now).start if "start" in told else None
    end = parse_date(told["end"], "end", now).end if "end" in told else None
    since = parse_date(told["_since"], "_since", now).start if "_since" in told else None
    types = tuple(each for each in told.get("_type", "").split(",") if each)
    if not set(types) <= set(RESOURCE_TYPES):
        raise fail(ProblemCode.BAD_PARAMETER, "_type names resource types of FHIR R4", "_type")
    count = told.get("_count", str(context.limits.page_most))
    if not (count.isascii() and count.isdigit() and 1 <= len(count) <= 9 and int(count)):
        raise fail(
            ProblemCode.BAD_PARAMETER, "_count must be a whole number of at least 1", "_count"
        )
    most = min(int(count), context.limits.page_most)
    cursor = parse_cursor(seal.open(told["_cursor"])) if "_cursor" in told else None
    return EverythingQuery(patient, most, types, start, end, since, cursor)

"""GET [type]?… and POST [type]/_search → searchset Bundle.

Source: http://hl7.org/fhir/R4/http.html#search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from hub.fhir.interactions.context import Context, access, permit_for
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.bundle import to_searchset
from hub.fhir.search.params import parse_search, refuse_national_ids
from hub.fhir.search.query import Page, is_long
from hub.policy import Permit


async def search_type(request: FhirRequest, context: Context, resource_type: str) -> FhirResponse:
    """Query pairs → one page. Problems: UNKNOWN_PARAMETER, BAD_PARAMETER, NATIONAL_ID_IN_URL (GET only)."""
    permit = permit_for(request, "search", resource_type)
    posted = request.method == "POST"
    if not posted:
        refuse_national_ids(request.query)
    query = parse_search(resource_type, request.query, context.now(), request.base_url)
    query = replace(query, included_most=context.limits.included)
    page = await context.repository.read(
        lambda session: session.search(permit, query), long=is_long(query)
    )
    await log_search(request, context, permit, page, request.query)
    path = f"{resource_type}/_search" if posted else resource_type
    return FhirResponse(
        200, to_searchset(page, request.base_url, path, request.query, posted=posted)
    )


async def log_search(
    request: FhirRequest,
    context: Context,
    permit: Permit,
    page: Page,
    pairs: Sequence[tuple[str, str]],
) -> None:
    """A page → one access log entry per patient in it, or one without patient when it is empty (audit.md §3.2)."""
    at, query = context.now(), urlencode(pairs)
    patients = {m.patient_id for m in page.matches} or {None}

    def log(session: Session) -> None:
        for patient_id in sorted(patients, key=str):
            session.audit(access(request, permit, "search", at, query=query, patient_id=patient_id))

    await context.repository.write(log)

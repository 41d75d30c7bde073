"""Observation/$lastn → the newest observations per code of one patient.

Source: http://hl7.org/fhir/R4/observation-operation-lastn.html.
"""

from __future__ import annotations

import re

from hub.fhir.interactions.allowed import refuse_unseen
from hub.fhir.interactions.context import Context, permit_for
from hub.fhir.interactions.search_type import log_search
from hub.fhir.parameters import with_parameters
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.bundle import to_searchset
from hub.fhir.search.params import parse_search, refuse_national_ids
from hub.fhir.search.query import named_patients
from hub.problems import ProblemCode, fail

MAX_PER_CODE = 100


async def last_n(request: FhirRequest, context: Context, resource_type: str) -> FhirResponse:
    """`patient` or `subject`, `max` (default 1) and other search parameters → newest first within each code.

    Problems: BAD_PARAMETER when patient and subject name no patient or several, or `max` is no number from 1 to 100.
    """
    permit = permit_for(request, "operation", resource_type, "$lastn")
    request = with_parameters(request)
    refuse_national_ids(request.query)
    maximum = _maximum(dict(request.query).get("max", "1"))
    pairs = [(n, v) for n, v in request.query if n != "max"]
    query = parse_search(resource_type, pairs, context.now(), request.base_url, context.limits)
    if len(named_patients(query)) != 1:
        raise fail(ProblemCode.BAD_PARAMETER, "$lastn needs one patient or subject", "patient")
    refuse_unseen(permit, query, posted=request.method == "POST")
    page = await context.repository.read(
        lambda session: session.last_n(permit, query, maximum), long=True
    )
    await log_search(request, context, permit, page, request.query)
    return FhirResponse(
        200,
        to_searchset(
            page, request.base_url, f"{resource_type}/$lastn", request.query, posted=False
        ),
    )


def _maximum(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_PER_CODE:
        raise fail(
            ProblemCode.BAD_PARAMETER, f"max must be a number from 1 to {MAX_PER_CODE}", "max"
        )
    return int(text)

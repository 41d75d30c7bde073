"""GET [type]/[id] and GET [type]/[id]/_history/[vid] → the resource, 304, 404 or 410.

Source: http://hl7.org/fhir/R4/http.html#read, #vread.
"""

from __future__ import annotations

import re
from typing import Final

from hub.fhir.etag import is_held
from hub.fhir.interactions.context import OFFLOAD_BYTES, Context, access, permit_for
from hub.fhir.requests import FhirRequest, FhirResponse, Stored, http_date
from hub.fhir.subset import Subset, parse_subset, reduce_body
from hub.policy import Permit
from hub.problems import ProblemCode, fail

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")


async def read(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """Type and id → the current version, or the part of it that is asked for. Problems: NOT_FOUND, GONE, BAD_PARAMETER."""
    permit = permit_for(request, "read", resource_type)
    subset = _subset(request, permit)
    found = await context.repository.read(
        lambda session: session.load(permit, resource_type, resource_id)
    )
    return await _answer(request, context, permit, "read", found, subset)


async def vread(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str, version: str
) -> FhirResponse:
    """Type, id and version → that version, or a part of it. Problems: NOT_FOUND, GONE, BAD_PARAMETER."""
    permit = permit_for(request, "vread", resource_type)
    subset = _subset(request, permit)
    number = int(version) if _VERSION.fullmatch(version) else 0
    found = await context.repository.read(
        lambda session: session.load_version(permit, resource_type, resource_id, number)
    )
    return await _answer(request, context, permit, "vread", found, subset)


def _subset(request: FhirRequest, permit: Permit) -> Subset | None:
    """What is asked for → the part that is shown: the whole, what the request names, or what the Permit has a view of."""
    kinds = (permit.action.resource_type,)
    asked = parse_subset(request.query, kinds) if request.query else None
    return Subset(elements=frozenset(permit.view)) if permit.view else asked


async def _answer(
    request: FhirRequest,
    context: Context,
    permit: Permit,
    interaction: str,
    found: Stored | None,
    subset: Subset | None,
) -> FhirResponse:
    if found is None:
        raise fail(ProblemCode.NOT_FOUND, "There is no such resource")
    if found.deleted:
        raise fail(ProblemCode.GONE, "The resource was deleted")
    at = context.now()

    # Committed before the first body byte (security/audit.md §1)
    await context.repository.log([access(request, permit, interaction, at, found)])
    headers = (("ETag", found.etag), ("Last-Modified", http_date(found.updated)))
    if is_held(request.headers, found):
        return FhirResponse(304, b"", headers, stored=found)
    if subset is None:
        place = f"{request.base_url}/{found.type}/{found.id}/_history/{found.version}"
        return FhirResponse(200, found.body, (*headers, ("Content-Location", place)), stored=found)
    if len(found.body) > OFFLOAD_BYTES:
        part = await context.offload(lambda: reduce_body(found.body, subset))
    else:
        part = reduce_body(found.body, subset)
    return FhirResponse(200, part, headers)

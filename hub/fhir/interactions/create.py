"""POST [type] → 201 with Location, ETag and the stored resource.

Source: http://hl7.org/fhir/R4/http.html#create.
"""

from __future__ import annotations

from hub.fhir.interactions.context import OFFLOAD_BYTES, Context, access, permit_for
from hub.fhir.interactions.prepare import Setting, prepare, store
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, Stored, http_date
from hub.problems import ProblemCode, fail


async def create(request: FhirRequest, context: Context, resource_type: str) -> FhirResponse:
    """A body → stored as a new resource under an id of ours; an id in the body is not used (the specification's MUST)."""
    permit = permit_for(request, "create", resource_type)
    if "if-none-exist" in request.headers:
        raise fail(ProblemCode.NOT_SUPPORTED, "Conditional create (If-None-Exist) is not supported")
    resource_id, at = context.new_id(), context.now()
    if len(request.body) > OFFLOAD_BYTES:
        prepared = await context.offload(
            lambda: prepare(request.body, resource_type, resource_id, request.base_url)
        )
    else:
        prepared = prepare(request.body, resource_type, resource_id, request.base_url)

    def work(session: Session) -> Stored:
        stored = store(session, permit, prepared, None, Setting(at, request.base_url, context.tags))
        session.audit(access(request, permit, "create", at, stored))
        return stored

    return created(await context.repository.write(work), request.base_url)


def created(stored: Stored, base_url: str) -> FhirResponse:
    """A stored first version → 201."""
    return FhirResponse(
        201,
        stored.body,
        (
            ("Location", f"{base_url}/{stored.type}/{stored.id}/_history/{stored.version}"),
            ("ETag", stored.etag),
            ("Last-Modified", http_date(stored.updated)),
        ),
    )

"""PUT [type]/[id] → 200 with the next version, or 201 when there was none.

Source: http://hl7.org/fhir/R4/http.html#update, #upsert, #concurrency.
"""

from __future__ import annotations

from hub.fhir.etag import check_if_match, check_if_none_match
from hub.fhir.interactions.context import OFFLOAD_BYTES, Context, access, permit_for
from hub.fhir.interactions.create import created
from hub.fhir.interactions.prepare import Prepared, Setting, prepare, store
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, Stored, http_date
from hub.problems import ProblemCode, fail


async def update(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """A body for this id → stored as its next version.

    Problems: ID_MISMATCH; VERSION_CONFLICT (If-Match, If-None-Match).
    """
    permit = permit_for(request, "update", resource_type)
    at = context.now()

    def ready() -> Prepared:
        prepared = prepare(request.body, resource_type, resource_id, request.base_url)
        check_id(prepared, resource_id)
        return prepared

    prepared = await context.offload(ready) if len(request.body) > OFFLOAD_BYTES else ready()

    def work(session: Session) -> tuple[Stored, bool]:
        current = session.head(permit, resource_type, resource_id)
        alive = None if current is None or current.deleted else current
        check_if_match(request.headers.get("if-match"), alive)
        check_if_none_match(request.headers.get("if-none-match"), alive)
        stored = store(
            session, permit, prepared, current, Setting(at, request.base_url, context.tags)
        )
        session.audit(access(request, permit, "update", at, stored))
        return stored, alive is None

    stored, is_new = await context.repository.write(work)
    if is_new:
        return created(stored, request.base_url)
    headers = (("ETag", stored.etag), ("Last-Modified", http_date(stored.updated)))
    return FhirResponse(200, stored.body, headers)


def check_id(prepared: Prepared, resource_id: str) -> None:
    """The body's id must be there and be the URL's. Problems: ID_MISMATCH."""
    inside = prepared.parsed.resource.id
    if inside != resource_id:
        detail = (
            "The body has no id"
            if inside is None
            else "The id in the body is not the id in the URL"
        )
        raise fail(ProblemCode.ID_MISMATCH, detail, f"{prepared.type}.id")

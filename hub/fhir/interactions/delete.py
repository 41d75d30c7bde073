"""DELETE [type]/[id] → 204, also when it is gone already; 404 when it never was.

Source: http://hl7.org/fhir/R4/http.html#delete.
"""

from __future__ import annotations

from hub.fhir.etag import check_if_match
from hub.fhir.interactions.context import Context, access, permit_for
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, Stored
from hub.problems import ProblemCode, fail


async def delete(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """Type and id → a tombstone; history stays. Problems: NOT_FOUND, VERSION_CONFLICT (If-Match)."""
    permit = permit_for(request, "delete", resource_type)
    at = context.now()

    def work(session: Session) -> Stored:
        current = session.load(permit, resource_type, resource_id)
        if current is None:
            raise fail(ProblemCode.NOT_FOUND, "There is no such resource")
        check_if_match(request.headers.get("if-match"), None if current.deleted else current)
        stored = current if current.deleted else session.delete(permit, current, at)
        session.audit(access(request, permit, "delete", at, stored))
        return stored

    stored = await context.repository.write(work)
    return FhirResponse(204, b"", (("ETag", stored.etag),))

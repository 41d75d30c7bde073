"""An exception → the answer the caller gets; one of the three places where exceptions are caught."""

from __future__ import annotations

from hub.fhir.outcome import respond
from hub.fhir.requests import FhirResponse
from hub.log import Event, log_failure
from hub.problems import HubError, Problem, ProblemCode


def to_answer(error: Exception, request_id: str) -> FhirResponse:
    """HubError → its outcome; anything else is a bug of ours → 500 that tells nothing but the request id."""
    if isinstance(error, HubError):
        return respond(error.problems)
    log_failure(Event.REQUEST_FAILED, error, request=request_id)
    return respond(
        [
            Problem(
                ProblemCode.INTERNAL, f"The hub failed; ask its operator about request {request_id}"
            )
        ]
    )

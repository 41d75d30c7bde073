"""What a change has come to → its HTTP answer, or its entry in the answer to a Bundle, as the caller prefers it.

Source: http://hl7.org/fhir/R4/http.html#ops (Prefer), #create, #update, #delete; bundle.html (entry.response).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct

from hub.fhir.outcome import told
from hub.fhir.prefer import Return, parse_prefer
from hub.fhir.requests import FhirRequest, FhirResponse, Stored, fhir_instant, http_date

_ENCODER: Final = msgspec.json.Encoder()


class Done(Struct, frozen=True):
    """A change that was made, or needed no making.

    Shape: `stored` the version that is current now, None when nothing ever was there; `said` what happened, in words for
    those who prefer an OperationOutcome.
    """

    status: int
    stored: Stored | None
    said: str

    def answer(self, request: FhirRequest) -> FhirResponse:
        """The request → its response: Location of what is new, ETag, Last-Modified, and the body that is preferred."""
        prefer = parse_prefer(request.headers.get("prefer"))
        if self.stored is None or self.stored.deleted:
            return self._without_resource(prefer.returns)
        stored = self.stored
        place = f"{request.base_url}/{stored.type}/{stored.id}/_history/{stored.version}"
        body, applied = stored.body, prefer.returns
        headers = [
            ("Location" if self.status == 201 else "Content-Location", place),
            ("ETag", stored.etag),
            ("Last-Modified", http_date(stored.updated)),
        ]
        if applied == "minimal":
            body = b""
        elif applied == "OperationOutcome":
            body = told(self.said)
        if applied:
            headers.append(("Preference-Applied", f"return={applied}"))
            if applied != "representation":  # what is sent is not what lies at that place
                headers[0] = ("Location", place)
        if len(request.path) == 1 and headers[0][0] != "Location":
            # What a condition found: its id stands in no URL that the client knows
            headers.append(("Location", place))
        return FhirResponse(self.status, body, tuple(headers), stored=stored)

    def _without_resource(self, returns: Return) -> FhirResponse:
        headers: tuple[tuple[str, str], ...] = ()
        if self.stored is not None:
            headers = (("ETag", self.stored.etag),)
        if returns == "OperationOutcome":
            return FhirResponse(
                200, told(self.said), (*headers, ("Preference-Applied", f"return={returns}"))
            )
        if returns == "minimal":
            headers = (*headers, ("Preference-Applied", "return=minimal"))
        return FhirResponse(self.status, b"", headers)

    def entry(self, returns: Return) -> bytes:
        """What the sender of a Bundle prefers → this change as an entry of the answer. Shape: minimal unless told else."""
        stored = self.stored
        outcome = told(self.said) if returns == "OperationOutcome" else b""
        if stored is None or stored.deleted:
            status = 200 if outcome else self.status
            return entry_of(status, None if stored is None else stored.etag, outcome=outcome)
        return entry_of(
            self.status,
            stored.etag,
            resource=stored.body if returns == "representation" else b"",
            location=f"{stored.type}/{stored.id}/_history/{stored.version}",
            modified=fhir_instant(stored.updated),
            outcome=outcome,
        )


def answered(response: FhirResponse, request: FhirRequest) -> bytes:
    """The answer to an entry that ran as a request of its own → the entry that tells it."""
    headers = dict(response.headers)
    place = headers.get("Location") or headers.get("Content-Location") or ""
    outcome = resource = b""
    if headers.get("Preference-Applied") == "return=OperationOutcome":
        outcome = response.body
    elif request.method != "HEAD":
        resource = response.body
    return entry_of(
        response.status,
        headers.get("ETag"),
        resource=resource,
        location=place.removeprefix(f"{request.base_url}/"),
        modified="" if response.stored is None else fhir_instant(response.stored.updated),
        outcome=outcome,
    )


def entry_of(
    status: int,
    etag: str | None = None,
    *,
    resource: bytes = b"",
    location: str = "",
    modified: str = "",
    outcome: bytes = b"",
) -> bytes:
    """The parts of an answer → an entry with `response`, and `resource` where there is one."""
    response: dict[str, object] = {"status": f"{status} {HTTPStatus(status).phrase}"}
    if location:
        response["location"] = location
    if etag is not None:
        response["etag"] = etag
    if modified:
        response["lastModified"] = modified
    if outcome:
        response["outcome"] = msgspec.Raw(outcome)
    head = b'{"resource":' + resource + b"," if resource else b"{"
    return head + b'"response":' + _ENCODER.encode(response) + b"}"

"""What cannot be a request, or comes too late or too much → the bytes of its answer, before there is a request to answer.

Source: RFC 9110 §15.5; RFC 6585 §5.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from hub.fhir.outcome import respond
from hub.problems import Problem, ProblemCode

_DETAILS: Final = {
    ProblemCode.MALFORMED_HTTP: (
        "This is no HTTP/1.1 request; in a URL, blanks and what is not ASCII are percent-encoded"
    ),
    ProblemCode.METHOD_NOT_ALLOWED: "The hub knows no such method; names of methods are written in capitals",
    ProblemCode.URL_TOO_LONG: "The URL is too long; send a long search as a form to [type]/_search",
    ProblemCode.HEADERS_TOO_LARGE: "The headers are too large",
    ProblemCode.TOO_SLOW: "The headers did not arrive in time",
    ProblemCode.OVERLOADED: "There are as many connections as the hub can hold; try again",
}


def render_refusal(code: ProblemCode, more: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A problem and headers that every answer has → an OperationOutcome, behind which the connection is closed."""
    answer = respond([Problem(code, _DETAILS[code])])
    headers = [
        *more,
        (b"content-type", b"application/fhir+json;charset=utf-8"),
        (b"content-length", str(len(answer.body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers),
        (b"connection", b"close"),
    ]
    lines = [b"%s: %s\r\n" % header for header in headers]
    return b"".join([STATUS_LINE[answer.status], *lines, b"\r\n", answer.body])

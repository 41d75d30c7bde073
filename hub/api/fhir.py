"""The FHIR base as an ASGI application: HTTP → FhirRequest → router → HTTP.

Source: http://hl7.org/fhir/R4/http.html; RFC 9110.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote

from hub.api.auth import ACTOR, Receive, Scope, Send
from hub.api.errors import to_answer
from hub.fhir.requests import FHIR_JSON, FhirRequest, FhirResponse
from hub.fhir.router import Router, allowed_methods
from hub.fhir.search.params import refuse_national_ids
from hub.limits import Limits
from hub.policy import Actor
from hub.problems import HubError, Problem, ProblemCode, fail

_JSON_TYPES: Final = frozenset(
    ("application/fhir+json", "application/json", "text/json", "application/json+fhir", "json")
)
_ACCEPTED: Final = _JSON_TYPES | {
    "*/*",
    "application/*",
    "text/*",
    "text/html",
    "application/xhtml+xml",
    "",
}
_STRUCTURAL: Final = frozenset(
    (
        ProblemCode.UNKNOWN_ELEMENT,
        ProblemCode.WRONG_TYPE,
        ProblemCode.REQUIRED_MISSING,
        ProblemCode.BAD_VALUE,
        ProblemCode.BAD_CODE,
        ProblemCode.INVARIANT,
    )
)
_START: Final = secrets.token_hex(4)
_COUNT: Final = itertools.count(1)
_FORM: Final = "application/x-www-form-urlencoded"
_NOBODY: Final = Actor("development", "nobody", "nobody", 0)
_OPEN: Final = frozenset({("metadata",)})


Further = Callable[[bytes, str, Sequence[Problem]], Awaitable[tuple[Problem, ...]]]


@dataclass(frozen=True, slots=True)
class FhirApp:
    """Serves everything under the FHIR base path.

    Shape: `prefix` the path of the base; `headers` are put on every answer; `further` finds more problems of a refused
    body (body, type, known problems), outside the event loop; `ready` is waited for before anything is written.
    """

    router: Router
    base_url: str
    prefix: str
    limits: Limits
    headers: tuple[tuple[bytes, bytes], ...] = ()
    further: Further | None = None
    ready: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        request_id = headers.get("x-request-id", "")[:64] or _new_request_id()
        path = _segments(scope, self.prefix)
        request: FhirRequest | None = None
        try:
            request = await self._request(scope, receive, headers, path, request_id)
            if self.ready is not None and request.method not in ("GET", "HEAD"):
                await self.ready()
            answer = await self.router.run(request)
        except Exception as error:  # noqa: BLE001 - whatever happened becomes an OperationOutcome
            told = await self._all_problems(error, request)
            answer = _with_headers(to_answer(told, request_id), path)
        await _send(send, answer, self.headers, request_id, with_body=scope["method"] != "HEAD")

    async def _all_problems(self, error: Exception, request: FhirRequest | None) -> Exception:
        """A refused body → the refusal with what a second, slower validator finds beside it (D1)."""
        if self.further is None or request is None or not isinstance(error, HubError):
            return error
        if (
            request.method not in ("POST", "PUT")
            or not 1 <= len(request.path) <= 2
            or not request.body
        ):
            return error
        if not all(problem.code in _STRUCTURAL for problem in error.problems):
            return error
        more = await self.further(request.body, request.path[0], error.problems)
        return HubError(*error.problems, *more)

    async def _request(
        self,
        scope: Scope,
        receive: Receive,
        headers: Mapping[str, str],
        path: tuple[str, ...],
        request_id: str,
    ) -> FhirRequest:
        actor: Actor | None = scope.get(ACTOR)
        if actor is None:
            if path not in _OPEN:
                raise fail(ProblemCode.UNAUTHENTICATED, "A token is needed")
            actor = _NOBODY
        query = _pairs(scope["query_string"])
        refuse_national_ids(query, path)
        _check_accept(headers.get("accept", ""), dict(query).get("_format"))
        body = await self._body(receive, headers)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise fail(ProblemCode.UNSUPPORTED_MEDIA, "The body must not be compressed")
        if path[-1:] == ("_search",) and scope["method"] == "POST":
            if _media_type(headers) != _FORM:
                raise fail(
                    ProblemCode.UNSUPPORTED_MEDIA, f"POST _search takes a body of type {_FORM}"
                )
            query, body = query + _pairs(body), b""
        elif body and _media_type(headers) not in (*_JSON_TYPES, ""):
            raise fail(ProblemCode.UNSUPPORTED_MEDIA, f"The body must be {FHIR_JSON}")
        return FhirRequest(
            scope["method"], path, query, headers, body, actor, self.base_url, request_id
        )

    async def _body(self, receive: Receive, headers: Mapping[str, str]) -> bytes:
        """The whole body. Problems: TOO_LARGE, without reading on."""
        declared = headers.get("content-length", "0")[:20]
        if declared.isascii() and declared.isdigit() and int(declared) > self.limits.body_bytes:
            raise self._too_large()
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise fail(ProblemCode.NOT_JSON, "The connection ended before the body did")
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > self.limits.body_bytes:
                raise self._too_large()
            parts.append(part)
            more = bool(message.get("more_body"))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _too_large(self) -> HubError:
        return fail(
            ProblemCode.TOO_LARGE, f"A body may have at most {self.limits.body_bytes} bytes"
        )


def _new_request_id() -> str:
    """A name for the request: unique, not secret. Asking the system for random bytes each time costs a thread switch."""
    return f"{_START}{next(_COUNT):08x}"


def _segments(scope: Scope, prefix: str) -> tuple[str, ...]:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    rest = raw.decode("latin-1").partition("?")[0][len(prefix) :].strip("/")
    return tuple(unquote(part) for part in rest.split("/")) if rest else ()


def _pairs(query: bytes) -> tuple[tuple[str, str], ...]:
    if not query:
        return ()
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200
        )
    except (UnicodeDecodeError, ValueError):
        raise fail(
            ProblemCode.BAD_PARAMETER, "The parameters are not percent-encoded UTF-8"
        ) from None
    return tuple(pairs)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_accept(accept: str, wanted: str | None) -> None:
    """Accept and _format → nothing when JSON will do. Problems: NOT_ACCEPTABLE."""
    if wanted is not None:
        if wanted.partition(";")[0].strip().replace(" ", "+").lower() not in _JSON_TYPES:
            raise fail(ProblemCode.NOT_ACCEPTABLE, "_format may be json or application/fhir+json")
        return
    offers = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    if not any(offer in _ACCEPTED for offer in offers):
        raise fail(ProblemCode.NOT_ACCEPTABLE, f"Only {FHIR_JSON} can be sent")


def _with_headers(answer: FhirResponse, path: tuple[str, ...]) -> FhirResponse:
    """Headers that belong to a status: Allow beside 405, WWW-Authenticate beside 401."""
    extra: tuple[tuple[str, str], ...] = ()
    if answer.status == 405:
        extra = (("Allow", allowed_methods(path)),)
    elif answer.status == 401:
        extra = (("WWW-Authenticate", 'Bearer realm="hub"'),)
    return FhirResponse(answer.status, answer.body, (*answer.headers, *extra), answer.content_type)


async def _send(
    send: Send,
    answer: FhirResponse,
    more: tuple[tuple[bytes, bytes], ...],
    request_id: str,
    *,
    with_body: bool,
) -> None:
    headers: list[tuple[bytes, bytes]] = [
        (b"x-request-id", request_id.encode("latin-1", "replace")),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    if answer.status not in (204, 304):
        if answer.body:
            headers.append((b"content-type", f"{answer.content_type};charset=utf-8".encode()))
        headers.append((b"content-length", str(len(answer.body)).encode()))
    headers.extend(
        (name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers
    )
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})

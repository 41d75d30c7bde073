"""The FHIR base as an ASGI application: HTTP → FhirRequest → router → HTTP.

Source: http://hl7.org/fhir/R4/http.html; RFC 9110.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from hub.api.answer import as_document, in_format, send_answer
from hub.api.auth import ACTOR, Receive, Scope, Send, refusal_of
from hub.api.body import read_body
from hub.api.content import to_resource
from hub.api.errors import to_answer
from hub.api.look_ups import LookUps, is_look_up
from hub.api.request_id import request_id_for
from hub.api.traffic import RUN, Run
from hub.fhir.negotiate import JSON, PATCH_TYPES, Wanted, negotiate, read_content_type
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.router import Router, allowed_methods, interaction_of
from hub.fhir.search.pairs import read_pairs
from hub.fhir.search.params import refuse_national_ids
from hub.fhir.wire import MAX_DEPTH, is_deeper
from hub.limits import Limits
from hub.policy import Actor
from hub.problems import HubError, Problem, ProblemCode, fail

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
_FORM: Final = "application/x-www-form-urlencoded"
_NOBODY: Final = Actor("development", "nobody", "nobody", 0)
_SHORT: Final = 40
"""A path of this length names a type, not a resource: it comes again."""
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
    look_ups: LookUps | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        # ASGI gives names in lower case
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        request_id = request_id_for(headers.get("x-request-id"))
        path = _segments(scope, self.prefix)
        run: Run | None = scope.get(RUN)
        if run is not None:
            run.request_id = request_id
            run.interaction = interaction_of(scope["method"], path)
        request: FhirRequest | None = None
        wanted = JSON
        try:
            query = _pairs(scope["query_string"], self.limits.parameters)
            wanted = _wanted(scope["method"], path, headers, query)
            request = await self._request(scope, receive, headers, path, query, request_id)
            if len(request.query) != len(query):  # the form of a _search may say it too
                wanted = negotiate(headers.get("accept"), request.query)
            if self.ready is not None and request.method not in ("GET", "HEAD"):
                await self.ready()
            answer = await self._run(request)
            if _reads_binary(request.method, path):
                answer = await as_document(answer, wanted, headers.get("accept"))
            elif not wanted.plain:
                answer = await in_format(answer, wanted)
        except Exception as error:  # noqa: BLE001 - whatever happened becomes an OperationOutcome
            if request is None and isinstance(error, HubError):
                await self._log(error, scope, headers, path, request_id)
            answer = await self.failed(error, request, scope, path, request_id)
            with suppress(HubError):  # what XML cannot carry is told in JSON
                answer = await in_format(answer, wanted)
        more = ((b"x-request-id", request_id.encode()), *self.headers)
        await send_answer(send, answer, headers, more, with_body=scope["method"] != "HEAD")

    async def failed(
        self,
        error: Exception,
        request: FhirRequest | None,
        scope: Scope,
        path: tuple[str, ...],
        request_id: str,
    ) -> FhirResponse:
        """What went wrong with a request, as far as it came → what its sender is told, in JSON."""
        told = await self._all_problems(error, request)
        return _with_headers(to_answer(told, request_id), scope, path)

    async def _run(self, request: FhirRequest) -> FhirResponse:
        """The answer; a caller that looks up one person after the other who is not here is stopped."""
        if self.look_ups is None or not is_look_up(request):
            return await self.router.run(request)
        self.look_ups.begin(request)
        answer = await self.router.run(request)
        self.look_ups.end(request, answer)
        return answer

    async def _log(
        self,
        error: HubError,
        scope: Scope,
        headers: dict[str, str],
        path: tuple[str, ...],
        request_id: str,
    ) -> None:
        """What was refused before it was a request → its entry in the access log, without what it asked for."""
        actor: Actor | None = scope.get(ACTOR)
        if actor is None:
            return  # who was not let in is told of by the door
        with suppress(HubError):  # a store that is busy must not turn a refusal into a failure
            request = self._made(actor, scope, headers, path, request_id)
            await self.router.refused(request, error.problems)

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
        headers: dict[str, str],
        path: tuple[str, ...],
        query: tuple[tuple[str, str], ...],
        request_id: str,
    ) -> FhirRequest:
        actor: Actor | None = scope.get(ACTOR)
        if actor is None:
            if path not in _OPEN:
                raise HubError(refusal_of(scope)[0])
            actor = _NOBODY
        refuse_national_ids(query, path)
        method: str = scope["method"]
        body = await read_body(receive, headers, self.limits.body_bytes)
        run: Run | None = scope.get(RUN)
        if run is not None:
            run.has_body(self.limits)
        if method == "POST" and path[-1:] == ("_search",):
            # Clients that zip a body may leave its type out, and nothing else is posted here
            if body and read_content_type(headers.get("content-type", _FORM)) != _FORM:
                detail = f"POST _search takes a body of type {_FORM}"
                raise fail(ProblemCode.UNSUPPORTED_MEDIA, detail)
            query, body = query + _pairs(body, self.limits.parameters), b""
        else:
            body = await to_resource(method, path, headers, body)
            if self.limits.depth < MAX_DEPTH and is_deeper(body, self.limits.depth):
                detail = f"A body may have at most {self.limits.depth} levels"
                raise fail(ProblemCode.TOO_DEEP, detail)
        return self._made(actor, scope, headers, path, request_id, query, body)

    def _made(
        self,
        actor: Actor,
        scope: Scope,
        headers: dict[str, str],
        path: tuple[str, ...],
        request_id: str,
        query: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> FhirRequest:
        client: tuple[str, int] | None = scope.get("client")
        return FhirRequest(
            scope["method"],
            path,
            query,
            headers,
            body,
            actor,
            self.base_url,
            request_id,
            self.router.context.now(),
            "" if client is None else client[0],
        )


def _segments(scope: Scope, prefix: str) -> tuple[str, ...]:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return _split_shown(raw, prefix) if len(raw) <= _SHORT else _split(raw, prefix)


def _split(raw: bytes, prefix: str) -> tuple[str, ...]:
    rest = raw.decode("latin-1").partition("?")[0][len(prefix) :].strip("/")
    return tuple(unquote(part) for part in rest.split("/")) if rest else ()


_split_shown = lru_cache(maxsize=512)(_split)


def _pairs(query: bytes, most: int) -> tuple[tuple[str, str], ...]:
    if not query:
        return ()
    try:
        text = query.decode()  # letters beyond ASCII as they are: many clients send them so
    except UnicodeDecodeError:
        raise fail(ProblemCode.BAD_PARAMETER, "The parameters are not UTF-8") from None
    return read_pairs(text, most)


def _wanted(
    method: str,
    path: tuple[str, ...],
    headers: Mapping[str, str],
    query: Sequence[tuple[str, str]],
) -> Wanted:
    """A request → how its answer is to look; the content of a Binary may be of any type, and is looked at later."""
    try:
        return negotiate(headers.get("accept"), query)
    except HubError as error:
        refused = error.problems[0].code is ProblemCode.NOT_ACCEPTABLE
        if refused and _reads_binary(method, path) and not dict(query).get("_format"):
            return JSON
        raise


def _reads_binary(method: str, path: tuple[str, ...]) -> bool:
    if method not in ("GET", "HEAD") or path[:1] != ("Binary",):
        return False
    return len(path) == 2 or (len(path) == 4 and path[2] == "_history")


def _with_headers(answer: FhirResponse, scope: Scope, path: tuple[str, ...]) -> FhirResponse:
    """Headers that belong to a status: Allow beside 405, WWW-Authenticate beside 401, what is taken beside 415."""
    extra: tuple[tuple[str, str], ...] = ()
    if answer.status == 405:
        extra = (("Allow", allowed_methods(path)),)
    elif answer.status == 401:
        extra = refusal_of(scope)[1]
    elif answer.status == 415:
        extra = (("Accept-Encoding", "gzip"),)
        if scope["method"] == "PATCH":
            extra = (*extra, ("Accept-Patch", ", ".join(PATCH_TYPES)))
    return FhirResponse(answer.status, answer.body, (*answer.headers, *extra), answer.content_type)

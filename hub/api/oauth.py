"""The hub's own token endpoint, its keys and the SMART discovery document, over HTTP.

Source: security/smart.md §1, §4; https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hub.api.auth import Receive, Scope, Send
from hub.api.body import read_body
from hub.api.errors import to_answer
from hub.api.request_id import request_id_for
from hub.log import Event, log
from hub.problems import HubError, ProblemCode

if TYPE_CHECKING:
    from hub.security.token_endpoint import TokenEndpoint

TOKEN: Final = "/oauth/token"  # noqa: S105 - a path
KEYS: Final = "/oauth/jwks"
SMART: Final = "/fhir/.well-known/smart-configuration"
PATHS: Final = frozenset((TOKEN, KEYS, SMART))
MAX_FORM: Final = 32 * 1024
_JSON: Final = b"application/json"

Tell = Callable[[str, str, str, str], Awaitable[None]]
"""(why not, "" when a token was given; client; network address; request) → kept."""
Reply = tuple[int, bytes, list[tuple[bytes, bytes]]]


@dataclass(frozen=True, slots=True)
class OAuth:
    """Answers PATHS.

    Shape: `tell` keeps in the hub's own log who got a token and who did not; `endpoint` None where the hub gives no tokens; `smart` the discovery document, None where no tokens are taken.
    """

    endpoint: TokenEndpoint | None
    smart: Callable[[], Awaitable[Mapping[str, Any] | None]]
    headers: tuple[tuple[bytes, bytes], ...] = ()
    tell: Tell | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        sent = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        request_id = request_id_for(sent.get("x-request-id"))
        try:
            status, body, more = await self._answer(scope, receive, sent, request_id)
        except HubError as error:
            code = error.problems[0].code
            short = "temporarily_unavailable" if code.row.blame != "theirs" else "invalid_request"
            status, body, more = _json(code.row.http, {"error": short})
        except Exception as error:  # noqa: BLE001 - a fault of ours tells nothing but its status
            status, body, more = _json(
                to_answer(error, request_id).status, {"error": "server_error"}
            )
        headers = [
            (b"content-type", _JSON),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"pragma", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", request_id.encode()),
            *more,
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown})

    async def _answer(
        self, scope: Scope, receive: Receive, sent: Mapping[str, str], request_id: str
    ) -> Reply:
        path, method = scope["path"], scope["method"]
        allowed = ("POST",) if path == TOKEN else ("GET", "HEAD")
        document = await self.smart() if path == SMART else None
        if (path == SMART and document is None) or (path != SMART and self.endpoint is None):
            return _json(404, {"error": "not_found"})
        if method not in allowed:
            status, body, _ = _json(405, {"error": "invalid_request"})
            return status, body, [(b"allow", ", ".join(allowed).encode())]
        if path == SMART:
            return _json(200, document)
        assert self.endpoint is not None
        if path == KEYS:
            return _json(200, self.endpoint.jwks())
        return await self._token(self.endpoint, scope, receive, sent, request_id)

    async def _token(
        self,
        endpoint: TokenEndpoint,
        scope: Scope,
        receive: Receive,
        sent: Mapping[str, str],
        request_id: str,
    ) -> Reply:
        from hub.security.token_endpoint import TokenError, TokenRequest  # noqa: PLC0415 - only where tokens are given

        body = await read_body(receive, sent, MAX_FORM)
        proofs = [v.decode("latin-1") for k, v in scope["headers"] if k == b"dpop"]
        client = scope.get("client")
        request = TokenRequest(
            sent.get("content-type", ""), body, proofs, client[0] if client else ""
        )
        try:
            if scope["query_string"] or "authorization" in sent:
                raise TokenError("invalid_request", "more than the form")  # noqa: TRY301 - as all other refusals
            given = await endpoint.answer(request)
            await self._tell("", given.client_id, request.address, request_id)
            return _json(200, given.body)
        except TokenError as error:
            await self._tell(error.why, error.client_id, request.address, request_id)
            log(
                Event.TOKEN_REFUSED,
                refusal=error.error,
                why=error.why,
                request=request_id,
            )
            status, told, more = _json(error.status, {"error": error.error})
            if endpoint.nonces is not None:
                nonce = endpoint.nonces.make(endpoint.now()).encode()
                more.append((b"dpop-nonce", nonce))
            return status, told, more

    async def _tell(self, why: str, client_id: str, address: str, request_id: str) -> None:
        if self.tell is not None:
            await self.tell(why, client_id, address, request_id)


def _json(status: int, value: object) -> Reply:
    retry = [(b"retry-after", b"1")] if status == ProblemCode.BUSY.row.http else []
    return status, json.dumps(value, ensure_ascii=False).encode(), retry

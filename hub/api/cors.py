"""Cross-origin requests by configuration: pages of named origins may call the FHIR API from a browser.

Exact origins only; no cookies are ever used, so credentials are never allowed.
Source: https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

from typing import Final

from hub.api.auth import App, Message, Receive, Scope, Send
from hub.fhir.outcome import respond
from hub.problems import Problem, ProblemCode

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS: Final = (
    "Accept", "Authorization", "Content-Encoding", "Content-Type", "DPoP", "If-Match", "If-Modified-Since",
    "If-None-Exist", "If-None-Match", "Prefer", "X-Request-Id", "X-Security-Context",
)  # fmt: skip
EXPOSED: Final = (
    "Content-Disposition", "Content-Location", "ETag", "Last-Modified", "Location", "Retry-After", "WWW-Authenticate",
    "X-Request-Id", "X-Security-Context",
)  # fmt: skip
MAX_AGE_S: Final = 600

_ALLOWED: Final = frozenset(name.lower() for name in REQUEST_HEADERS)
_VARY: Final = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


class Cors:
    """An ASGI layer around everything below the FHIR base."""

    def __init__(self, app: App, prefix: str, origins: frozenset[str]) -> None:
        """The application behind, the path of the base, and the origins that may call."""
        self._app = app
        self._prefix = prefix
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{self._prefix}/"):
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = headers.get(b"origin")
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await self._preflight(headers, origin, send)
            return
        added = [(b"vary", b"Origin")]
        if origin in self._origins:
            added.append((b"access-control-allow-origin", origin))
            added.append((b"access-control-expose-headers", ", ".join(EXPOSED).encode()))

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, tell)

    async def _preflight(
        self, headers: dict[bytes, bytes], origin: bytes | None, send: Send
    ) -> None:
        """Whether a page may send what it is about to send; nobody is asked who they are."""
        refusal = ""
        method = headers[b"access-control-request-method"].decode("latin-1")
        asked = headers.get(b"access-control-request-headers", b"").decode("latin-1").lower()
        if origin not in self._origins:
            refusal = "This origin may not call the hub; HUB_CORS_ORIGINS names those that may"
        elif method not in METHODS:
            refusal = f"The methods are {', '.join(METHODS)}"
        elif not {name.strip() for name in asked.split(",") if name.strip()} <= _ALLOWED:
            refusal = f"The headers are {', '.join(REQUEST_HEADERS)}"
        if refusal or origin is None:
            answer = respond([Problem(ProblemCode.FORBIDDEN, refusal)])
            told = [
                (b"content-type", f"{answer.content_type};charset=utf-8".encode()),
                (b"content-length", b"%d" % len(answer.body)),
                (b"vary", _VARY),
            ]
            await _send(send, answer.status, told, answer.body)
            return
        told = [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", ", ".join(METHODS).encode()),
            (b"access-control-allow-headers", ", ".join(REQUEST_HEADERS).encode()),
            (b"access-control-max-age", b"%d" % MAX_AGE_S),
            (b"vary", _VARY),
        ]
        await _send(send, 204, told, b"")


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""The outermost layer: under which names the hub answers, and the headers that every answer has.

Source: security README §9 (HTTP hygiene); RFC 9110 §7.2; RFC 6797.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

from hub.api.auth import App, Message, Receive, Scope, Send
from hub.api.request_id import request_id_for
from hub.api.traffic import PROBES
from hub.fhir.outcome import respond
from hub.problems import Problem, ProblemCode

_ALWAYS: Final = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
FIGURES: Final = "/metrics"
_ELSEWHERE: Final = Problem(ProblemCode.NOT_FOUND, "There is nothing here")
_WRONG: Final = Problem(ProblemCode.WRONG_HOST, "The hub does not answer under this name")


@dataclass(frozen=True, slots=True)
class Doors:
    """An ASGI layer.

    Shape: `hosts` names without ports, lower case; `https` when the world reaches the hub by TLS; `figures_port` where the
    figures stand alone, 0 = beside everything else.
    """

    app: App
    hosts: frozenset[bytes]
    https: bool
    headers: tuple[tuple[bytes, bytes], ...] = ()
    figures_port: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        tell = self.telling(send)
        path = scope["path"]
        if self.figures_port and (path == FIGURES) != (scope["server"][1] == self.figures_port):
            await self._refuse(scope, tell, _ELSEWHERE)
        elif path in PROBES or self._is_ours(scope):
            await self.app(scope, receive, tell)
        else:
            await self._refuse(scope, tell, _WRONG)

    def telling(self, send: Send) -> Send:
        """What takes an answer → the same, with the headers that every answer has."""

        def tell(message: Message) -> Awaitable[None]:  # no coroutine of its own for each message
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._whole(message["headers"])}
            return send(message)

        return tell

    def _is_ours(self, scope: Scope) -> bool:
        """A request → whether it is to a name of the hub, said once; HTTP/1.0 need not say one (RFC 9112 §3.2), and no browser speaks it."""
        said = [value for name, value in scope["headers"] if name == b"host"]
        if not said:
            return scope.get("http_version") == "1.0"
        return len(said) == 1 and name_of(said[0]) in self.hosts

    def _whole(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        there = [name for name, _ in headers]
        more = [header for header in _ALWAYS if header[0] not in there]
        if self.https:
            more.append(_HSTS)
        return [*headers, *more] if more else headers

    async def _refuse(self, scope: Scope, send: Send, why: Problem) -> None:
        answer = respond([why])
        sent = next(
            (v.decode("latin-1") for n, v in scope["headers"] if n == b"x-request-id"), None
        )
        headers = [
            (b"content-type", f"{answer.content_type};charset=utf-8".encode()),
            (b"content-length", b"%d" % len(answer.body)),
            (b"x-request-id", request_id_for(sent).encode()),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})


def name_of(host: bytes) -> bytes:
    """A Host header → the name in it, without the port, in lower case."""
    if host.startswith(b"["):
        return (host.partition(b"]")[0] + b"]").lower()
    return host.partition(b":")[0].lower()

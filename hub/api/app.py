"""The whole HTTP surface as one ASGI application: FHIR first, then health, then the pages for people.

FastAPI serves what is rare (D8); it is imported when such a page is first asked for, which keeps the start fast.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hub.api.auth import App, Receive, Scope, Send
from hub.api.fhir import FhirApp
from hub.api.health import Health
from hub.api.oauth import PATHS as OAUTH
from hub.api.oauth import OAuth
from hub.api.openapi import PATH as OPENAPI
from hub.api.openapi import OpenApi
from hub.api.traffic import PROBES


@dataclass(slots=True)
class HubApp:
    """Sends each request where it belongs.

    Shape: `start` and `stop` run with the server's life; `pages` makes the application for people, on first use.
    """

    fhir: FhirApp
    health: Health
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    pages: Callable[[], Awaitable[App]]
    openapi: OpenApi | None
    oauth: OAuth
    headers: tuple[tuple[bytes, bytes], ...] = ()
    _pages: App | None = field(default=None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path in OAUTH:
            await self.oauth(scope, receive, send)
        elif path.startswith("/fhir/") or path == "/fhir":
            await self.fhir(scope, receive, send)
        elif path in PROBES:
            await self.health(scope, send)
        elif path == OPENAPI and self.openapi is not None:
            await self.openapi(scope, receive, send)
        else:
            if self._pages is None:
                self._pages = await self.pages()
            await self._pages(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

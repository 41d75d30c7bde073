"""Who asks: an ASGI layer that puts an Actor into the scope, so that it covers every route (D8, D9).

Tokens come with the next identity provider; until then a request has rights only when development mode is open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from hub.policy import Actor

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ACTOR: Final = "hub.actor"


class Authentication:
    """Puts the actor of the request into `scope["hub.actor"]`, or None when it has not shown who it is."""

    def __init__(self, app: App, open_actor: Actor | None) -> None:
        """The application behind, and the actor of requests without a token (development only)."""
        self._app = app
        self._open_actor = open_actor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] == "http":
            scope[ACTOR] = self._open_actor
        await self._app(scope, receive, send)

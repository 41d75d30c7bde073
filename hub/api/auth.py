"""Who asks: an ASGI layer that puts an Actor into the scope, so that it covers every route (D8, D9).

What is not let in carries its refusal on, so that the answer is told in the format that was asked for; probes and what is
public pass by unasked.
Source: security/helseid.md §5, §6; security README §9.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from hub.api.request_id import request_id_for
from hub.log import Event, log
from hub.policy import Actor
from hub.problems import HubError, Problem, ProblemCode
from hub.security.refusal import Refusal, Refused, RefusedError

if TYPE_CHECKING:
    from hub.security.admission import Admission, Shown

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Told = Callable[[RefusedError, "Shown", str], Awaitable[None]]

ACTOR: Final = "hub.actor"
REFUSED: Final = "hub.refused"
WHOLE: Final = "hub.whole"
"""Where a scope has what sends a whole answer at once, when its connection can (`hub.api.exchange.Exchange.whole`)."""
PUBLIC: Final = frozenset(
    (
        "/live",
        "/ready",
        "/health",
        "/metrics",
        "/fhir/metadata",
        "/fhir/.well-known/smart-configuration",
        "/oauth/token",
        "/oauth/jwks",
    )
)
"""Paths that nobody needs to show anything for; tokens shown there are not looked at."""


class Authentication:
    """Puts the actor of the request into `scope["hub.actor"]`, or None when it has not shown who it is.

    Beside None stands `scope["hub.refused"]`: a Refused, or the Problem why nobody can be let in now.
    """

    def __init__(
        self,
        app: App,
        open_actor: Actor | None,
        admission: Admission | None = None,
        told: Told | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        """The application behind, the actor of requests without a token (development only), and who decides.

        Shape: `told` keeps refusals; `refused` counts them by address.
        """
        self._app = app
        self._open_actor = open_actor
        self._admission = admission
        self._told = told
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] == "http":
            if scope["path"] in PUBLIC:
                scope[ACTOR] = self._open_actor
            else:
                scope[ACTOR] = await self.who(scope)
        await self._app(scope, receive, send)

    async def who(self, scope: Scope) -> Actor | None:
        """A request to what is not public → its actor; None, and the refusal beside it, when it has not shown who it is."""
        admission = self._admission
        if admission is None or (self._open_actor is not None and not _shows(scope)):
            if self._open_actor is None:
                scope[REFUSED] = Refused(Refusal.NO_TOKEN)
            return self._open_actor
        try:
            return await admission.admit(_shown(scope))
        except RefusedError as error:
            nonce = "" if admission.nonces is None else admission.nonces.make(admission.now())
            scope[REFUSED] = Refused(error.refusal, nonce)
            await self._tell(error, scope)
        except HubError as error:
            scope[REFUSED] = error.problems[0]
        return None

    async def _tell(self, error: RefusedError, scope: Scope) -> None:
        """A refusal → the log, and whoever keeps refusals; a request that shows nothing is no news."""
        if error.refusal is Refusal.NO_TOKEN:
            return
        request_id = request_id_for(_header(scope, b"x-request-id"))
        log(
            Event.TOKEN_REFUSED,
            refusal=error.refusal.name.lower(),
            why=error.why,
            request=request_id,
        )
        client = scope.get("client")
        if self._refused is not None and client:
            self._refused(client[0])
        if self._told is not None:
            await self._told(error, _shown(scope), request_id)


def refusal_of(scope: Scope) -> tuple[Problem, tuple[tuple[str, str], ...]]:
    """A request that was not let in → what it is told, and the headers beside it."""
    found: Refused | Problem | None = scope.get(REFUSED)
    if isinstance(found, Problem):
        return found, ()
    if found is None:
        return Problem(ProblemCode.UNAUTHENTICATED, "A token is needed"), ()
    return found.problem, tuple(found.headers())


def _shows(scope: Scope) -> bool:
    return any(name in (b"authorization", b"dpop") for name, _ in scope["headers"])


def _shown(scope: Scope) -> Shown:
    from hub.security.admission import Shown  # noqa: PLC0415 - with the token libraries, only where tokens are taken

    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    client = scope.get("client")
    path = raw.decode("latin-1").partition("?")[0]
    address = client[0] if client else ""
    return Shown(scope["method"], path, scope["query_string"], scope["headers"], address)


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next((v.decode("latin-1") for n, v in scope["headers"] if n == wanted), None)

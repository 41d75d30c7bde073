"""The short way of what comes most: the plain create of a short JSON body goes in and out in a few steps.

Everything else goes the general way, and so does what turns out to be unusual; both give the same answers, entries in the
access log and figures, which tests/functional/test_short_way.py holds against each other.
Source: http://hl7.org/fhir/R4/http.html#create.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.api.answer import PACK_FROM, send_answer
from hub.api.asked import Asked, Heads
from hub.api.auth import ACTOR, WHOLE, Authentication, Message, Receive, Scope, Send
from hub.api.doors import Doors
from hub.api.fhir import FhirApp
from hub.api.head import Head, learn_head
from hub.api.request_id import request_id_for
from hub.api.traffic import RUN, Run, Traffic, telling
from hub.fhir.interactions.context import OFFLOAD_BYTES
from hub.fhir.interactions.create import create_plain
from hub.fhir.interactions.done import Done
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.requests import FhirRequest, Stored, http_date
from hub.fhir.wire import MAX_DEPTH, is_deeper
from hub.policy import Actor

_MARK: Final = b"\xef"
"""What a byte order mark begins with."""


@dataclass(slots=True)
class Place:
    """Where plain creates go. Shape: `head` the answer's, with its places open, None until the first answer is made."""

    kind: str
    path: tuple[str, ...]
    head: Head | None = None


class ShortWay:
    """An ASGI application before the outermost layer, which it passes everything to that is not its own."""

    def __init__(
        self,
        doors: Doors,
        door: Authentication,
        gate: Traffic,
        fhir: FhirApp,
        open_actor: Actor | None,
    ) -> None:
        """The layers of the general way, outermost first; the actor of requests that show nothing (development only)."""
        self.general = doors
        self._door, self._gate, self._fhir = door, gate, fhir
        self._open = open_actor
        self._heads = Heads(doors.hosts)
        self._places: Mapping[bytes, Place] = {
            f"{fhir.prefix}/{kind}".encode(): Place(kind, (kind,))
            for kind in RESOURCE_TYPES
            if kind != "Binary"  # its bodies may be something else than a Binary
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One ASGI call."""
        if scope["type"] == "http" and scope["method"] == "POST" and not scope["query_string"]:
            place = self._places.get(scope.get("raw_path") or scope["path"].encode())
            if place is not None and self._is_main(scope):
                asked = self._heads.read(scope["headers"])
                if asked is not None and asked.length <= OFFLOAD_BYTES:
                    return self._create(scope, receive, send, place, asked)
        return self.general(scope, receive, send)

    def _is_main(self, scope: Scope) -> bool:
        port = self.general.figures_port
        return not port or scope["server"][1] != port

    async def _create(
        self, scope: Scope, receive: Receive, send: Send, place: Place, asked: Asked
    ) -> None:
        """A plain create so far → who asks is told, and the gate passed."""
        actor = self._open
        if actor is None or asked.shows:
            actor = await self._door.who(scope)
        scope[ACTOR] = actor
        gate = self._gate
        run = None if actor is None else gate.enter_now(scope)
        if run is None or actor is None:
            await gate(scope, receive, self.general.telling(send))
            return
        scope[RUN] = run
        run.interaction, run.request_id = "create", request_id_for(asked.sent_id)
        tell = telling(run, self.general.telling(send))
        asks = Asks(place, asked, actor, run)
        await gate.keep(run, scope, tell, self._work(scope, receive, tell, asks))

    async def _work(self, scope: Scope, receive: Receive, tell: Send, asks: Asks) -> None:
        """Inside the gate → answered."""
        fhir, run, place, asked = self._fhir, asks.run, asks.place, asks.asked
        message = await receive()
        body: bytes = message.get("body", b"")
        if not self._is_plain(message, body):
            await fhir(scope, _again(message, receive), tell)
            return
        run.has_body(fhir.limits)
        context, client = fhir.router.context, scope.get("client")
        address = "" if client is None else client[0]
        request = FhirRequest(
            *("POST", place.path, (), asked.headers, body, asks.actor, fhir.base_url),
            *(run.request_id, context.now(), address),
        )
        try:
            if fhir.ready is not None:
                await fhir.ready()
            stored = await create_plain(request, context, place.kind)
        except Exception as error:  # noqa: BLE001 - whatever happened becomes an OperationOutcome
            answer = await fhir.failed(error, request, scope, place.path, run.request_id)
        else:
            if place.head is None:
                place.head = await learn_head(self.general, fhir, place.kind)
            if _told_at_once(scope, asks, place.head, stored):
                return
            answer = Done(201, stored, "").answer(request)
        more = ((b"x-request-id", run.request_id.encode()), *fhir.headers)
        await send_answer(tell, answer, asked.headers, more, with_body=True)

    def _is_plain(self, message: Message, body: bytes) -> bool:
        limits = self._fhir.limits
        return (
            message["type"] == "http.request"
            and not message.get("more_body")
            and 0 < len(body) <= OFFLOAD_BYTES
            and len(body) <= limits.body_bytes
            and body[:1] != _MARK
            and not (limits.depth < MAX_DEPTH and is_deeper(body, limits.depth))
        )


@dataclass(frozen=True, slots=True)
class Asks:
    """A plain create on its way."""

    place: Place
    asked: Asked
    actor: Actor
    run: Run


def _told_at_once(scope: Scope, asks: Asks, head: Head, stored: Stored) -> bool:
    """What was stored → whether the connection took the answer whole."""
    whole = scope.get(WHOLE)
    body = stored.body
    if whole is None or (asks.asked.gzip and len(body) >= PACK_FROM):
        return False
    lines = head.fill(asks.run.request_id, len(body), stored.id, http_date(stored.updated))
    asks.run.status = 201
    if whole(201, lines, body):
        return True
    asks.run.status = 0
    return False


def _again(message: Message, receive: Receive) -> Receive:
    """A message that has been received → what gives it once more, and then what follows."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return message

    return again

"""Tokens and proofs for tests: a stand-in issuer on a clock of the test's own, and outbound calls that reach it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hub.clock import FixedClock
from hub.ports import Agreement, Answer, Call, Client
from hub.problems import ProblemCode, fail
from hub.standin.actors import ACTORS
from hub.standin.issuer import StandinIssuer

ISSUER = "https://issuer.example"
AUDIENCE = "dho-hub"
BASE = "http://127.0.0.1:8000/fhir"


def make_issuer(clock: FixedClock, **more: Any) -> StandinIssuer:
    """A clock → an issuer whose tokens our tests take."""
    return StandinIssuer(ISSUER, AUDIENCE, lambda: clock.now().timestamp(), clock.new_id, **more)


@dataclass
class Wire:
    """Outbound calls, answered from a table. Shape: url → Answer, or an exception to raise."""

    answers: dict[str, Answer | Exception] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    async def send(self, call: Call) -> Answer:
        """hub.ports.Outbound."""
        self.calls.append(call)
        found = self.answers.get(call.url)
        if found is None:
            raise fail(ProblemCode.UNREACHABLE, "nobody there")
        if isinstance(found, Exception):
            raise found
        return found

    def put(self, url: str, body: object, status: int = 200) -> None:
        """A URL and what it answers."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[url] = Answer(status, {"content-type": "application/json"}, data)

    def publish(self, issuer: StandinIssuer) -> None:
        """An issuer → its keys can be fetched."""
        self.put(f"{issuer.url}/.well-known/openid-configuration", issuer.discovery())
        self.put(issuer.discovery()["jwks_uri"], issuer.jwks())


def registered(name: str, **more: Any) -> Client:
    """A stand-in actor → its client as it is registered."""
    actor = ACTORS[name]
    values: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": actor.client_id,
        "kind": actor.kind,
        "name": actor.about,
        "scopes": actor.scopes,
        "supplier": actor.supplier,
        "agreements": (agreed(name),),
    }
    return Client(**{**values, **more})


def agreed(name: str, **more: Any) -> Agreement:
    """A stand-in actor → the agreement of its organisation with the demo tenant."""
    actor = ACTORS[name]
    children = frozenset({actor.child} if actor.child else ())
    values: dict[str, Any] = {"children": children, "ends": None}
    return Agreement(actor.parent, 1, actor.parent != "999999999", 0.0, **{**values, **more})


@dataclass
class Shelf:
    """Registered clients, and what was shown already, in memory."""

    clients: dict[tuple[str, str], Client] = field(default_factory=dict)
    seen: dict[bytes, float] = field(default_factory=dict)
    asked: int = 0

    def put(self, *clients: Client) -> None:
        """Clients → registered."""
        for client in clients:
            self.clients[client.issuer, client.client_id] = client

    async def find(self, issuer: str, client_id: str) -> Client | None:
        """hub.ports.ClientRegister."""
        self.asked += 1
        return self.clients.get((issuer, client_id))

    async def first(self, mark: bytes, now: float, until: float) -> bool:
        """hub.ports.OneTime."""
        assert until > now
        if mark in self.seen:
            return False
        self.seen[mark] = until
        return True

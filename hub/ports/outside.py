"""The world outside: transports, services that are called, and systems that may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from hub.policy.actor import ActorKind


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes out.

    Shape: HER-ids of level 2; `lost` is the evidence of hand-overs that came to nothing, before a person sent the message
    again: finding one of these does not mean that it went out. `made` is when the message was made, the same at every try.
    """

    data: bytes
    msg_id: str
    sender_her: str
    receiver_her: str
    lost: tuple[str, ...] = ()
    made: datetime | None = None


class Transport(Protocol):
    """A way out for messages; it never looks into them."""

    def submit(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[str]:
        """Deliveries → the evidence of their hand-overs, in order; the same delivery again is found and not sent twice.

        Problems: UNREACHABLE when one cannot be handed over now; others may have been.
        """
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request of ours to somebody else.

    Shape: `purpose` picks the list of hosts that may be asked; `headers` beside those HTTP needs. Units: seconds, bytes.
    """

    purpose: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_s: float = 10.0
    most_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Shape: `headers` by lower-case name, the last of a name; redirections are answers like others."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outbound(Protocol):
    """The one way out for HTTP: it asks nobody but those it was told of (security README §7)."""

    async def send(self, call: Call) -> Answer:
        """A request → the answer. Problems: OUTBOUND_REFUSED (not a host for this purpose), UNREACHABLE."""
        ...


class OneTime(Protocol):
    """What may be shown once: proofs, assertions. Shared by all processes of a hub."""

    async def first(self, mark: bytes, now: float, until: float) -> bool:
        """A mark and until when it counts (seconds since 1970) → whether nobody showed it before."""
        ...


@dataclass(frozen=True, slots=True)
class Agreement:
    """One organisation for which a client may ask.

    Shape: `organisation` and `children` organisation numbers; `guest` when the organisation is not the tenant's own.
    Units: seconds since 1970.
    """

    organisation: str
    tenant_id: int
    guest: bool
    begins: float
    ends: float | None = None
    children: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Client:
    """A system that is registered to ask.

    Shape: `issuer` whose tokens it comes with; `kind` as what it acts, `user_kind` as what its users do ("" = none may);
    `profile` dpop or legacy_bearer; `supplier` the organisation that holds the delegation ("" = the organisation's own
    system); `networks` where it may ask from (empty = anywhere); `jwks` its keys at our own token endpoint.
    Units: seconds since 1970.
    """

    issuer: str
    client_id: str
    kind: ActorKind
    name: str
    scopes: tuple[str, ...]
    user_kind: ActorKind | Literal[""] = ""
    profile: str = "dpop"
    supplier: str = ""
    networks: tuple[str, ...] = ()
    contact: str = ""
    expires: float | None = None
    status: str = "active"
    jwks: str = ""
    agreements: tuple[Agreement, ...] = ()


class ClientRegister(Protocol):
    """The registered clients."""

    async def find(self, issuer: str, client_id: str) -> Client | None:
        """An issuer and the client's id there → the client with its agreements."""
        ...

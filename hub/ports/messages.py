"""Messages: what we send and how far it has come, and what arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message to one receiver, either way. Shape: `raw` exact bytes; `state` of emessage/dialogue.py."""

    tenant_id: int
    id: str
    direction: str
    msg_id: str
    type: str
    sender_her: str
    receiver_her: str
    state: str
    created: datetime
    sent_for: str = ""
    patient_id: str = ""
    communication_id: str = ""
    sha256: str = ""
    name: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class MessageFact:
    """One thing that is known to have happened to a message; facts are only added."""

    tenant_id: int
    message_id: str
    receiver_her: str
    kind: str
    at: datetime
    evidence: str = ""


class Messages(Protocol):
    """Messages and the facts about them."""

    def add(self, row: MessageRow) -> None:
        """A message → stored."""
        ...

    def find(self, tenant_id: int, message_id: str) -> MessageRow | None:
        """Our id → the message."""
        ...

    def sent(self, tenant_id: int, msg_id: str) -> Sequence[MessageRow]:
        """A MsgId → the outgoing messages with it (one per receiver)."""
        ...

    def waiting(self, states: Sequence[str]) -> Sequence[MessageRow]:
        """States → the outgoing messages in one of them, without their bytes."""
        ...

    def unanswered(self, states: Sequence[str], before: datetime) -> Sequence[MessageRow]:
        """States and an instant → the messages out, receipts aside, that are older and in one of them; without bytes."""
        ...

    def record(self, fact: MessageFact, state: str, name: str = "") -> None:
        """A fact and the state that follows from all facts → stored; `name` is what the transport calls the message now."""
        ...

    def facts(self, tenant_id: int, message_id: str) -> Sequence[MessageFact]:
        """A message → its facts, oldest first."""
        ...

    def recent(self, tenant_id: int, limit: int, state: str = "") -> Sequence[MessageRow]:
        """A tenant → its newest messages (in one state, when it is named, upper or lower case), without their bytes."""
        ...

    def of_patient(self, tenant_id: int, patient_id: str, limit: int) -> Sequence[MessageRow]:
        """A patient → the newest messages about it, without their bytes."""
        ...

    def answers(self, tenant_id: int, msg_id: str, since: datetime) -> Sequence[MessageRow]:
        """A received MsgId and when it came → the receipts made for it, without their bytes."""
        ...


@dataclass(frozen=True, slots=True)
class RawMessage:
    """Bytes as they came. Shape: `claim_id` names this arrival for ever; `state` what became of it."""

    claim_id: str
    tenant_id: int
    name: str
    sha256: str
    received: datetime
    state: str
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class ImportRow:
    """The one import of (sender, MsgId).

    Shape: `resources` are `Type/id`; `series` the MsgId the series began with; `links` what the message may be found by
    when another speaks of it (empty when read back).
    """

    tenant_id: int
    sender_her: str
    msg_id: str
    sha256: str
    claim_id: str
    type: str
    series: str
    imported: datetime
    state: str
    resources: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Inbox(Protocol):
    """Received bytes, and what was imported of them."""

    def keep(self, raw: RawMessage) -> RawMessage:
        """Bytes with their claim id → stored, or the row that stands already."""
        ...

    def find(self, claim_id: str) -> RawMessage | None:
        """A claim id → the arrival, or None."""
        ...

    def state(self, claim_id: str) -> str | None:
        """A claim id → the state of the arrival, or None: without its bytes."""
        ...

    def mark(self, claim_id: str, state: str, reason: str) -> None:
        """An arrival → what became of it."""
        ...

    def imported(self, tenant_id: int, sender_her: str, msg_id: str) -> ImportRow | None:
        """Sender and MsgId → the import, if there was one."""
        ...

    def add_import(self, row: ImportRow) -> None:
        """An import → stored; only a held one may be replaced, anything else of the same sender and MsgId is refused."""
        ...

    def recent(
        self, tenant_id: int, limit: int, state: str = "", most_bytes: int = 0
    ) -> Sequence[RawMessage]:
        """A tenant → its newest arrivals (in one state, when it is named); `raw` is b"" where it is larger than asked for."""
        ...

    def import_of(self, tenant_id: int, claim_id: str) -> ImportRow | None:
        """An arrival → the import that came of it, or None."""
        ...

    def imports_of(self, tenant_id: int, msg_id: str) -> Sequence[ImportRow]:
        """A MsgId → its imports, one per sender; for people who look for a message, not for the flow of messages."""
        ...

    def linked(self, tenant_id: int, links: Sequence[str]) -> Sequence[ImportRow]:
        """What messages may be found by → their imports, oldest first, each once."""
        ...

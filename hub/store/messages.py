"""E-messages either way, and the facts about them; facts are only added, the state follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from hub.fhir.search.dates import from_micros, micros
from hub.ports import MessageFact, MessageRow
from hub.store.connection import Connection, WritingConnection

_HEAD: Final = (
    "tenant_id, id, direction, msg_id, type, sender_her, receiver_her, state, created, sent_for, patient_id,"
    " communication_id, sha256, name"
)


class MessageTable:
    """hub.ports.Messages over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: WritingConnection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def add(self, row: MessageRow) -> None:
        """A message → stored."""
        values = (
            row.tenant_id,
            row.id,
            row.direction,
            row.msg_id,
            row.type,
            row.sender_her,
            row.receiver_her,
            row.state,
            micros(row.created),
            row.sent_for,
            row.patient_id,
            row.communication_id,
            row.sha256,
            row.name,
            row.raw,
        )
        self._connection.later(_put, values)

    def find(self, tenant_id: int, message_id: str) -> MessageRow | None:
        """Our id → the message."""
        rows = self._select(
            f"SELECT {_HEAD}, raw FROM message WHERE tenant_id = ? AND id = ?",
            (tenant_id, message_id),
        )
        return rows[0] if rows else None

    def sent(self, tenant_id: int, msg_id: str) -> Sequence[MessageRow]:
        """A MsgId → the outgoing messages with it (one per receiver)."""
        return self._select(
            f"SELECT {_HEAD}, raw FROM message WHERE tenant_id = ? AND direction = 'out' AND msg_id = ?",
            (tenant_id, msg_id),
        )

    def waiting(self, states: Sequence[str]) -> Sequence[MessageRow]:
        """States → the outgoing messages in one of them, without their bytes."""
        return self._select(
            f"SELECT {_HEAD}, NULL FROM message WHERE direction = 'out' AND state IN ({', '.join('?' * len(states))})",
            tuple(states),
        )

    def unanswered(self, states: Sequence[str], before: datetime) -> Sequence[MessageRow]:
        """States and an instant → the messages out, receipts aside, that are older and in one of them; without bytes."""
        return self._select(
            f"SELECT {_HEAD}, NULL FROM message WHERE direction = 'out' AND type != 'APPREC' AND created < ?"
            f" AND state IN ({', '.join('?' * len(states))}) ORDER BY created",
            (micros(before), *states),
        )

    def recent(self, tenant_id: int, limit: int, state: str = "") -> Sequence[MessageRow]:
        """A tenant → its newest messages (in one state, when it is named, upper or lower case), without their bytes."""
        return self._select(
            f"SELECT {_HEAD}, NULL FROM message WHERE tenant_id = ? AND (? = '' OR lower(state) = lower(?))"
            " ORDER BY created DESC, id DESC LIMIT ?",
            (tenant_id, state, state, limit),
        )

    def of_patient(self, tenant_id: int, patient_id: str, limit: int) -> Sequence[MessageRow]:
        """A patient → the newest messages about it, without their bytes."""
        return self._select(
            f"SELECT {_HEAD}, NULL FROM message WHERE tenant_id = ? AND patient_id = ?"
            " ORDER BY created DESC, id DESC LIMIT ?",
            (tenant_id, patient_id, limit),
        )

    def answers(self, tenant_id: int, msg_id: str, since: datetime) -> Sequence[MessageRow]:
        """A received MsgId and when it came → the receipts made for it, without their bytes."""
        return self._select(
            f"SELECT {_HEAD}, NULL FROM message WHERE tenant_id = ? AND created >= ? AND type = 'APPREC' AND sent_for = ?"
            " ORDER BY created, id",
            (tenant_id, micros(since), msg_id),
        )

    def record(self, fact: MessageFact, state: str, name: str = "") -> None:
        """A fact and the state that follows from all facts → stored; `name` is what the transport calls the message now."""
        where, at = (fact.tenant_id, fact.message_id), micros(fact.at)
        self._connection.later(_add_fact, (*where, fact.receiver_her, fact.kind, at, fact.evidence))
        if name:
            self._connection.later(_name, (state, name, *where))
        else:
            self._connection.later(_change, (state, *where))

    def facts(self, tenant_id: int, message_id: str) -> Sequence[MessageFact]:
        """A message → its facts, oldest first."""
        rows = self._connection.execute(
            "SELECT receiver_her, kind, at, evidence FROM message_fact WHERE tenant_id = ? AND message_id = ? ORDER BY seq",
            (tenant_id, message_id),
        )
        return [
            MessageFact(tenant_id, message_id, her, kind, from_micros(at), ev)
            for her, kind, at, ev in rows
        ]

    def _select(self, sql: str, values: tuple[object, ...]) -> list[MessageRow]:
        return [_row(row) for row in self._connection.execute(sql, values)]


def _put(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Messages → put in."""
    connection.executemany(
        f"INSERT INTO message ({_HEAD}, raw) VALUES ({', '.join('?' * 15)})", rows
    )


def _add_fact(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Facts → put in, in the order they were added."""
    connection.executemany(
        "INSERT INTO message_fact (tenant_id, message_id, receiver_her, kind, at, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def _change(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """States and whose they are → kept."""
    connection.executemany("UPDATE message SET state = ? WHERE tenant_id = ? AND id = ?", rows)


def _name(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """States, the names that the transport gave, to look after them by, and whose they are → kept."""
    connection.executemany(
        "UPDATE message SET state = ?, name = ? WHERE tenant_id = ? AND id = ?", rows
    )


def _row(row: Sequence[Any]) -> MessageRow:
    tenant, message_id, direction, msg_id, kind, sender, receiver, state, created, *rest = row
    sent_for, patient, communication, sha, name, raw = rest
    return MessageRow(
        tenant,
        message_id,
        direction,
        msg_id,
        kind,
        sender,
        receiver,
        state,
        from_micros(created),
        sent_for,
        patient,
        communication,
        sha,
        name,
        raw or b"",
    )

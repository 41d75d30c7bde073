"""Received bytes, kept before anything reads them, and the one import of each (sender, MsgId)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hub.fhir.search.dates import from_micros, micros
from hub.ports import ImportRow, RawMessage
from hub.store.connection import Connection
from hub.store.large import LEAST, InParts, fetch, in_chunks, insert_in_parts

_RAW: Final = "claim_id, tenant_id, name, sha256, received, state, reason, raw"
_HEAD: Final = _RAW.removesuffix(", raw")
_IMPORT: Final = (
    "tenant_id, sender_her, msg_id, sha256, claim_id, type, series, imported, state, resources"
)


class InboxTable:
    """hub.ports.Inbox over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def keep(self, raw: RawMessage) -> RawMessage:
        """Bytes with their claim id → stored, or the row that stands already."""
        if self.state(raw.claim_id) is None and self._keep(raw):
            return raw
        kept = self.find(raw.claim_id)
        assert kept is not None
        return kept

    def _keep(self, raw: RawMessage) -> bool:
        """An arrival that was not here → put in; False when another process was faster."""
        large = len(raw.raw) >= LEAST
        values = (
            raw.claim_id,
            raw.tenant_id,
            raw.name,
            raw.sha256,
            micros(raw.received),
            raw.state,
            raw.reason,
        )
        self._connection.execute(
            f"INSERT INTO inbox_raw ({_RAW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (claim_id) DO NOTHING",
            (*values, b"" if large else raw.raw),
        )
        head = self._connection.execute(
            f"SELECT {_HEAD} FROM inbox_raw WHERE claim_id = ?", (raw.claim_id,)
        ).fetchone()
        if tuple(head) != values:
            return False
        if large:
            self._keep_large(raw)
        return True

    def _keep_large(self, raw: RawMessage) -> None:
        """Large bytes stand apart from the row, whose state changes: SQLite writes a row that changes anew, whole."""
        insert_in_parts(
            self._connection,
            "INSERT INTO inbox_large (tenant_id, claim_id, raw) VALUES (?, ?, {})",
            (raw.tenant_id, raw.claim_id),
            InParts("inbox_large", "raw", len(raw.raw), in_chunks(raw.raw)),
        )

    def find(self, claim_id: str) -> RawMessage | None:
        """A claim id → the arrival, or None."""
        row = self._connection.execute(
            f"SELECT {_RAW} FROM inbox_raw WHERE claim_id = ?", (claim_id,)
        ).fetchone()
        if row is None or row[-1]:
            return None if row is None else _raw(row)
        return _raw((*row[:-1], self._large(row[1], claim_id)))

    def _large(self, tenant_id: int, claim_id: str) -> bytes:
        """A tenant and a claim id → bytes that stand apart, b"" when there are none."""
        where = "tenant_id = ? AND claim_id = ?"
        return fetch(self._connection, "inbox_large", "raw", where, (tenant_id, claim_id)) or b""

    def state(self, claim_id: str) -> str | None:
        """A claim id → the state of the arrival, or None."""
        row = self._connection.execute(
            "SELECT state FROM inbox_raw WHERE claim_id = ?", (claim_id,)
        ).fetchone()
        return None if row is None else row[0]

    def mark(self, claim_id: str, state: str, reason: str) -> None:
        """An arrival → what became of it."""
        self._connection.execute(
            "UPDATE inbox_raw SET state = ?, reason = ? WHERE claim_id = ?",
            (state, reason, claim_id),
        )

    def imported(self, tenant_id: int, sender_her: str, msg_id: str) -> ImportRow | None:
        """Sender and MsgId → the import, if there was one."""
        row = self._connection.execute(
            f"SELECT {_IMPORT} FROM inbox_import WHERE tenant_id = ? AND sender_her = ? AND msg_id = ?",
            (tenant_id, sender_her, msg_id),
        ).fetchone()
        return None if row is None else _import(row)

    def add_import(self, row: ImportRow) -> None:
        """An import → stored; only a held one may be replaced, anything else of the same sender and MsgId is refused."""
        self._connection.execute(
            "DELETE FROM inbox_import WHERE tenant_id = ? AND sender_her = ? AND msg_id = ? AND state = 'held'",
            (row.tenant_id, row.sender_her, row.msg_id),
        )
        self._connection.execute(
            f"INSERT INTO inbox_import ({_IMPORT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.tenant_id,
                row.sender_her,
                row.msg_id,
                row.sha256,
                row.claim_id,
                row.type,
                row.series,
                micros(row.imported),
                row.state,
                msgspec.json.encode(row.resources),
            ),
        )
        for link in dict.fromkeys(row.links):
            self._connection.execute(
                "INSERT INTO inbox_link (tenant_id, link, sender_her, msg_id) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (row.tenant_id, link, row.sender_her, row.msg_id),
            )

    def linked(self, tenant_id: int, links: Sequence[str]) -> Sequence[ImportRow]:
        """What messages may be found by → their imports, oldest first, each once."""
        found = dict.fromkeys(links)
        if not found:
            return []
        columns = ", ".join(f"i.{name}" for name in _IMPORT.split(", "))
        rows = self._connection.execute(
            f"SELECT DISTINCT {columns} FROM inbox_link l JOIN inbox_import i ON i.tenant_id = l.tenant_id"
            " AND i.sender_her = l.sender_her AND i.msg_id = l.msg_id"
            f" WHERE l.tenant_id = ? AND l.link IN ({', '.join('?' * len(found))}) ORDER BY i.imported, i.msg_id",
            (tenant_id, *found),
        )
        return [_import(row) for row in rows]

    def recent(
        self, tenant_id: int, limit: int, state: str = "", most_bytes: int = 0
    ) -> Sequence[RawMessage]:
        """A tenant → its newest arrivals (in one state, when it is named); `raw` is b"" where it is larger than asked for."""
        rows = self._connection.execute(
            f"SELECT {_HEAD}, CASE WHEN length(raw) <= ? THEN raw END FROM inbox_raw"
            " WHERE tenant_id = ? AND (? = '' OR lower(state) = lower(?)) ORDER BY received DESC, claim_id DESC LIMIT ?",
            (most_bytes, tenant_id, state, state, limit),
        )
        return [_raw(row) for row in rows]

    def import_of(self, tenant_id: int, claim_id: str) -> ImportRow | None:
        """An arrival → the import that came of it, or None."""
        row = self._connection.execute(
            f"SELECT {_IMPORT} FROM inbox_import WHERE tenant_id = ? AND claim_id = ?",
            (tenant_id, claim_id),
        ).fetchone()
        return None if row is None else _import(row)

    def imports_of(self, tenant_id: int, msg_id: str) -> Sequence[ImportRow]:
        """A MsgId → its imports, one per sender; for people who look for a message, not for the flow of messages."""
        rows = self._connection.execute(
            f"SELECT {_IMPORT} FROM inbox_import WHERE tenant_id = ? AND msg_id = ? ORDER BY imported",
            (tenant_id, msg_id),
        )
        return [_import(row) for row in rows]


def _raw(row: Sequence[Any]) -> RawMessage:
    claim, tenant, name, sha, received, state, reason, raw = row
    return RawMessage(claim, tenant, name, sha, from_micros(received), state, reason, raw or b"")


def _import(row: Sequence[Any]) -> ImportRow:
    tenant, sender, msg_id, sha, claim, kind, series, imported, state, resources = row
    return ImportRow(
        tenant,
        sender,
        msg_id,
        sha,
        claim,
        kind,
        series,
        from_micros(imported),
        state,
        msgspec.json.decode(resources, type=tuple[str, ...]),
    )

"""What is older than it is to be kept → taken away, at most so many at a time; what still waits for anybody never is.

Bodies go and their rows stay: what came, from whom, what became of it, and the digest. Source: security/audit.md §4, §6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from hub.fhir.search.dates import micros
from hub.store.audit_retention import remove_before
from hub.store.connection import Connection

_ANSWERED: Final = ("AppRecOk", "AppRecPartly", "Cancelled")
_LOST: Final = ("AppRecRejected", "NoAppRec", "DeadLetter", "TransportRejected", "TransportAbandoned", "Conflict", "TakenBack")  # fmt: skip
_HANDED_OVER: Final = ("Written", "TransportAcked", "AppRecOk")
_SETTLED: Final = ("imported", "receipt", "duplicate", "rejected")
_QUARANTINED: Final = ("quarantined", "not-for-us", "conflict")
_HEAD: Final = "SELECT seq, hash FROM audit_event WHERE tenant_id = ? ORDER BY seq DESC LIMIT 1"
_ANY_BEFORE: Final = "SELECT 1 FROM audit_event WHERE tenant_id = ? AND date_from < ? LIMIT 1"
_MAY_DELETE: Final = "SELECT has_table_privilege('audit_event', 'DELETE')"


class RetentionTable:
    """hub.ports.Retention over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def tenants(self) -> list[int]:
        """Nothing → whose records there may be; 0 is the hub itself."""
        rows = self._connection.execute("SELECT id FROM tenant ORDER BY id")
        return [0, *(row[0] for row in rows.fetchall())]

    def heads(self) -> list[tuple[int, int, str]]:
        """Nothing → (tenant, number, hash) of the newest entry of each log.

        Shape: the hash in groups of eight digits; eleven in a row could read as a person's number, and be blotted from the line.
        """
        found: list[tuple[int, int, str]] = []
        for tenant_id in self.tenants():
            row = self._connection.execute(_HEAD, (tenant_id,)).fetchone()
            if row is not None:
                found.append((tenant_id, row[0], bytes(row[1]).hex("-", 4)))
        return found

    def take_away(
        self, rule: str, tenant_id: int, before: datetime, at: datetime, most: int
    ) -> int | None:
        """A rule, whose records, how old and how many at most → how many went; None where they must not be touched."""
        return _RULES[rule](self._connection, tenant_id, before, at, most)


def _log(
    connection: Connection, tenant_id: int, before: datetime, at: datetime, most: int
) -> int | None:
    """The oldest entries of a log; None when the segment does not hold, or they are not ours to delete."""
    if hasattr(connection, "to_tenant"):
        (may,) = connection.execute(_MAY_DELETE).fetchone()
        if not may:
            old = connection.execute(_ANY_BEFORE, (tenant_id, micros(before))).fetchone()
            return 0 if old is None else None
    removed = remove_before(connection, tenant_id, before, at, most)
    return None if removed is None else removed.events


def _tenants_log(
    connection: Connection, tenant_id: int, before: datetime, at: datetime, most: int
) -> int | None:
    return _log(connection, tenant_id, before, at, most) if tenant_id > 0 else 0


def _own_log(
    connection: Connection, tenant_id: int, before: datetime, at: datetime, most: int
) -> int | None:
    return _log(connection, tenant_id, before, at, most) if tenant_id == 0 else 0


def _jobs(state: str) -> Callable[..., int]:
    def work(
        connection: Connection, tenant_id: int, before: datetime, _: datetime, most: int
    ) -> int:
        found = connection.execute(
            "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE tenant_id = ? AND state = ? AND created < ?"
            " AND due < ? ORDER BY seq LIMIT ?) RETURNING 1",
            (tenant_id, state, micros(before), micros(before), most),
        )
        return len(found.fetchall())

    return work


def _bodies(
    sent: tuple[str, ...], receipts: tuple[str, ...], arrived: tuple[str, ...]
) -> Callable[..., int]:
    def work(
        connection: Connection, tenant_id: int, before: datetime, _: datetime, most: int
    ) -> int:
        since = micros(before)
        states = ", ".join("?" * len(sent))
        answers = ", ".join("?" * len(receipts)) or "NULL"
        out = connection.execute(
            "UPDATE message SET raw = ? WHERE tenant_id = ? AND id IN (SELECT id FROM message WHERE tenant_id = ?"
            " AND direction = 'out' AND created < ? AND length(raw) > 0"
            f" AND (state IN ({states}) OR (type = 'APPREC' AND state IN ({answers}))) ORDER BY created LIMIT ?) RETURNING 1",
            (b"", tenant_id, tenant_id, since, *sent, *receipts, most),
        ).fetchall()
        marks = ", ".join("?" * len(arrived))
        whose = f"tenant_id = ? AND received < ? AND state IN ({marks})"
        values = (tenant_id, since, *arrived)
        large = connection.execute(
            "DELETE FROM inbox_large WHERE tenant_id = ? AND claim_id IN (SELECT i.claim_id FROM inbox_raw i JOIN"
            " inbox_large l ON l.tenant_id = i.tenant_id AND l.claim_id = i.claim_id WHERE"
            f" i.tenant_id = ? AND i.received < ? AND i.state IN ({marks}) LIMIT ?) RETURNING 1",
            (tenant_id, *values, most),
        ).fetchall()
        came = connection.execute(
            "UPDATE inbox_raw SET raw = ? WHERE claim_id IN (SELECT claim_id FROM inbox_raw WHERE"
            f" {whose} AND length(raw) > 0 ORDER BY received LIMIT ?) RETURNING 1",
            (b"", *values, most),
        ).fetchall()
        return len(out) + len(large) + len(came)

    return work


_RULES: Final[Mapping[str, Callable[..., Any]]] = {
    "access-log": _tenants_log,
    "security-log": _own_log,
    "done-jobs": _jobs("done"),
    "dead-jobs": _jobs("dead"),
    "message-bodies": _bodies(_ANSWERED, _HANDED_OVER, _SETTLED),
    "dead-letters": _bodies(_LOST, (), _QUARANTINED),
}

"""Take away what is older than it may be kept: whole segments at the old end of a tenant's log; the hash they ended with stays.

Source: security/audit.md §1 (retention), §4 (closed segments), §3.4 no. 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.fhir.search.dates import micros
from hub.store.audit_chain import start_of, verify
from hub.store.connection import Connection

_FLAG: Final = "audit-retention"
_LAST: Final = (
    "SELECT max(seq) FROM (SELECT seq, date_from FROM audit_event WHERE tenant_id = ? ORDER BY seq LIMIT ?) AS oldest"
    " WHERE seq < coalesce((SELECT min(seq) FROM audit_event WHERE tenant_id = ? AND date_from >= ?),"
    " (SELECT max(seq) + 1 FROM audit_event WHERE tenant_id = ?))"
)
_ALL: Final = 1 << 62
_END: Final = "SELECT hash, date_from FROM audit_event WHERE tenant_id = ? AND seq = ?"


@dataclass(frozen=True, slots=True)
class Removed:
    """What went. Shape: `events` how many, the last of them `last_seq`; 0 when nothing was old enough."""

    tenant_id: int
    events: int
    last_seq: int = 0


def remove_before(
    connection: Connection, tenant_id: int, before: datetime, at: datetime, most: int = _ALL
) -> Removed | None:
    """A tenant and a time → its entries of before that taken away, at most so many; None when the log does not hold, and nothing was done.

    Shape: with `most`, what is to go and the entry behind it are verified, and not the whole log: a round that comes every hour
    must not read years.
    """
    (last,) = connection.execute(
        _LAST, (tenant_id, most, tenant_id, micros(before), tenant_id)
    ).fetchone()
    until = None if most == _ALL else (last or 0) + 1
    _, fault = verify(connection, tenant_id, {}, until)
    if fault is not None:
        return None
    if last is None:
        return Removed(tenant_id, 0)
    start = start_of(connection, tenant_id)
    ended, until = connection.execute(_END, (tenant_id, last)).fetchone()
    connection.execute("INSERT INTO hub_flag (name, value) VALUES (?, 'on')", (_FLAG,))
    connection.execute(
        "DELETE FROM audit_event WHERE tenant_id = ? AND seq <= ?", (tenant_id, last)
    )
    connection.execute("DELETE FROM hub_flag WHERE name = ?", (_FLAG,))
    events = last - start.seq
    connection.execute(
        "INSERT INTO audit_segment (tenant_id, last_seq, last_hash, events, until, removed) VALUES (?, ?, ?, ?, ?, ?)",
        (tenant_id, last, bytes(ended), events, until, micros(at)),
    )
    return Removed(tenant_id, events, last)

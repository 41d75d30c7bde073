"""The access log: one entry per access, written in the access's own transaction (security/audit.md §1).

What an entry is made of is in audit_facts.py, the AuditEvent that is built of it in audit_shape.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.fhir.requests import AuditEntry
from hub.fhir.search.dates import micros
from hub.store.audit_chain import next_hash, start_of
from hub.store.audit_facts import INSTANT, body_of, columns_of, covered, event_id
from hub.store.connection import Connection, calm

_INSERT: Final = (
    "INSERT INTO audit_event (rid, tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body, seq,"
    " hash, action, outcome, interaction, agent, person, entity, address)"
    " VALUES (?, ?, ?, 1, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SYNTHETIC: Final = "SELECT count(*) FROM hub_flag WHERE name = 'synthetic'"
_LAST: Final = f"SELECT seq, hash, ({_SYNTHETIC}) FROM audit_event WHERE tenant_id = ? ORDER BY seq DESC LIMIT 1"


@calm
def write_audit(connection: Connection, entries: Iterable[AuditEntry]) -> None:
    """Accesses → their entries at the ends of their tenants' chains: writers take turns on every engine."""
    tenants: dict[int, list[AuditEntry]] = {}
    for entry in entries:
        tenants.setdefault(entry.actor.tenant_id, []).append(entry)
    for tenant, own in tenants.items():
        first = _first_rid(connection, len(own))
        seq, before, synthetic = _end_of(connection, tenant)
        rows: list[tuple[object, ...]] = []
        for rid, entry in enumerate(own, first):
            seq += 1
            here, patient, at = event_id(rid), entry.patient_id or "", micros(entry.recorded)
            body, told = body_of(entry, synthetic=synthetic), columns_of(entry)
            before = next_hash(before, covered((here, patient, str(at), *told), body))
            rows.append(
                (rid, tenant, here, at, patient, at, at + INSTANT, body, seq, before, *told)
            )
        connection.executemany(_INSERT, rows)
        ends: dict[int, tuple[int, bytes, bool]] | None = getattr(connection, "ends", None)
        if ends is not None:
            ends[tenant] = seq, before, synthetic


def _first_rid(connection: Connection, many: int) -> int:
    """How many rows are to come → the number of the first: they are counted through all tenants.

    Connections that write count by themselves: on PostgreSQL only one tenant's rows may be in sight.
    """
    counted = getattr(connection, "new_rids", None)
    if counted is not None:
        return counted("audit_event", many)
    (last,) = connection.execute("SELECT coalesce(max(rid), 0) FROM audit_event").fetchone()
    return last + 1


def _end_of(connection: Connection, tenant: int) -> tuple[int, bytes, bool]:
    """A tenant → the last number and hash of its chain, and whether the database is marked synthetic.

    They are remembered where nobody else can have written.
    """
    known: tuple[int, bytes, bool] | None = getattr(connection, "ends", {}).get(tenant)
    if known is not None:
        return known
    row = connection.execute(_LAST, (tenant,)).fetchone()
    if row is not None:
        return row[0], bytes(row[1]), row[2] > 0
    start = start_of(connection, tenant)
    (synthetic,) = connection.execute(_SYNTHETIC).fetchone()
    return start.seq, start.hash, synthetic > 0

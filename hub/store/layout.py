"""Where a resource type lives: hot types have a table of their own, the others share one.

Every table of bodies has the same leading columns, so one set of statements serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

FAR: Final = 4_102_444_800_000_000_000
"""Stands for "no date": later than any, so that what has no date comes last. Units: microseconds since 1970."""

_HOT: Final = {"Observation": "observation", "AuditEvent": "audit_event"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Table name and the statements on it. Shape: `typed` when the table is shared and has a type column."""

    table: str
    typed: bool
    load: str
    head: str
    insert: str
    replace: str
    keep: str

    def key(self, tenant_id: int, resource_type: str, resource_id: str) -> tuple[object, ...]:
        """Tenant, type and id → parameters of `load` and `head`."""
        return (tenant_id, resource_type, resource_id) if self.typed else (tenant_id, resource_id)


@cache
def layout_of(resource_type: str) -> Layout:
    """Resource type → where it lives and the statements for it."""
    table = _HOT.get(resource_type, "resource")
    typed = table == "resource"
    where = "tenant_id = ? AND type = ? AND id = ?" if typed else "tenant_id = ? AND id = ?"
    head = "rid, version, updated, patient_id, deleted"
    more, mark = (", type", ", ?") if typed else ("", "")
    return Layout(
        table,
        typed,
        f"SELECT {head}, body FROM {table} WHERE {where}",
        f"SELECT {head} FROM {table} WHERE {where}",
        f"INSERT INTO {table} (tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body{more})"
        f" VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?{mark}) RETURNING rid",
        f"UPDATE {table} SET version = ?, updated = ?, patient_id = ?, deleted = ?, date_from = ?, date_to = ?, body = ?"
        " WHERE rid = ?",
        "INSERT INTO history (tenant_id, type, id, version, updated, patient_id, deleted, body)"
        f" SELECT tenant_id, ?, id, version, updated, patient_id, deleted, body FROM {table} WHERE rid = ?",
    )

"""Where a resource type lives: hot types have a table of their own, the others share one.

Every table of bodies has the same leading columns, so one set of statements serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from hub.store.audit_facts import TOLD, rid_of

FAR: Final = 4_102_444_800_000_000_000
"""Stands for "no date": later than any, so that what has no date comes last. Units: microseconds since 1970."""

HOT_COLUMNS: Final = (
    "status",
    "category",
    "category_system",
    "value_low",
    "value_high",
    "value_system",
    "value_code",
    "value_unit",
    "base_low",
    "base_high",
    "base_unit",
    "texts",
)
"""What an Observation has beside, to be found by: see index_rows.NOTHING."""

_HOT: Final = {"Observation": "observation", "AuditEvent": "audit_event"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Table name and the statements on it.

    Shape: `load` and `head` read the row under the alias r, so that a condition may follow; `typed` when the table is shared and has a type column; `hot` when it has the columns of HOT_COLUMNS, whose
    values then follow those of `insert` (`insert_large` is for `insert_in_parts`) and stand before the row id in `replace`; `numbered` when ids are numbers of rows: then `load` gives the columns behind the body that AuditEvents are built of.
    """

    table: str
    typed: bool
    load: str
    head: str
    insert: str
    insert_large: str
    replace: str
    bury: str
    keep: str
    hot: bool = False
    numbered: bool = False

    def key(self, tenant_id: int, resource_type: str, resource_id: str) -> tuple[object, ...]:
        """Tenant, type and id → parameters of `load` and `head`."""
        if self.typed:
            return tenant_id, resource_type, resource_id
        if self.numbered:
            return tenant_id, rid_of(resource_id), resource_id
        return tenant_id, resource_id


@cache
def layout_of(resource_type: str) -> Layout:
    """Resource type → where it lives and the statements for it."""
    table = _HOT.get(resource_type, "resource")
    typed = table == "resource"
    where = "r.tenant_id = ? AND r.id = ?"
    if typed:
        where = "r.tenant_id = ? AND r.type = ? AND r.id = ?"
    numbered = table == "audit_event"
    if numbered:
        where = "r.tenant_id = ? AND r.rid = ? AND r.id = ?"
    told = "".join(f", {name}" for name in TOLD) if numbered else ""
    head = "rid, version, updated, patient_id, deleted"
    hot = resource_type == "Observation"
    more, mark = (", type", ", ?") if typed else ("", "")
    if hot:
        more, mark = f", {', '.join(HOT_COLUMNS)}", ", ?" * len(HOT_COLUMNS)
    into = f"INSERT INTO {table} (rid, tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body, writer{more})"
    settings = "".join(f", {name} = ?" for name in HOT_COLUMNS) if hot else ""
    return Layout(
        table,
        typed,
        f"SELECT {head}, body{told} FROM {table} r WHERE {where}",
        f"SELECT {head} FROM {table} r WHERE {where}",
        f"{into} VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?{mark})",
        f"{into} VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, {{}}, ?{mark})",
        f"UPDATE {table} SET version = ?, updated = ?, patient_id = ?, deleted = ?, date_from = ?, date_to = ?, body = ?"
        f"{settings} WHERE rid = ?",
        f"UPDATE {table} SET version = ?, updated = ?, deleted = 1, date_from = {FAR}, date_to = {FAR}, body = ? WHERE rid = ?",
        "INSERT INTO history (tenant_id, type, id, version, updated, patient_id, deleted, body, writer)"
        f" SELECT tenant_id, ?, id, version, updated, patient_id, deleted, body, writer FROM {table} WHERE rid = ?",
        hot,
        numbered,
    )

"""The index rows of one resource: written with it, taken out with the version they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hub.store.connection import Connection
from hub.store.index_keys import param_span
from hub.store.index_rows import Rows
from hub.store.layout import layout_of

_TEXT: Final = (
    "INSERT INTO index_text (tenant_id, rid, param, slot, value, extra, rest) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_DATE: Final = (
    "INSERT INTO index_date (tenant_id, rid, param, slot, start, finish) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_NUMBER: Final = (
    "INSERT INTO index_number (tenant_id, rid, param, slot, value_low, value_high, value_system, value_code, value_unit,"
    " base_low, base_high, base_unit, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SERIES: Final = (
    'INSERT INTO observation_code (tenant_id, patient_id, code, date_from, rid, system, date_to, "leading", repeats, value,'
    " unit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REMOVE: Final = tuple(
    f"DELETE FROM {table} WHERE tenant_id = ? AND rid = ? AND param BETWEEN ? AND ?"
    for table in ("index_text", "index_date", "index_number")
)


def write_rows(connection: Connection, tenant: int, rid: int, rows: Rows) -> None:
    """A row id and what goes into the index → written."""
    here = (tenant, rid)
    if rows.texts:
        connection.executemany(_TEXT, [here + row for row in rows.texts])
    if rows.dates:
        connection.executemany(_DATE, [here + row for row in rows.dates])
    if rows.numbers:
        connection.executemany(
            _NUMBER, [(*here, *row, seq) for seq, row in enumerate(rows.numbers)]
        )


def write_series(
    connection: Connection, tenant: int, rid: int, patient: str, rows: Rows, resource: Any
) -> None:
    """An Observation's row and its codes → its rows of the series index."""
    if not rows.codes:
        return
    value, unit = _quantity(resource)
    date_from, date_to = rows.span
    seen: set[str] = set()
    made: list[tuple[object, ...]] = []
    for code, system in dict.fromkeys(rows.codes):
        leads, repeats = int(not made), int(code in seen)
        made.append(
            (tenant, patient, code, date_from, rid, system, date_to, leads, repeats, value, unit)
        )
        seen.add(code)
    connection.executemany(_SERIES, made)


def remove_rows(
    connection: Connection, tenant: int, resource_type: str, rid: int, patient: str
) -> None:
    """A row id → nothing finds its resource any more by what its present version holds."""
    first, last = param_span(layout_of(resource_type).table)
    for statement in _REMOVE:
        connection.execute(statement, (tenant, rid, first, last))
    if resource_type == "Observation":
        connection.execute(
            "DELETE FROM observation_code WHERE tenant_id = ? AND patient_id = ? AND rid = ?",
            (tenant, patient, rid),
        )


def _quantity(resource: Any) -> Sequence[str | None]:
    quantity = getattr(resource, "valueQuantity", None)
    if quantity is None or quantity.value is None:
        return None, None
    return str(quantity.value), quantity.code or quantity.unit

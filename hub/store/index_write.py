"""The index rows of one resource: written with it, taken out with the version they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from hub.store.connection import Connection, calm
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


class Indexed(Struct, frozen=True):
    """A row of bodies and what goes into the index for it. Shape: `patient` "" for none; `resource` the decoded struct."""

    tenant: int
    rid: int
    patient: str
    rows: Rows
    resource: Any


@calm
def write_rows(connection: Connection, indexed: Iterable[Indexed]) -> None:
    """What goes into the index for rows of bodies → written, by one statement for each table."""
    texts: list[tuple[object, ...]] = []
    dates: list[tuple[object, ...]] = []
    numbers: list[tuple[object, ...]] = []
    series: list[tuple[object, ...]] = []
    for each in indexed:
        here, rows = (each.tenant, each.rid), each.rows
        texts += [here + row for row in rows.texts]
        dates += [here + row for row in rows.dates]
        numbers += [(*here, *row, seq) for seq, row in enumerate(rows.numbers)]
        if rows.codes:
            series += _series(each)
    for statement, values in (
        (_TEXT, texts),
        (_DATE, dates),
        (_NUMBER, numbers),
        (_SERIES, series),
    ):
        if values:
            connection.executemany(statement, values)


def _series(indexed: Indexed) -> list[tuple[object, ...]]:
    """An Observation's row and its codes → its rows of the series index."""
    rows = indexed.rows
    value, unit = _quantity(indexed.resource)
    date_from, date_to = rows.span
    seen: set[str] = set()
    made: list[tuple[object, ...]] = []
    for code, system in dict.fromkeys(rows.codes):
        leads, repeats = int(not made), int(code in seen)
        here = (indexed.tenant, indexed.patient, code, date_from, indexed.rid)
        made.append((*here, system, date_to, leads, repeats, value, unit))
        seen.add(code)
    return made


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

"""Next versions of resources that are found as before but for a few values: put in many at a time, the rest of the index left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from hub.fhir.repository import Amended
from hub.fhir.requests import Stored
from hub.fhir.search.dates import micros
from hub.fhir.search.index import IndexEntry
from hub.store.connection import Connection
from hub.store.index_rows import rows_of

_KEEP: Final = (
    "INSERT INTO history (tenant_id, type, id, version, updated, patient_id, deleted, body, writer)"
    " SELECT tenant_id, type, id, version, updated, patient_id, deleted, body, writer FROM resource"
    " WHERE tenant_id = ? AND type = ? AND id = ?"
)
_NEXT: Final = "UPDATE resource SET version = ?, updated = ?, body = ? WHERE tenant_id = ? AND type = ? AND id = ?"
_ROW: Final = "(SELECT rid FROM resource WHERE tenant_id = ? AND type = ? AND id = ?)"
_GONE: Final = (
    f"DELETE FROM index_text WHERE tenant_id = ? AND rid = {_ROW}"
    " AND param = ? AND slot = ? AND value = ? AND extra = ?"
)
_COME: Final = (
    "INSERT INTO index_text (tenant_id, rid, param, slot, value, extra, rest)"
    f" VALUES (?, {_ROW}, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
Row = tuple[object, ...]


class Amendment(Struct, frozen=True):
    """A version that is to come. Shape: `key` is tenant, type and id; `next` the new columns; `come` and `gone` rows of the text index."""

    key: Row
    next: Row
    come: tuple[Row, ...]
    gone: tuple[Row, ...]


def amendment(tenant: int, current: Stored, amended: Amended) -> Amendment:
    """A tenant, what stands and what it becomes → what is to be put in."""
    owner = current.patient_id
    return Amendment(
        (tenant, current.type, current.id),
        (amended.version, micros(amended.updated), amended.body),
        _texts(current.type, amended.come, owner),
        _texts(current.type, amended.gone, owner),
    )


def put_amended(connection: Connection, waiting: Sequence[Amendment]) -> None:
    """Versions of different resources → the former ones kept, these in their place."""
    connection.executemany(_KEEP, [each.key for each in waiting])
    connection.executemany(_NEXT, [(*each.next, *each.key) for each in waiting])
    tenant_row = [(each, (each.key[0], *each.key)) for each in waiting]
    gone = [(*here, *row[:4]) for each, here in tenant_row for row in each.gone]
    if gone:
        connection.executemany(_GONE, gone)
    come = [(*here, *row) for each, here in tenant_row for row in each.come]
    if come:
        connection.executemany(_COME, come)


def _texts(kind: str, entries: Iterable[IndexEntry], owner: str | None) -> tuple[Row, ...]:
    """Index values of references → their rows."""
    return tuple(rows_of(kind, entries, owner).texts)

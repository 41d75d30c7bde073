"""New rows whose bodies are too large to be held several times over, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.fhir.large import LargeBody
from hub.store.connection import Connection
from hub.store.large import fill, in_parts, lean
from hub.store.layout import Layout


@dataclass(frozen=True, slots=True)
class Large:
    """A row that is to be put in. Shape: `before` and `after` are the values around its body, as `Layout.insert` takes them."""

    layout: Layout
    rid: int
    before: tuple[object, ...]
    body: LargeBody
    after: tuple[object, ...]


def insert_large(connection: Connection, rows: Sequence[Large]) -> None:
    """Rows with large bodies → put in, one by one."""
    raw = in_parts(connection)
    assert raw is not None, "such rows are made for SQLite alone"
    for row in rows:
        with lean(raw):
            raw.execute(row.layout.insert_large, (*row.before, row.body.size, *row.after))
            fill(raw, row.layout.table, "body", row.rid, row.body.parts())

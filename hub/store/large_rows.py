"""New rows whose bodies are too large to be held several times over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.fhir.large import LargeBody
from hub.store.connection import Connection
from hub.store.large import InParts, insert_in_parts
from hub.store.layout import Layout


@dataclass(frozen=True, slots=True)
class Large:
    """A row that is to be put in. Shape: `before` and `after` are the values around its body, as `Layout.insert` takes them."""

    layout: Layout
    before: tuple[object, ...]
    body: LargeBody
    after: tuple[object, ...]


def insert_large(connection: Connection, rows: Sequence[Large]) -> None:
    """Rows with large bodies → put in, one by one."""
    for row in rows:
        value = InParts(row.layout.table, "body", row.body.size, row.body.parts())
        insert_in_parts(connection, row.layout.insert_large, row.before, value, row.after)

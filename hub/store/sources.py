"""Who last changed what books are made from: how one process learns that its memory of another's patients is stale.

The mark is read at the start of every batch of writes, under the lock that makes writers take turns: whatever was committed
before is in it. Only engines that several processes share need it.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from hub.store.connection import Connection

_CHANGE: Final = (
    "INSERT INTO hub_flag (name, value) VALUES ('sources', ?)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_READ: Final = "SELECT coalesce((SELECT value FROM hub_flag WHERE name = 'sources'), ''), pg_current_xact_id()::text"
_LAST: Final = (
    ", (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {}_rid_seq)"
)
_COUNT: Final = itertools.count()


def token() -> str:
    """Nothing → a mark of this process that no other has."""
    return secrets.token_hex(8)


def change_sources(connection: Connection, own: str) -> None:
    """In the transaction that changes a source → every other process will see that it did."""
    connection.execute(_CHANGE, (f"{own}:{next(_COUNT)}",))


def read_sources(connection: Connection, tables: Iterable[str]) -> tuple[str, str, Sequence[int]]:
    """A transaction of PostgreSQL → the mark of the last change, the transaction's own number, and the last row number of each table."""
    sources, number, *last = connection.execute(
        _READ + "".join(_LAST.format(table) for table in tables)
    ).fetchone()
    return sources, number, last

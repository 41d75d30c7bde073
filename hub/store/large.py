"""Large values go into the store and come out of it in parts, so that neither engine nor driver holds them again (ADR 0033).

In SQLite a place of the right size is made for the value and then filled; while that lasts, the connection keeps few pages in
memory. PostgreSQL's driver would copy a value whole into what it sends, and keep the room: its server is given the parts.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from hub.store.connection import Connection

CACHE_KB: Final = 16_000
"""How much of the database a connection keeps in memory."""
READER_CACHE_KB: Final = 2_000
"""The same of a connection that only reads, beside the writer's: there are as many as threads, and what they read the system keeps."""
_FEW_KB: Final = 1_000
LEAST: Final = 1 << 20
"""Smaller values go the usual way. Units: bytes."""
_PART: Final = 1 << 16
_FETCHED: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class InParts:
    """A value that goes into the last column of a table in parts. Shape: `size` bytes in all, given by `parts`."""

    table: str
    column: str
    size: int
    parts: Iterable[bytes | memoryview]


def insert_in_parts(
    connection: Connection,
    statement: str,
    before: Sequence[object],
    value: InParts,
    after: Sequence[object] = (),
) -> None:
    """An INSERT of one row with `{}` where the value goes, and the values around it → put in, the value in parts."""
    raw = _sqlite(connection)
    if raw is None:
        _insert_gathered(connection, statement, before, value, after)
        return
    with lean(raw):
        put = raw.execute(statement.format("zeroblob(?)"), (*before, value.size, *after))
        assert put.lastrowid is not None
        with raw.blobopen(value.table, value.column, put.lastrowid) as blob:
            for part in value.parts:
                blob.write(part)


def _insert_gathered(
    connection: Connection,
    statement: str,
    before: Sequence[object],
    value: InParts,
    after: Sequence[object],
) -> None:
    """The server gathers the parts in a large object of this transaction, and takes the value from there."""
    (gathered,) = connection.execute("SELECT lo_create(0)").fetchone()
    at = 0
    for part in value.parts:
        connection.execute("SELECT lo_put(?::oid, ?, ?)", (gathered, at, part))
        at += len(part)
    connection.execute(statement.format("lo_get(?::oid)"), (*before, gathered, *after))
    connection.execute("SELECT lo_unlink(?::oid)", (gathered,))


def fetch(
    connection: Connection, table: str, column: str, where: str, values: Sequence[object]
) -> bytes | None:
    """A condition that finds at most one row → the value of its column, fetched in parts; None when there is no such row."""
    raw = _sqlite(connection)
    asked = "rowid" if raw is not None else f"length({column})"
    row = connection.execute(f"SELECT {asked} FROM {table} WHERE {where}", values).fetchone()
    if row is None:
        return None
    if raw is not None:
        # Pages of it that would be mapped count as memory of the process as well
        with lean(raw), raw.blobopen(table, column, row[0], readonly=True) as blob:
            return blob.read()
    statement = f"SELECT substring({column} FROM ?::int FOR {_FETCHED}) FROM {table} WHERE {where}"
    made = io.BytesIO()
    for start in range(1, row[0] + 1, _FETCHED):
        made.write(connection.execute(statement, (start, *values)).fetchone()[0])
    return made.getvalue()


def in_chunks(value: bytes) -> Iterator[memoryview]:
    """A value → the same in parts, not copied."""
    view = memoryview(value)
    for start in range(0, len(value), _PART):
        yield view[start : start + _PART]


def _sqlite(connection: Connection) -> sqlite3.Connection | None:
    """A connection of any engine → SQLite's own, None of another."""
    raw = getattr(connection, "raw", connection)
    return raw if isinstance(raw, sqlite3.Connection) else None


@contextmanager
def lean(raw: sqlite3.Connection) -> Generator[None]:
    """A connection → it keeps few pages in memory for a while; what is written beyond them goes to the file at once."""
    (usual,) = raw.execute("PRAGMA cache_size").fetchone()
    (mapped,) = raw.execute("PRAGMA mmap_size").fetchone()
    raw.execute(f"PRAGMA cache_size=-{_FEW_KB}")
    raw.execute("PRAGMA mmap_size=0")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA cache_size={usual}")
        raw.execute(f"PRAGMA mmap_size={mapped}")

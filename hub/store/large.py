"""Large values go into SQLite and come out of it in parts, so that neither it nor the driver holds them again.

A place of the right size is made for the value and then filled. While that lasts, the connection keeps few pages in
memory. PostgreSQL takes and gives values whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

CACHE_KB: Final = 16_000
"""How much of the database a connection keeps in memory."""
READER_CACHE_KB: Final = 2_000
"""The same of a connection that only reads, beside the writer's: there are as many as threads, and what they read the system keeps."""
_FEW_KB: Final = 1_000
LEAST: Final = 1 << 20
"""Smaller values go the usual way. Units: bytes."""
_PART: Final = 1 << 16


def in_parts(connection: Any) -> sqlite3.Connection | None:
    """A connection of any engine → the one that takes values in parts, None where there is none."""
    raw = getattr(connection, "raw", connection)
    return raw if isinstance(raw, sqlite3.Connection) else None


def fill(
    raw: sqlite3.Connection,
    table: str,
    column: str,
    rowid: int,
    parts: Iterable[bytes | memoryview],
) -> None:
    """A place made with `zeroblob`, and what belongs there → written; both within `lean`."""
    with raw.blobopen(table, column, rowid) as blob:
        for part in parts:
            blob.write(part)


def fetch(raw: sqlite3.Connection, table: str, column: str, rowid: int) -> bytes:
    """A place → the value that stands there; pages of it that would be mapped count as memory of the process as well."""
    with lean(raw), raw.blobopen(table, column, rowid, readonly=True) as blob:
        return blob.read()


def in_chunks(value: bytes) -> Iterator[memoryview]:
    """A value → the same in parts, not copied."""
    view = memoryview(value)
    for start in range(0, len(value), _PART):
        yield view[start : start + _PART]


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

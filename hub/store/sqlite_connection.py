"""A connection to SQLite, and readings on one state of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from hub.store.large import CACHE_KB

T = TypeVar("T")

CHECKPOINT: Final = 2_000
"""How much the log grows before it is written back (write_back.py): most commits change the same pages again, each of which is
then written once. Units: pages of 4 kB, reckoned from the rows changed."""
LONGEST_LOG: Final = 8_000
"""How long the log may become before a commit writes it back itself; whoever waits for that commit waits for it. Units: pages."""


def connect(path: Path, timeout_s: int) -> sqlite3.Connection:
    """A database file and how long to wait for another process → a connection as the engine uses them.

    A file that is not there is not made: an empty one in its place would make SQLite throw away the log of the one that was moved.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
    connection.execute("PRAGMA mmap_size=0")  # but for the writer's: mapped.py
    connection.execute("PRAGMA journal_size_limit=67108864")
    connection.execute(f"PRAGMA wal_autocheckpoint={LONGEST_LOG}")
    return connection


def reading(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run a reading on a connection that may write: what it wrote all the same is undone and told.

    `PRAGMA query_only` would forbid it, but makes SQLite compile every statement anew after each switch.
    """
    before = connection.total_changes
    result = snapshot(connection, work)
    if connection.total_changes != before:
        raise sqlite3.OperationalError("attempt to write a readonly database")
    return result


def snapshot(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run a reading on one state of the database."""
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        connection.execute("ROLLBACK")

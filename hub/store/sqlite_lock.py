"""The write lock of an SQLite file, which another process may hold: a backup that was begun by hand, a shell with an open transaction."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Final

BUSY_TIMEOUT_S: Final = 30
"""How long a batch waits for the lock before its work is refused. Units: seconds."""


def is_locked(error: sqlite3.Error) -> bool:
    """What SQLite raised → whether another process holds the database."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


class WriteLock:
    """Takes the lock for a connection, and remembers since when it could not. Told by whoever has the connection, read by any thread."""

    __slots__ = ("_begun", "_connection", "_patience", "_since")

    def __init__(self, connection: sqlite3.Connection, begun: Callable[[], None]) -> None:
        """The connection that writes, opened with a patience of BUSY_TIMEOUT_S, and who is told of each transaction."""
        self._connection = connection
        self._begun = begun
        self._patience = BUSY_TIMEOUT_S * 1000
        self._since: float | None = None

    def take(self, *, wait: bool) -> bool:
        """Open the transaction; False when another process holds the database (after waiting, if told to)."""
        patience = BUSY_TIMEOUT_S * 1000 if wait else 0
        try:
            if patience != self._patience:
                self._connection.execute(f"PRAGMA busy_timeout={patience}")
                self._patience = patience
            self._connection.execute("BEGIN IMMEDIATE")
            self._begun()
        except sqlite3.OperationalError as error:
            if is_locked(error):
                self._since = time.monotonic() if self._since is None else self._since
            return False
        self._since = None
        return True

    @property
    def waits(self) -> bool:
        """Whether the connection waits for the lock now, as it was told to when it took it last."""
        return self._patience > 0

    @property
    def away_s(self) -> float:
        """How long another process has had it, as far as anybody has tried; 0.0 when the last try got it. Units: seconds."""
        return 0.0 if self._since is None else time.monotonic() - self._since

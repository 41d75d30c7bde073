"""SQLite's log is written back into the file beside the writer: whoever waits for a commit does not wait for that as well.

A connection and a thread of its own; it takes no lock that a commit needs. The few pages that are committed meanwhile the writer
writes back behind its next commit, once those who waited for that have their answers and while nobody else can add to the log: then it
begins the log anew, and readers have a short one to look through. Where that cannot be, the log grows until a commit does it all (sqlite_connection.LONGEST_LOG).
Source: https://www.sqlite.org/wal.html#ckpt (PASSIVE); docs/adr/0037.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hub.log import Event, log_failure
from hub.store.handover import WriterThread
from hub.store.sqlite_connection import CHECKPOINT, connect

_OF_A_COMMIT: Final = 5
"""How many pages a commit puts into the log beside one for each row: the ends of indexes. Units: pages."""
_CACHE_KB: Final = 256
_TRIES: Final = 3
_PASSIVE: Final = "PRAGMA wal_checkpoint(PASSIVE)"


class WriteBack:
    """Counts what goes into the log of one file, and has it written back; told by the writer's thread alone."""

    def __init__(self, path: Path, timeout_s: int, look: Callable[[], None] = lambda: None) -> None:
        """The database file, and what is done each time the log has grown; the connection is made when it is first needed."""
        self._look = look
        self._path = path
        self._timeout_s = timeout_s
        self._thread: WriterThread | None = None
        self._connection: sqlite3.Connection | None = None
        self._changes = 0
        self._grown = 0
        self._nearly = False
        self.rounds = 0

    @property
    def is_long(self) -> bool:
        """Whether what is done behind the next commit waits for the disk."""
        return self._nearly

    def committed(self, writer: sqlite3.Connection) -> None:
        """The writer's connection, behind each commit → the log is written back in time; whatever goes wrong, the commit stands."""
        changes = writer.total_changes
        self._grown += changes - self._changes + _OF_A_COMMIT
        self._changes = changes
        try:
            if self._nearly:
                self._nearly = False
                writer.execute(_PASSIVE).fetchone()
            elif self._grown >= CHECKPOINT:
                self._grown = 0
                self._look()
                self._thread = self._thread or WriterThread("store-write-back")
                self._thread.submit(self._write_back)
        except (sqlite3.Error, RuntimeError) as failure:  # no thread could be begun
            log_failure(Event.LOG_NOT_WRITTEN_BACK, failure)

    def close(self) -> None:
        """Finish what is under way; a second call finds nothing to do."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _write_back(self) -> None:
        """In the thread: as much as nobody reads an older state of; what cannot be done now is done the next time."""
        try:
            if self._connection is None:
                self._connection = connect(self._path, self._timeout_s)
                self._connection.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
            for _ in range(_TRIES):
                busy, there, done = self._connection.execute(_PASSIVE).fetchone()
                self.rounds += 1
                self._nearly = not busy and done >= there
                if (
                    self._nearly
                ):  # else somebody reads an older state: the writer must not do it all
                    return
        except sqlite3.Error as failure:
            log_failure(Event.LOG_NOT_WRITTEN_BACK, failure)

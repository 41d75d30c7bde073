"""Whether SQLite's files stand where they were opened: the database, its log and the index of that log.

SQLite in WAL mode does not see that one of them was deleted or replaced under it, and goes on writing where nobody will ever read. What a
deleted log holds is known to the connections that have it open, and to nobody else: it is written back while they have it.
Source: https://www.sqlite.org/howtocorrupt.html (4.4), https://www.sqlite.org/walformat.html
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

_LOG: Final = "-wal"
_BESIDE: Final = (_LOG, "-shm")
_PASSIVE: Final = "PRAGMA wal_checkpoint(PASSIVE)"


class Place:
    """The files of one database, as they were opened."""

    __slots__ = ("_beside", "_opened", "_path")

    def __init__(self, path: Path) -> None:
        """A database file that was opened. The other two stand beside it at the latest when something is written."""
        self._path = path
        self._opened = _identity(path)
        self._beside = {beside: _identity(beside) for beside in map(self._sibling, _BESIDE)}

    def is_moved(self) -> bool:
        """Whether another file stands in the database's place, or none."""
        return _identity(self._path) != self._opened

    def is_cut(self) -> bool:
        """Whether the log or its index is another, or gone: what others write and read passes the open ones by."""
        cut = False
        for path, opened in self._beside.items():
            if opened is None:  # of an empty database there is none yet
                self._beside[path] = _identity(path)
            else:
                cut = cut or _identity(path) != opened
        return cut

    def save(self, writer: sqlite3.Connection) -> None:
        """The writer's connection, outside a transaction → what only the log that was cut off holds is in the database file.

        Nothing is done when somebody else has begun a log in its place: two logs in one file would damage it.
        """
        if not self.is_cut() or self.is_moved() or _size(self._sibling(_LOG)):
            return
        with suppress(sqlite3.Error):  # tried again with the next change, or by the next probe
            writer.execute(_PASSIVE).fetchone()

    def _sibling(self, end: str) -> Path:
        return self._path.with_name(self._path.name + end)


def _identity(path: Path) -> tuple[int, int] | None:
    """A path → the file that stands there, None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: Path) -> int:
    """A path → how large the file is that stands there, 0 when there is none. Units: bytes."""
    try:
        return path.stat().st_size
    except OSError:
        return 0

"""Whether the database takes changes now: a full disk is told once when it fills, shown by the probes, and told again when it is over.

SQLite in WAL mode does not see that its file was deleted or replaced under it, and goes on writing where nobody will ever read.

Source: https://www.sqlite.org/rescode.html; https://www.postgresql.org/docs/15/errcodes-appendix.html
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from hub.log import Event, log
from hub.store.connection import WritingConnection

_SQLITE: Final = {
    8: "it may only be read",
    10: "its files cannot be read or written",
    11: "its file is damaged",
    13: "no room is left for it",
    14: "its file cannot be opened",
    26: "its file is no database",
    sqlite3.SQLITE_READONLY_DBMOVED: "its file was moved, replaced or deleted: put it back, or start the hub again",
}
"""Result codes of SQLite, primary but for the last; a lock that somebody else holds is none of them."""
_POSTGRES: Final = {
    "25006": "it may only be read",
    "53100": "no room is left for it",
    "53200": "it is out of memory",
    "58030": "its files cannot be read or written",
    "XX001": "its files are damaged",
    "XX002": "its files are damaged",
}
_TRIED: Final = (
    "1" * 65_536,
    "2" * 65_536,
)  # as much as a large resource, so that it does not pass where nothing else does
_TRY: Final = (
    "INSERT INTO hub_flag (name, value) VALUES ('tried', ?) ON CONFLICT (name) DO UPDATE"
    " SET value = CASE substr(hub_flag.value, 1, 1) WHEN '1' THEN ? ELSE excluded.value END"
)


class Refusal:
    """Why the database takes no changes, "" while it takes them. Written by the thread that writes, read by any."""

    def __init__(self, path: Path | None = None) -> None:
        """The file that was opened, where it is one; it takes changes as far as anybody knows."""
        self.why = ""
        self._path = path
        self._opened = None if path is None else _identity(path)

    def check_place(self) -> None:
        """Before a commit → nothing, when the file that is written to is the one that stands in its place."""
        if self._is_moved():
            moved = sqlite3.OperationalError("the database file is not in its place")
            moved.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED
            raise moved

    def look(self) -> bool:
        """Nothing → whether the file is away; that is told without waiting for somebody's change."""
        if self._is_moved():
            self._tell(_SQLITE[sqlite3.SQLITE_READONLY_DBMOVED])
            return True
        return False

    def met(self, error: BaseException) -> bool:
        """What a driver raised while something was written → whether the database takes no changes at all."""
        why = _reason(error)
        if why:
            self._tell(why)
        return bool(why)

    def over(self) -> None:
        """What `try_change` did was made durable. Other commits tell less: a small one may pass where most do not."""
        if self.why:
            self.why = ""
            log(Event.STORE_TAKES)

    def _is_moved(self) -> bool:
        return self._path is not None and _identity(self._path) != self._opened

    def _tell(self, why: str) -> None:
        if why != self.why:
            self.why = why
            log(Event.STORE_REFUSES, because=why)


def try_change(connection: WritingConnection) -> None:
    """A connection → a row is changed that nothing reads: whether it can be is what the probe wants to know."""
    connection.execute(_TRY, _TRIED)


def _identity(path: Path) -> tuple[int, int] | None:
    """A path → the file that stands there, None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _reason(error: BaseException) -> str:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    state: str | None = getattr(error, "sqlstate", None)
    if code in _SQLITE:
        return _SQLITE[code]
    return _SQLITE.get(code & 0xFF, "") if code else _POSTGRES.get(state or "", "")

"""Whether the database takes changes now: a full disk is told once when it fills, shown by the probes, and told again when it is over.

Of SQLite also: whether its files are in their places (place.py), and whether another process keeps its lock (sqlite_lock.py).

Source: https://www.sqlite.org/rescode.html; https://www.postgresql.org/docs/15/errcodes-appendix.html
"""

from __future__ import annotations

import sqlite3
from typing import Final

from hub.log import Event, log
from hub.problems import ProblemCode, fail
from hub.store.connection import WritingConnection
from hub.store.place import Place
from hub.store.sqlite_lock import WriteLock

BUSY: Final = "The store cannot take the change now; nothing was stored"
_CUT: Final = "its log (-wal, -shm) was deleted or replaced: start the hub again; what it held is written back"
_LOCKED: Final = "another process keeps its lock"
LONG_LOCKED_S: Final = 5.0
"""How long another process may have the lock before it is said that changes are not taken: they wait for longer than that. Units: seconds."""
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

    def __init__(self, place: Place | None = None, lock: WriteLock | None = None) -> None:
        """Where the files stood that were opened, and the lock, where there are such; it takes changes as far as anybody knows."""
        self.why = ""
        self._place = place
        self._lock = lock

    def check_place(self) -> None:
        """Before a commit → nothing, when the files that are written to are those that stand in their places."""
        if self._place is not None and (self._place.is_moved() or self._place.is_cut()):
            moved = sqlite3.OperationalError("the files of the database are not in their places")
            moved.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED
            raise moved

    def look(self) -> str:
        """Nothing → why changes are not taken whoever asks for one, "" for none; that is told without waiting for somebody's change."""
        why = self._why_away()
        if why:
            self._tell(why)
        return why

    def as_busy(self, error: BaseException, of_driver: type[BaseException]) -> BaseException:
        """What was raised while something was written, and the driver's class of what is nobody's fault → the error for whoever asked.

        When the database takes no changes at all, that is told.
        """
        why = _reason(error)
        if why:
            self._tell(self._why_away() or why)
        if why or isinstance(error, of_driver):
            return fail(ProblemCode.BUSY, BUSY)
        return error

    def over(self) -> None:
        """What `try_change` did was made durable. Other commits tell less: a small one may pass where most do not."""
        if self.why:
            self.why = ""
            log(Event.STORE_TAKES)

    def _why_away(self) -> str:
        if self._place is not None and self._place.is_moved():
            return _SQLITE[sqlite3.SQLITE_READONLY_DBMOVED]
        if self._place is not None and self._place.is_cut():
            return _CUT
        return _LOCKED if self._lock is not None and self._lock.away_s > LONG_LOCKED_S else ""

    def _tell(self, why: str) -> None:
        if why != self.why:
            self.why = why
            log(Event.STORE_REFUSES, because=why)


def try_change(connection: WritingConnection) -> None:
    """A connection → a row is changed that nothing reads: whether it can be is what the probe wants to know."""
    connection.execute(_TRY, _TRIED)


def _reason(error: BaseException) -> str:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    state: str | None = getattr(error, "sqlstate", None)
    if code in _SQLITE:
        return _SQLITE[code]
    return _SQLITE.get(code & 0xFF, "") if code else _POSTGRES.get(state or "", "")

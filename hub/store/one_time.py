"""What may be shown once (hub.ports.OneTime): one row per mark, put there by whoever comes first.

The row is there before the answer is: another process, or the same one after a crash, finds it. A store that cannot be
written lets nobody in (security/helseid.md §5).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from hub.store.connection import Connection, WritingConnection
from hub.store.engine import Engine

MICROS: Final = 1_000_000
SWEEP_S: Final = 30
"""How often what nobody needs to remember any longer is taken away."""
_INSERT: Final = "INSERT INTO one_time (mark, until) VALUES (?, ?)"
_SWEEP: Final = "DELETE FROM one_time WHERE until < ?"
_TAKEN: Final = "23505"


class StoredMarks:
    """hub.ports.OneTime over an engine.

    Shape: `_shown` and `_before` are the marks that this process put down lately, and until when they count: one that is
    shown again needs no look at the store, and cannot make those that are stored beside it begin anew.
    """

    def __init__(self, engine: Engine) -> None:
        """An open engine."""
        self._engine = engine
        self._swept = 0.0
        self._shown: dict[bytes, float] = {}
        self._before: dict[bytes, float] = {}

    async def first(self, mark: bytes, now: float, until: float) -> bool:
        """A mark and until when it counts → whether nobody showed it before. Problems: BUSY."""
        if max(self._shown.get(mark, now), self._before.get(mark, now)) > now:
            return False

        def work(connection: WritingConnection) -> None:
            if now >= self._swept + SWEEP_S:
                self._swept = now
                self._shown, self._before = {}, self._shown
                connection.execute(_SWEEP, (int(now * MICROS),))
            connection.later(_put, (mark, int(until * MICROS)))

        try:
            await self._engine.write(work, quiet=True)
        except Exception as error:
            if _is_taken(error):
                return False
            raise
        self._shown[mark] = until
        return True


def _put(connection: Connection, marks: Sequence[tuple[bytes, int]]) -> None:
    """Marks → put down together; one that is there already fails, and with it its own request alone."""
    connection.executemany(_INSERT, marks)


def _is_taken(error: Exception) -> bool:
    """Whether a mark could not be put down because it is there: the key of its table is all that can be hurt."""
    return isinstance(error, sqlite3.IntegrityError) or getattr(error, "sqlstate", None) == _TAKEN

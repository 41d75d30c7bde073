"""What may be shown once (hub.ports.OneTime): one row per mark, put there by whoever comes first.

The row is there before the answer is: another process, or the same one after a crash, finds it. A store that cannot be
written lets nobody in (security/helseid.md §5).
"""

from __future__ import annotations

from typing import Final

from hub.store.connection import Connection
from hub.store.engine import Engine

MICROS: Final = 1_000_000
SWEEP_S: Final = 30
"""How often what nobody needs to remember any longer is taken away."""
_INSERT: Final = (
    "INSERT INTO one_time (mark, until) VALUES (?, ?) ON CONFLICT (mark) DO NOTHING RETURNING until"
)
_SWEEP: Final = "DELETE FROM one_time WHERE until < ?"


class StoredMarks:
    """hub.ports.OneTime over an engine."""

    def __init__(self, engine: Engine) -> None:
        """An open engine."""
        self._engine = engine
        self._swept = 0.0

    async def first(self, mark: bytes, now: float, until: float) -> bool:
        """A mark and until when it counts → whether nobody showed it before. Problems: BUSY."""

        def work(connection: Connection) -> bool:
            if now >= self._swept + SWEEP_S:
                self._swept = now
                connection.execute(_SWEEP, (int(now * MICROS),))
            row = connection.execute(_INSERT, (mark, int(until * MICROS))).fetchone()
            return row is not None

        return await self._engine.write(work)

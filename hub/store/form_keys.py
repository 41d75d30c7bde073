"""The keys that forms of our pages are marked with: one a day, put down by whichever process needs it first, so that all agree.

A mark of yesterday's key is still taken: a page that was opened before midnight can be sent after it. Older keys are taken away.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.store.connection import WritingConnection
from hub.store.engine import Engine

LASTS: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES: Final = 32
_PREFIX: Final = "form-key-"
_FIND: Final = "SELECT value FROM hub_flag WHERE name = ?"
_PUT: Final = "INSERT INTO hub_flag (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING"
_SWEEP: Final = "DELETE FROM hub_flag WHERE name LIKE ? AND name < ?"


class FormKeys:
    """Today's key and yesterday's, of an engine. Shape: `_known` those that were read, and the day they are of."""

    def __init__(self, engine: Engine) -> None:
        """An open engine."""
        self._engine = engine
        self._known: tuple[int, tuple[bytes, ...]] = (-1, ())

    async def at(self, now: datetime) -> tuple[bytes, ...]:
        """Now → the key to mark with, and behind it the one before, where there was one. Problems: BUSY."""
        day = (now - _EPOCH) // LASTS
        if self._known[0] != day:
            found = await self._engine.read(lambda connection: _find(connection, day))
            if found is None:
                found = await self._engine.write(lambda c: _make(c, day), quiet=True)
            self._known = (day, found)
        return self._known[1]


def _find(connection: Any, day: int) -> tuple[bytes, ...] | None:
    rows = [connection.execute(_FIND, (_name(each),)).fetchone() for each in (day, day - 1)]
    if rows[0] is None:
        return None
    return tuple(bytes.fromhex(row[0]) for row in rows if row is not None)


def _make(connection: WritingConnection, day: int) -> tuple[bytes, ...]:
    connection.execute(_PUT, (_name(day), secrets.token_hex(_BYTES)))
    connection.execute(_SWEEP, (f"{_PREFIX}%", _name(day - 1)))
    found = _find(connection, day)
    assert found is not None
    return found


def _name(day: int) -> str:
    return f"{_PREFIX}{day:06d}"

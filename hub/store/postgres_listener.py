"""Hears of the commits of other processes at once: PostgreSQL's LISTEN on a connection and a thread of its own (D4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psycopg

from hub.store.address import PostgresAddress
from hub.store.postgres_connection import connect

CHANNEL: Final = "dho_hub"
_LOOK_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 5.0


class Listener:
    """Calls a function for each commit of another process; what it misses while the server is away, the slow poll finds."""

    def __init__(self, address: PostgresAddress, own: str, call: Callable[[], None]) -> None:
        """The database, the mark of our own commits, and what to call."""
        self._address = address
        self._own = own
        self._call = call
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="store-listener", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """The next notice is the last."""
        self._end.set()

    def close(self) -> None:
        """End; the last notice of our own ends the wait for one."""
        self._thread.join()

    def _listen(self) -> None:
        pause = _LOOK_S
        while not self._end.is_set():
            with suppress(psycopg.Error), connect(self._address) as connection:
                connection.execute("LISTEN dho_hub")
                pause = _LOOK_S
                self._call()  # something may have been committed before we listened
                while not self._end.is_set():
                    told = list(connection.notifies(timeout=_LOOK_S, stop_after=1))
                    if any(one.payload != self._own for one in told):
                        self._call()
            self._end.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

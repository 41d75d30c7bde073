"""The connection that writes on PostgreSQL, and its turns: two trips to the server for a batch that only puts something in.

The first opens the transaction, waits for the turn and asks what has happened since the last one; the second takes what is put in and
the commit together. The connection stays in the driver's pipeline for that: a statement that fails keeps the server from
everything behind it, the commit included, until the end of the trip.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Final

import psycopg

from hub.store.address import PostgresAddress
from hub.store.postgres_connection import PostgresConnection, connect
from hub.store.postgres_gathering import NUMBERED
from hub.store.sources import read_sources
from hub.store.tenancy import EVERY

LOCK_TIMEOUT_MS: Final = 10_000
"""How long a batch waits for its turn."""
STATEMENT_TIMEOUT_MS: Final = 60_000
IDLE_TIMEOUT_MS: Final = 30_000
"""How long a writer may do nothing in its transaction before the server ends it and its turn."""
FIND_OUT_S: Final = 20.0
TURN: Final = "SELECT pg_advisory_xact_lock(4474959, 1)"
_BEGIN: Final = b"BEGIN ISOLATION LEVEL READ COMMITTED"
_TURN_FOR_ALL: Final = f"{TURN}, set_config('hub.tenant', '{EVERY}', true)".encode()


class PostgresTurn:
    """One turn after the other. Shape: `asked` once the commit may have reached the server; `number` the server's of the transaction."""

    __slots__ = ("_address", "_held", "asked", "line", "number", "raw")

    def __init__(self, address: PostgresAddress) -> None:
        """The database; the connection is made when it is needed."""
        self._address = address
        self._held = ExitStack()
        self.raw: psycopg.Connection[Any] | None = None
        self.line: psycopg.Pipeline | None = None
        self.asked = False
        self.number = ""

    @property
    def open(self) -> psycopg.Connection[Any]:
        """The connection while it is our turn."""
        assert self.raw is not None
        return self.raw

    def begin(self) -> tuple[str, Sequence[int]]:
        """Open the transaction and wait for the turn; → the mark of the last change of a source, and the last numbers of NUMBERED."""
        self.asked = False
        if self.raw is None or self.raw.closed:
            self._connect()
        try:
            return self._begin(self.open)
        except psycopg.OperationalError:  # it rested too long, or the server was started anew
            if not self.open.broken:
                raise
            self._connect()
            return self._begin(self.open)

    def commit(self) -> bool:
        """What is on its way and the commit → whether the server did it. Raises what the server says of any of it."""
        assert self.line is not None
        self.asked = True
        end = self.open.execute("COMMIT")
        self.line.sync()
        return end.statusmessage == "COMMIT"

    def fate(self, wanted: Callable[[], bool]) -> str | None:
        """The connection broke while committing → "committed" or "aborted", as the server says; None when it cannot be asked in time, or nobody wants to know any more."""
        until = time.monotonic() + FIND_OUT_S
        while time.monotonic() < until and wanted():
            with suppress(psycopg.Error), connect(self._address) as asking:
                found = asking.execute(
                    "SELECT pg_xact_status(%s::text::xid8)", (self.number,)
                ).fetchone()
                if found is not None and found[0] in ("committed", "aborted"):
                    return found[0]
            time.sleep(0.2)
        return None

    def drop(self) -> None:
        """Let the connection go, with the transaction that may be open on it."""
        if self.raw is not None:
            self.raw.close()
        with suppress(psycopg.Error):
            self._held.close()
        self.raw = self.line = None

    def _connect(self) -> None:
        self.drop()
        self.raw = connect(
            self._address,
            lock_timeout=LOCK_TIMEOUT_MS,
            statement_timeout=STATEMENT_TIMEOUT_MS,
            idle_in_transaction_session_timeout=IDLE_TIMEOUT_MS,
        )
        self.line = self._held.enter_context(self.raw.pipeline())

    def _begin(self, raw: psycopg.Connection[Any]) -> tuple[str, Sequence[int]]:
        psycopg.RawCursor(raw).execute(_BEGIN)
        psycopg.RawCursor(raw).execute(_TURN_FOR_ALL)
        sources, self.number, last = read_sources(PostgresConnection(raw, told=EVERY), NUMBERED)
        return sources, last

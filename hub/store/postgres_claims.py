"""Who does what, among processes that share a database: claims that the server holds for as long as their process lives.

A claim is a session-level advisory lock on a connection of its own, so it needs no row, no lease and no clock: when the
process dies, however it dies, the server lets go of it.
"""

from __future__ import annotations

import asyncio
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, LiteralString

import psycopg

from hub.ports import Job
from hub.store.address import PostgresAddress
from hub.store.postgres_connection import connect

_TAKE_JOB: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s::bigint)"
_FREE_JOB: Final[LiteralString] = "SELECT pg_advisory_unlock(%s::bigint)"
_TAKE_DUTY: Final[LiteralString] = "SELECT pg_try_advisory_lock(4474960, %s::int)"


class PostgresClaims:
    """hub.ports.Claims over one connection."""

    def __init__(self, address: PostgresAddress) -> None:
        """The database; the connection is made with the first claim."""
        self._address = address
        self._raw: psycopg.Connection[Any] | None = None
        self._duties: set[str] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-claims")

    async def take(self, job: Job) -> bool:
        """A job → ours until `free`, or another process's."""
        return await self._run(_TAKE_JOB, job.seq)

    async def free(self, job: Job) -> None:
        """A job that is settled → anybody's again."""
        await self._run(_FREE_JOB, job.seq)

    async def duty(self, name: str) -> bool:
        """A duty of which one process at a time takes care → whether it is ours; it stays ours while the process lives."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._duty, name)

    def close(self) -> None:
        """Let go of everything."""
        self._thread.shutdown()
        if self._raw is not None:
            self._raw.close()

    async def _run(self, sql: LiteralString, number: int) -> bool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._ask, sql, number)

    def _duty(self, name: str) -> bool:
        if name in self._duties and self._ask("SELECT %s::int = 0", 0) and name in self._duties:
            return True
        if self._ask(_TAKE_DUTY, zlib.crc32(name.encode()) & 0x7FFFFFFF):
            self._duties.add(name)
            return True
        return False

    def _ask(self, sql: LiteralString, number: int) -> bool:
        """One question; with a connection that broke, every claim of this process is gone and is asked for anew."""
        if self._raw is None or self._raw.closed:
            self._duties.clear()
            self._raw = connect(self._address)
        try:
            row = self._raw.execute(sql, (number,)).fetchone()
        except psycopg.OperationalError:
            self._raw.close()
            self._duties.clear()
            raise
        return row is not None and bool(row[0])

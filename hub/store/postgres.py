"""The engine over PostgreSQL: one writer thread per process with group commit, reads on connections beside it (D3).

All writers of a database take turns by an advisory lock that ends with the transaction: what holds for one writer of SQLite
holds here too, whatever process writes, and group commit keeps the throughput. A process that hangs is thrown out by the
server's timeouts; who waited too long for its turn is BUSY and has stored nothing.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg

from hub.log import Event, log_failure
from hub.ports import Claims
from hub.problems import ProblemCode, fail
from hub.store.address import PostgresAddress
from hub.store.handover import Handed, begin_meanwhile, deliver
from hub.store.postgres_claims import PostgresClaims
from hub.store.postgres_connection import connect
from hub.store.postgres_gathering import PostgresGathering
from hub.store.postgres_listener import CHANNEL, Listener
from hub.store.postgres_readers import PostgresReaders
from hub.store.postgres_turn import STATEMENT_TIMEOUT_MS, PostgresTurn
from hub.store.refusal import BUSY, Refusal
from hub.store.sources import token

T = TypeVar("T")

MAX_BATCH: Final = 256
TURN_S: Final = 0.05
"""How long a batch may run before it is committed; what is left waits for the next one."""
READERS: Final = 4


class PostgresEngine:
    """Connections and the writer over one database of a server."""

    def __init__(self, address: PostgresAddress) -> None:
        """The database, which has the schema already."""
        self._address = address
        self._reading = PostgresReaders(address, STATEMENT_TIMEOUT_MS)
        self._gate = threading.Condition()
        self._waiting: deque[Handed[Any]] = deque()
        self._closed = False
        self._turn = PostgresTurn(address)
        self._gathering = PostgresGathering()
        self._after_commit: list[Callable[[], None]] = []
        self._in_doubt: list[Callable[[], None]] = []
        self._sources = ""
        self._listener: Listener | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self.claims: Claims = PostgresClaims(address)
        self.token = token()
        self.commits = 0
        self.refusal = Refusal()
        self.shared = True
        self._thread = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    def on_doubt(self, call: Callable[[], None]) -> None:
        """As Engine says: called in the writer thread, when another process changed a source."""
        self._in_doubt.append(call)

    async def look(self) -> str:
        """Nothing → why changes are not taken whoever asks for one, "" for none: here only a change tells."""
        return self.refusal.look()

    def on_commit(self, call: Callable[[], None]) -> None:
        """A function that is called after each commit, of this process or another."""
        self._after_commit.append(call)
        if self._listener is None:
            self._listener = Listener(self._address, self.token, self._wake)

    async def read(self, work: Callable[[Any], T]) -> T:
        """A function of a connection → its result, seeing everything committed before."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Callable[[Any], T]) -> T:
        """As `read`, for threads without an event loop."""
        return self._reading.run(work)

    async def write(
        self,
        work: Callable[[Any], T],
        *,
        long: bool = False,
        quiet: bool = False,
        meanwhile: Callable[[], None] | None = None,
    ) -> T:
        """A function of a connection → its result, once its commit is durable."""
        loop = asyncio.get_running_loop()
        job = Handed(work, loop, loop.create_future(), long=long, quiet=quiet, meanwhile=meanwhile)
        with self._gate:
            if self._closed:  # a job that comes behind the end would wait for ever
                raise fail(ProblemCode.BUSY, "The store is closed; nothing was stored")
            self._waiting.append(job)
            self._gate.notify()
        return await job.future

    def close(self) -> None:
        """Finish the work that waits, then close the connections; a second call finds nothing to do."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._gate.notify()
        self._thread.join()
        self._readers.shutdown()
        self.claims.close()
        if self._listener is not None:
            self._listener.end()
            with suppress(psycopg.Error), connect(self._address) as last:
                last.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self.token))
            self._listener.close()
        self._reading.close()
        self._turn.drop()

    def _write(self) -> None:
        """The writer thread: a batch at a time, as long as the store is open."""
        while True:
            with self._gate:
                self._gate.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
            batch: list[Handed[Any]] = []
            quiet = False
            try:
                error = self._run(batch)
                quiet = self._is_quiet(batch)
            except BaseException as failure:  # noqa: BLE001 - whatever stopped the batch is told to everyone in it
                error = self.refusal.as_busy(failure, psycopg.OperationalError)
                self._doubt()
                batch = batch or self._take_all()
            if error is not None:
                self._gathering.forget()
                self._turn.drop()
                for job in batch:
                    job.error = job.error or error
            deliver(batch)
            if error is None and not quiet:
                self._wake()

    def _take_all(self) -> list[Handed[Any]]:
        with self._gate:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]

    def _begin(self) -> Sequence[int]:
        """Wait for the turn; → the last row numbers."""
        sources, last = self._turn.begin()
        if sources != self._sources and not sources.startswith(f"{self.token}:"):
            self._doubt()
        self._sources = sources
        return last

    def _run(self, batch: list[Handed[Any]]) -> BaseException | None:
        """Run what waits, in order, as long as there is time, and make it durable; → what to tell everyone in it when it is not, or nobody knows."""
        last = self._begin()
        turn, gathering = self._turn, self._gathering
        assert turn.line is not None
        gathering.begin(turn.open, turn.line, last, singly=False)
        until = time.perf_counter() + TURN_S
        while len(batch) < MAX_BATCH and not gathering.spoiled:
            with self._gate:
                if not self._waiting:
                    break
                job = self._waiting.popleft()
            batch.append(job)
            self._attempt(job)
            if turn.open.broken or time.perf_counter() > until:
                break
        error = self._end(batch)
        return self._again(batch) if gathering.spoiled and not turn.open.broken else error

    def _end(self, batch: Sequence[Handed[Any]]) -> BaseException | None:
        """Everything is put in and made durable, and others hear of it when something may follow from it; → as `_run`."""
        turn, gathering = self._turn, self._gathering
        if turn.open.broken or gathering.spoiled:
            return fail(ProblemCode.BUSY, BUSY)
        try:
            gathering.finish()
            if not self._is_quiet(batch):
                turn.open.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self.token))
            begin_meanwhile(batch)
            done = turn.commit()
        except Exception as failure:  # noqa: BLE001 - whatever it is belongs to those of the batch
            if not turn.open.broken:
                gathering.spoiled = True
                return self.refusal.as_busy(failure, psycopg.OperationalError)
            self._doubt()
            return self._find_out() if turn.asked else fail(ProblemCode.BUSY, BUSY)
        self.commits += done
        return None if done else fail(ProblemCode.BUSY, BUSY)

    def _again(self, batch: list[Handed[Any]]) -> BaseException | None:
        """A statement failed that belongs to no job alone → on a new connection, each job runs again and fails by itself."""
        self._turn.drop()
        self._gathering.forget()
        last = self._begin()
        assert self._turn.line is not None
        self._gathering.begin(self._turn.open, self._turn.line, last, singly=True)
        for job in batch:
            job.result = job.error = None
            self._attempt(job)
        return self._end(batch)

    def _is_quiet(self, batch: Sequence[Handed[Any]]) -> bool:
        """Whether no worker finds anything in a batch that was put in."""
        return not self._gathering.stirs or all(job.quiet for job in batch)

    def _find_out(self) -> BaseException | None:
        """The connection broke while committing → what the server says became of it."""
        match self._turn.fate(lambda: not self._closed):
            case "committed":
                self.commits += 1
                return None
            case "aborted":
                return fail(ProblemCode.BUSY, BUSY)
            case _:
                return fail(
                    ProblemCode.OUTCOME_UNKNOWN,
                    "The connection to the store broke while it was storing",
                )

    def _doubt(self) -> None:
        for call in self._in_doubt:
            call()

    def _wake(self) -> None:
        for call in self._after_commit:
            try:
                call()
            except Exception as failure:  # noqa: BLE001 - a listener that fails must not end the writer
                log_failure(Event.LISTENER_FAILED, failure)

    def _attempt(self, job: Handed[Any]) -> None:
        """Run one job; when it fails, undo what it did and keep the error for its caller."""
        try:
            self._gathering.begin_job()
            job.result = job.work(self._gathering)
            self._gathering.end_job(failed=False)
        except BaseException as error:  # noqa: BLE001 - it belongs to the caller of this job alone
            job.error = self.refusal.as_busy(error, psycopg.OperationalError)
            self._gathering.end_job(failed=True)

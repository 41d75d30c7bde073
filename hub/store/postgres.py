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
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import psycopg

from hub.log import Event, log_failure
from hub.ports import Claims
from hub.problems import ProblemCode, fail
from hub.store.address import PostgresAddress
from hub.store.handover import Handed, deliver
from hub.store.postgres_claims import PostgresClaims
from hub.store.postgres_connection import PostgresConnection, connect
from hub.store.postgres_gathering import NUMBERED, PostgresGathering
from hub.store.postgres_listener import CHANNEL, Listener
from hub.store.postgres_readers import PostgresReaders
from hub.store.sources import read_sources, token

T = TypeVar("T")

MAX_BATCH: Final = 256
TURN_S: Final = 0.05
"""How long a batch may run before it is committed; what is left waits for the next one."""
READERS: Final = 4
LOCK_TIMEOUT_MS: Final = 10_000
"""How long a batch waits for its turn."""
STATEMENT_TIMEOUT_MS: Final = 60_000
IDLE_TIMEOUT_MS: Final = 30_000
"""How long a writer may do nothing in its transaction before the server ends it and its turn."""
FIND_OUT_S: Final = 20.0
BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
TURN: Final = "SELECT pg_advisory_xact_lock(4474959, 1)"
_BUSY: Final = "The store cannot take the change now; nothing was stored"


class PostgresEngine:
    """Connections and the writer over one database of a server."""

    def __init__(self, address: PostgresAddress) -> None:
        """The database, which has the schema already."""
        self._address = address
        self._reading = PostgresReaders(address, STATEMENT_TIMEOUT_MS)
        self._gate = threading.Condition()
        self._waiting: deque[Handed[Any]] = deque()
        self._closed = False
        self._writer: psycopg.Connection[Any] | None = None
        self._gathering = PostgresGathering()
        self._after_commit: list[Callable[[], None]] = []
        self._in_doubt: list[Callable[[], None]] = []
        self._sources = ""
        self._listener: Listener | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self.claims: Claims = PostgresClaims(address)
        self.token = token()
        self.commits = 0
        self.shared = True
        self._thread = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    def on_doubt(self, call: Callable[[], None]) -> None:
        """As Engine says: called in the writer thread, when another process changed a source."""
        self._in_doubt.append(call)

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
        self, work: Callable[[Any], T], *, long: bool = False, quiet: bool = False
    ) -> T:
        """A function of a connection → its result, once its commit is durable."""
        loop = asyncio.get_running_loop()
        job = Handed(work, loop, loop.create_future(), long=long, quiet=quiet)
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
        if self._writer is not None:
            self._writer.close()

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
                error = self._commit(self._run(batch))
                quiet = all(job.quiet for job in batch)
            except BaseException as failure:  # noqa: BLE001 - whatever stopped the batch is told to everyone in it
                error = _as_busy(failure)
                self._roll_back()
                batch = batch or self._take_all()
            if error is not None:
                self._gathering.forget()
                for job in batch:
                    job.error = job.error or error
            deliver(batch)
            if error is None and not quiet:
                self._wake()

    def _take_all(self) -> list[Handed[Any]]:
        with self._gate:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]

    def _begin(self) -> tuple[str, Sequence[int]]:
        """Open the transaction and wait for the turn; → the transaction's number, to ask for its fate by, and the last row numbers."""
        if self._writer is None or self._writer.closed:
            self._writer = self._connect_writer()
        try:
            return self._open_transaction(self._writer)
        except psycopg.OperationalError:  # it rested too long, or the server was started anew
            if not self._writer.broken:
                raise
            self._writer = self._connect_writer()
            return self._open_transaction(self._writer)

    def _open_transaction(self, writer: psycopg.Connection[Any]) -> tuple[str, Sequence[int]]:
        with writer.pipeline():  # one trip to the server
            writer.execute(BEGIN)
            writer.execute(TURN)
            sources, number, last = read_sources(PostgresConnection(writer), NUMBERED)
        if sources != self._sources and not sources.startswith(f"{self.token}:"):
            self._doubt()
        self._sources = sources
        return number, last

    def _connect_writer(self) -> psycopg.Connection[Any]:
        return connect(
            self._address,
            lock_timeout=LOCK_TIMEOUT_MS,
            statement_timeout=STATEMENT_TIMEOUT_MS,
            idle_in_transaction_session_timeout=IDLE_TIMEOUT_MS,
        )

    def _run(self, batch: list[Handed[Any]]) -> str:
        """Run what waits, in order, as long as there is time; → the number of the transaction that did it."""
        number, last = self._begin()
        writer, gathering = self._writer, self._gathering
        assert writer is not None
        with _unless_spoiled(gathering), writer.pipeline() as line:
            gathering.begin(writer, line, last, singly=False)
            until = time.perf_counter() + TURN_S
            while len(batch) < MAX_BATCH and not gathering.spoiled:
                with self._gate:
                    if not self._waiting:
                        break
                    job = self._waiting.popleft()
                batch.append(job)
                _attempt(gathering, job)
                if writer.broken or time.perf_counter() > until:
                    break
            self._finish(batch)
        return self._again(batch) if gathering.spoiled and not writer.broken else number

    def _finish(self, batch: Sequence[Handed[Any]]) -> None:
        """Everything is put in, and others hear of it with the commit, when something may follow from it."""
        assert self._writer is not None
        if not self._writer.broken and not self._gathering.spoiled:
            self._gathering.finish()
            if not all(job.quiet for job in batch):
                self._writer.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self.token))

    def _again(self, batch: list[Handed[Any]]) -> str:
        """A statement failed that belongs to no job alone → on a new connection, each job runs again and fails by itself."""
        assert self._writer is not None
        self._writer.close()
        self._gathering.forget()
        number, last = self._begin()
        with self._writer.pipeline() as line:
            self._gathering.begin(self._writer, line, last, singly=True)
            for job in batch:
                job.result = job.error = None
                _attempt(self._gathering, job)
            self._finish(batch)
        return number

    def _commit(self, number: str) -> BaseException | None:
        """Make the batch durable; → what to tell everyone in it when it is not, or nobody knows."""
        assert self._writer is not None
        if self._writer.broken:
            return fail(ProblemCode.BUSY, _BUSY)
        try:
            done = self._writer.execute("COMMIT").statusmessage == "COMMIT"
        except psycopg.Error as failure:
            if not self._writer.broken:
                return _as_busy(failure)
            self._doubt()
            return self._find_out(number)
        self.commits += done
        return None if done else fail(ProblemCode.BUSY, _BUSY)

    def _find_out(self, number: str) -> BaseException | None:
        """The connection broke while committing → what the server says became of it."""
        until = time.monotonic() + FIND_OUT_S
        while time.monotonic() < until and not self._closed:
            with suppress(psycopg.Error), connect(self._address) as asking:
                found = asking.execute(
                    "SELECT pg_xact_status(%s::text::xid8)", (number,)
                ).fetchone()
                status = None if found is None else found[0]
                if status == "committed":
                    self.commits += 1
                    return None
                if status == "aborted":
                    return fail(ProblemCode.BUSY, _BUSY)
            time.sleep(0.2)
        return fail(
            ProblemCode.OUTCOME_UNKNOWN, "The connection to the store broke while it was storing"
        )

    def _roll_back(self) -> None:
        self._doubt()
        if self._writer is not None:
            with suppress(psycopg.Error):
                self._writer.execute("ROLLBACK")

    def _doubt(self) -> None:
        for call in self._in_doubt:
            call()

    def _wake(self) -> None:
        for call in self._after_commit:
            try:
                call()
            except Exception as failure:  # noqa: BLE001 - a listener that fails must not end the writer
                log_failure(Event.LISTENER_FAILED, failure)


@contextmanager
def _unless_spoiled(gathering: PostgresGathering) -> Generator[None]:
    """What goes wrong is told, unless the batch runs again anyhow and tells it there."""
    try:
        yield
    except Exception:
        if not gathering.spoiled:
            raise


def _attempt(gathering: PostgresGathering, job: Handed[Any]) -> None:
    """Run one job; when it fails, undo what it did and keep the error for its caller."""
    try:
        gathering.begin_job()
        job.result = job.work(gathering)
        gathering.end_job(failed=False)
    except BaseException as error:  # noqa: BLE001 - it belongs to the caller of this job alone
        job.error = _as_busy(error)
        gathering.end_job(failed=True)


def _as_busy(error: BaseException) -> BaseException:
    if isinstance(error, psycopg.OperationalError):
        return fail(ProblemCode.BUSY, _BUSY)
    return error

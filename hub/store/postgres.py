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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg

from hub.log import Event, log_failure
from hub.ports import Claims
from hub.problems import ProblemCode, fail
from hub.store.address import PostgresAddress
from hub.store.handover import Handed, deliver
from hub.store.postgres_claims import PostgresClaims
from hub.store.postgres_connection import PostgresConnection, connect
from hub.store.postgres_listener import CHANNEL, Listener
from hub.store.sources import read_sources, token
from hub.store.tenancy import EVERY

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
        self._local = threading.local()
        self._open: list[psycopg.Connection[Any]] = []
        self._gate = threading.Condition()
        self._waiting: deque[Handed[Any]] = deque()
        self._closed = False
        self._writer: psycopg.Connection[Any] | None = None
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
        """A function called in the writer thread before work, when another process changed what books are made from."""
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
        """As `read`, for threads without an event loop. A connection that broke meanwhile is made anew, once."""
        fresh = False
        while True:
            raw: psycopg.Connection[Any] | None = getattr(self._local, "connection", None)
            try:
                if raw is None or raw.closed:
                    raw, fresh = self._reader(), True
                return _snapshot(raw, work)
            except psycopg.OperationalError as error:
                if raw is not None and raw.broken and not fresh:
                    self._local.connection = None
                    continue
                raise fail(ProblemCode.BUSY, "The store cannot be read now") from error

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
        for connection in (*self._open, *filter(None, [self._writer])):
            connection.close()

    def _reader(self) -> psycopg.Connection[Any]:
        raw = connect(
            self._address,
            default_transaction_read_only="on",
            statement_timeout=STATEMENT_TIMEOUT_MS,
        )
        self._local.connection = raw
        self._open = [c for c in self._open if not c.closed] + [raw]
        return raw

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
                mark = self._begin()
                self._run(batch)
                quiet = all(job.quiet for job in batch)
                error = self._commit(mark, quiet=quiet)
            except BaseException as failure:  # noqa: BLE001 - whatever stopped the batch is told to everyone in it
                error = _as_busy(failure)
                self._roll_back()
                batch = batch or self._take_all()
            for job in batch if error is not None else ():
                job.error = job.error or error
            deliver(batch)
            if error is None and not quiet:
                self._wake()

    def _take_all(self) -> list[Handed[Any]]:
        with self._gate:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]

    def _begin(self) -> str:
        """Open the transaction and wait for the turn; → the transaction's number, to ask for its fate by."""
        if self._writer is None or self._writer.closed:
            self._writer = self._connect_writer()
        try:
            self._writer.execute(BEGIN)
        except (
            psycopg.OperationalError
        ):  # it rested too long, or the server was started anew: nothing had begun
            if not self._writer.broken:
                raise
            self._writer = self._connect_writer()
            self._writer.execute(BEGIN)
        self._writer.execute(TURN)
        sources, number = read_sources(PostgresConnection(self._writer))
        if sources != self._sources and not sources.startswith(f"{self.token}:"):
            self._doubt()
        self._sources = sources
        return number

    def _connect_writer(self) -> psycopg.Connection[Any]:
        return connect(
            self._address,
            lock_timeout=LOCK_TIMEOUT_MS,
            statement_timeout=STATEMENT_TIMEOUT_MS,
            idle_in_transaction_session_timeout=IDLE_TIMEOUT_MS,
        )

    def _run(self, batch: list[Handed[Any]]) -> None:
        """Run what waits, in order, as long as there is time."""
        assert self._writer is not None
        until = time.perf_counter() + TURN_S
        connection = PostgresConnection(self._writer)
        with self._writer.pipeline() as line:
            while len(batch) < MAX_BATCH:
                with self._gate:
                    if not self._waiting:
                        break
                    job = self._waiting.popleft()
                batch.append(job)
                _attempt(connection, line, job)
                if self._writer.broken or time.perf_counter() > until:
                    break

    def _commit(self, number: str, *, quiet: bool) -> BaseException | None:
        """Make the batch durable; → what to tell everyone in it when it is not, or nobody knows.

        Shape: `quiet` when nothing follows from it, and no other process need be told.
        """
        assert self._writer is not None
        if self._writer.broken:
            return fail(ProblemCode.BUSY, _BUSY)
        if not quiet:
            self._writer.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self.token))
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
        """The connection broke while the commit was under way → what the server says became of it."""
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


def _snapshot(raw: psycopg.Connection[Any], work: Callable[[Any], T]) -> T:
    """Run a reading on one state of the database."""
    connection = PostgresConnection(raw, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        return work(connection)
    finally:
        if connection.begun and not raw.broken:
            raw.execute("ROLLBACK")


def _attempt(connection: PostgresConnection, line: psycopg.Pipeline, job: Handed[Any]) -> None:
    """Run one job; when it fails, undo what it did and keep the error for its caller.

    Statements whose rows nobody asks for are on their way while the job goes on; `sync` waits for the last of them, so that
    whatever fails belongs to this job.
    """
    raw = connection.raw
    try:
        raw.execute("SAVEPOINT job")
        connection.to_tenant(EVERY)
        job.result = job.work(connection)
        raw.execute("RELEASE SAVEPOINT job")
        line.sync()
    except BaseException as error:  # noqa: BLE001 - it belongs to the caller of this job alone
        job.error = _as_busy(error)
        if not raw.broken:
            with suppress(psycopg.Error):  # what was still on its way fails for the same reason
                line.sync()
            raw.execute("ROLLBACK TO SAVEPOINT job")
            raw.execute("RELEASE SAVEPOINT job")
            connection.undone()
            line.sync()


def _as_busy(error: BaseException) -> BaseException:
    if isinstance(error, psycopg.OperationalError):
        return fail(ProblemCode.BUSY, _BUSY)
    return error

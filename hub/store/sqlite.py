"""The embedded engine: SQLite in WAL mode, one writer thread with group commit, reads beside it (D3).

Durability: `synchronous=FULL`; a caller of `write` is answered after the commit that holds its work is on disk.
Work that fails is undone alone (savepoint); its neighbours in the same commit go through.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from hub.log import Event, log_failure
from hub.problems import ProblemCode, fail

T = TypeVar("T")

MAX_BATCH = 256
BUSY_TIMEOUT_S = 30


class _Job(Generic[T]):
    """One piece of work on its way through the writer."""

    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(
        self,
        work: Callable[[sqlite3.Connection], T],
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[T],
    ) -> None:
        self.work = work
        self.loop = loop
        self.future = future
        self.result: T | None = None
        self.error: BaseException | None = None


class SqliteEngine:
    """Connections and the writer thread over one database file."""

    def __init__(self, path: Path) -> None:
        """The database file; its folder must exist."""
        self._path = path
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._readers = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._gate = threading.Lock()
        self._closed = False
        self._writer = self._connect()
        self._after_commit: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()
        self.commits = 0

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA cache_size=-32000")
        connection.execute("PRAGMA mmap_size=268435456")
        connection.execute("PRAGMA journal_size_limit=67108864")
        self._open.append(connection)
        return connection

    def on_commit(self, call: Callable[[], None]) -> None:
        """A function that is called in the writer thread after each commit: wakes the worker."""
        self._after_commit.append(call)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """A function of a connection → its result, seeing everything committed before."""
        return self.read_now(work)

    def read_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As `read`, for callers outside an event loop."""
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
            self._readers.connection = connection
        connection.execute("BEGIN")
        try:
            return work(connection)
        finally:
            connection.execute("ROLLBACK")

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """A function of a connection → its result, once its commit is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        job = _Job(work, loop, future)
        with self._gate:  # a job that comes behind the end would wait for ever
            if self._closed:
                raise fail(ProblemCode.BUSY, "The store is closed; nothing was stored")
            self._jobs.put(job)
        return await future

    def close(self) -> None:
        """Finish the work that waits, then close the connections; a second call finds nothing to do."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join(timeout=BUSY_TIMEOUT_S)
        for connection in self._open:
            connection.close()

    def _run(self) -> None:
        going = True
        while going:
            first = self._jobs.get()
            if first is None:
                return
            batch = [first]
            while len(batch) < MAX_BATCH:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    going = False
                    break
                batch.append(job)
            self._commit(batch)
            _deliver(batch)
            for call in self._after_commit:
                try:
                    call()
                except Exception as error:  # noqa: BLE001 - a listener that fails must not end the writer
                    log_failure(Event.LISTENER_FAILED, error)

    def _commit(self, batch: list[_Job[Any]]) -> None:
        connection = self._writer
        try:
            with _transaction(connection):
                for job in batch:
                    _attempt(connection, job, alone=len(batch) == 1)
            self.commits += 1
        except BaseException as error:  # noqa: BLE001 - whatever stopped the commit is told to everyone in it
            for job in batch:
                job.error = job.error or _as_busy(error)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class _Alone(Exception):  # noqa: N818 - a signal, not an error
    """The only job of a batch failed: the transaction is rolled back and the job has its own error."""


def _attempt(connection: sqlite3.Connection, job: _Job[Any], *, alone: bool) -> None:
    """Run one job; when it fails, undo what it did and keep the error for its caller."""
    if not alone:
        connection.execute("SAVEPOINT job")
    try:
        job.result = job.work(connection)
    except BaseException as error:
        job.error = _as_busy(error) if isinstance(error, sqlite3.OperationalError) else error
        if alone or not connection.in_transaction:
            # nobody else's work is in it, or SQLite has given up the whole transaction (disk full): start over
            raise _Alone from error
        connection.execute("ROLLBACK TO job")
    if not alone:
        connection.execute("RELEASE job")


def _as_busy(error: BaseException) -> BaseException:
    if isinstance(error, _Alone | sqlite3.Error):
        return fail(ProblemCode.BUSY, "The store cannot take the change now; nothing was stored")
    return error


def _deliver(batch: list[_Job[Any]]) -> None:
    """Hand results back, one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job[Any]]] = {}
    for job in batch:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, jobs)


def _settle(jobs: list[_Job[Any]]) -> None:
    for job in jobs:
        if job.future.cancelled():
            continue
        if job.error is not None:
            job.future.set_exception(cast("Exception", job.error))
        else:
            job.future.set_result(job.result)

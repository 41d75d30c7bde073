"""The embedded engine: SQLite in WAL mode, one writer with group commit, reads beside it (D3).

Work runs on the event loop, where no other thread wants the interpreter; the commit, which waits for the disk, runs in a
thread of its own, and what comes meanwhile shares the next commit. A batch that has held the loop long enough lets others have it
and goes on in the loop's next turn, a few times, before it is committed. Long work runs in that thread altogether.
Durability: `synchronous=FULL`; a caller of `write` is answered after the commit that holds its work is on disk.
Work that fails is undone alone; its neighbours in the same commit go through. Rows that are only put in go in together at the
end of a batch (gathering.py); when that fails, the batch is undone and its work runs again, each by itself.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from hub.log import Event, log_failure
from hub.ports import Claims
from hub.problems import ProblemCode, fail
from hub.store.alone import Alone
from hub.store.gathering import Gathering
from hub.store.handover import Handed, WriterThread, begin_meanwhile, deliver
from hub.store.large import READER_CACHE_KB
from hub.store.mapped import Mapping
from hub.store.place import Place
from hub.store.refusal import BUSY, Refusal
from hub.store.sqlite_connection import connect, reading, snapshot
from hub.store.sqlite_lock import BUSY_TIMEOUT_S, WriteLock, is_locked
from hub.store.write_back import WriteBack

T = TypeVar("T")

MAX_BATCH: Final = 256
INLINE_S: Final = 0.004
"""How long a batch may hold the event loop at a time. Units: seconds of this thread's own work: while another process has the
processor nobody is served, and a smaller batch would only make more commits."""
STRETCHES: Final = 6
"""How many times a batch may hold the event loop before it is committed; what is left then waits for the next one."""


class SqliteEngine:
    """Connections and the writer over one database file."""

    def __init__(self, path: Path) -> None:
        """The database file; its folder must exist."""
        self._path = path
        self._readers = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._gate = threading.Lock()  # not a Condition, which is entered and left in Python
        self._freed = threading.Condition(self._gate)
        self._closed, self.commits = False, 0
        self._waiting: deque[Handed[Any]] = deque()
        self._running, self._stretches = False, 0
        self._paused: list[Handed[Any]] | None = None
        self._writer = self._connect()
        self._gathering = Gathering(self._writer)
        self._lock = WriteLock(self._writer, self._gathering.begin)
        self._after_commit: list[Callable[[], None]] = []
        self._thread = WriterThread("store-writer")
        self._write_back = WriteBack(path, BUSY_TIMEOUT_S, Mapping(self._writer).look)
        self._place = Place(path)
        self.refusal = Refusal(self._place, self._lock)
        self.shared, self.token = False, ""
        self.claims: Claims = Alone()

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path, BUSY_TIMEOUT_S)
        self._open.append(connection)
        return connection

    def on_doubt(self, call: Callable[[], None]) -> None:
        """Never called here: one process writes, and what it remembers is undone by those who asked for the write."""

    def on_commit(self, call: Callable[[], None]) -> None:
        """A function that is called in the writer thread after each commit that a worker may find something in: wakes it."""
        self._after_commit.append(call)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """A function of a connection → its result, seeing everything committed before.

        The writer's connection serves while no batch is under way: SQLite keeps a connection's pages over its own
        commits, but drops them when another has written and reads them anew.
        """
        if not self._seize():
            return self.read_now(work)
        try:
            return reading(self._writer, work)
        finally:
            self._go_on(self._free())

    def read_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As `read`, for callers outside an event loop."""
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
            connection.execute(f"PRAGMA cache_size=-{READER_CACHE_KB}")
            self._readers.connection = connection
        return snapshot(connection, work)

    async def look(self) -> str:
        """Nothing → why changes are not taken whoever asks for one, "" for none: the lock is tried, where no batch is under way."""
        if self._seize():
            try:
                if self._lock.take(wait=False):
                    self._writer.execute("ROLLBACK")
                self._place.save(self._writer)
            finally:
                self._go_on(self._free())
        return self.refusal.look()

    async def write(
        self, work: Callable[[Gathering], T], *, long: bool = False, quiet: bool = False, meanwhile: Callable[[], None] | None = None
    ) -> T:  # fmt: skip
        """A function of a connection → its result, once its commit is durable; `long` keeps it off the event loop."""
        loop = asyncio.get_running_loop()
        job = Handed(work, loop, loop.create_future(), long=long, quiet=quiet, meanwhile=meanwhile)
        with self._gate:
            if self._closed:  # a job that comes behind the end would wait for ever
                raise fail(ProblemCode.BUSY, "The store is closed; nothing was stored")
            self._waiting.append(job)
            if len(self._waiting) == 1 and not self._running:
                loop.call_soon(self._turn)
        return await job.future

    def close(self) -> None:
        """Finish the work that waits, then close the connections; a second call finds nothing to do."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            batch, self._paused = self._paused, None
        if batch is not None:
            self._thread.submit(partial(self._commit, batch))
        while self._turn(inline=False) or self._running:
            with self._gate:
                self._freed.wait_for(lambda: not self._running, timeout=BUSY_TIMEOUT_S)
        self._thread.shutdown()
        self._write_back.close()
        for connection in self._open:
            connection.close()

    def _turn(self, *, inline: bool = True) -> bool:
        """Begin the next batch, unless one is under way; → whether there was one."""
        with self._gate:
            if self._running or not self._waiting:
                return False
            self._running = True
        if not inline or self._waiting[0].long or not self._lock.take(wait=False):
            self._thread.submit(self._whole)
            return True
        self._stretches = 0
        self._stretch([])
        return True

    def _stretch(self, batch: list[Handed[Any]]) -> None:
        """On the event loop: as much of a batch as may hold it; what waits behind goes on in the loop's next turn."""
        self._run(batch, until=time.thread_time() + INLINE_S)
        self._stretches += 1
        with self._gate:
            goes_on = (
                self._stretches < STRETCHES
                and len(batch) < MAX_BATCH
                and bool(self._waiting)
                and not self._waiting[0].long
                and not self._closed
                and self._writer.in_transaction
            )
            self._paused = batch if goes_on else None
        if goes_on:
            asyncio.get_running_loop().call_soon(self._resume)
        else:
            self._thread.submit(partial(self._commit, batch))

    def _resume(self) -> None:
        """The loop's next turn: the batch goes on, unless the store was closed meanwhile."""
        with self._gate:
            batch, self._paused = self._paused, None
        if batch is not None:
            self._stretch(batch)

    def _whole(self) -> None:
        """In the writer thread: a batch from begin to end."""
        if self._lock.take(wait=True):
            self._commit(self._run([], until=None))
            return
        with self._gate:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
        self._end(batch, fail(ProblemCode.BUSY, "The store is locked; nothing was stored"))

    def _run(self, batch: list[Handed[Any]], until: float | None) -> list[Handed[Any]]:
        """A batch and how long → what waits was run with it, in order; long work begins a batch of its own thread."""
        gathering = self._gathering
        while len(batch) < MAX_BATCH and self._writer.in_transaction and not gathering.spoiled:
            with self._gate:
                if not self._waiting or (until is not None and self._waiting[0].long):
                    break
                job = self._waiting.popleft()
            batch.append(job)
            self._attempt(job)
            if until is not None and time.thread_time() > until:
                break
        if not gathering.spoiled and self._writer.in_transaction:
            with suppress(Exception):  # what went wrong shows again, in the work it belongs to
                gathering.finish()
        if gathering.spoiled:
            self._again(batch)
        return batch

    def _again(self, batch: list[Handed[Any]]) -> None:
        """Rows of several jobs could not be put in together → each job runs again by itself, and fails by itself.

        Another process may take the lock in between. Who may not wait for it here puts the jobs back: their turn comes again.
        """
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if is_locked(error) and not self._lock.waits:
                self._put_back(batch)
            return  # else the commit finds no transaction, and tells everyone
        self._gathering.forget()
        self._gathering.begin(singly=True)
        for job in batch:
            if self._writer.in_transaction:
                job.result = job.error = None
                self._attempt(job)

    def _put_back(self, batch: list[Handed[Any]]) -> None:
        for job in batch:
            job.result = job.error = None
        with self._gate:
            self._waiting.extendleft(reversed(batch))
        batch.clear()

    def _commit(self, batch: list[Handed[Any]]) -> None:
        """In the writer thread: make the batch durable; when that fails, nobody's work stands."""
        error: BaseException | None = None
        if self._writer.in_transaction:
            begin_meanwhile(batch)
            try:
                self.refusal.check_place()
                self._writer.execute("COMMIT")
                self.commits += 1
            except BaseException as failure:  # noqa: BLE001 - whatever stopped the commit is told to everyone in it
                error = self.refusal.as_busy(failure, sqlite3.OperationalError)
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                self._place.save(self._writer)
        else:  # SQLite gave the transaction up while it ran: the disk is full
            error = fail(ProblemCode.BUSY, BUSY)
        self._end(batch, error)

    def _end(self, batch: list[Handed[Any]], error: BaseException | None) -> None:
        if error is not None:
            self._gathering.forget()
            for job in batch:
                job.error = job.error or error
        stirs = self._gathering.stirs and not all(job.quiet for job in batch)
        early = error is None and self._write_back.is_long
        if early:  # it is durable: nobody waits for what is written back behind it
            deliver(batch)
        if error is None:
            self._write_back.committed(self._writer)
        following = self._free()
        if not early:
            deliver(batch)
        for call in self._after_commit if stirs else ():
            try:
                call()
            except Exception as failure:  # noqa: BLE001 - a listener that fails must not end the writer
                log_failure(Event.LISTENER_FAILED, failure)
        self._go_on(following)

    def _seize(self) -> bool:
        """The writer's connection is this thread's until `_free`, unless a batch is under way; → whether it is."""
        with self._gate:
            free = not self._running and not self._closed
            self._running = self._running or free
        return free

    def _free(self) -> Handed[Any] | None:
        """The writer is free again; → the job that waits next, if any."""
        with self._gate:
            self._running = False
            if self._closed:
                self._freed.notify_all()
            return self._waiting[0] if self._waiting else None

    def _go_on(self, following: Handed[Any] | None) -> None:
        if following is not None:
            try:
                following.loop.call_soon_threadsafe(self._turn)
            except RuntimeError:  # its loop was closed: nobody waits, but it was handed over
                self._turn(inline=False)

    def _attempt(self, job: Handed[Any]) -> None:
        """Run one job; when it fails, undo what it did and keep the error for its caller."""
        self._gathering.begin_job()
        try:
            job.result = job.work(self._gathering)
        except BaseException as error:  # noqa: BLE001 - it belongs to the caller of this job alone
            job.error = self.refusal.as_busy(error, sqlite3.OperationalError)
        self._gathering.end_job(failed=job.error is not None)

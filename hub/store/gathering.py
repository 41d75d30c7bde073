"""The connection of SQLite's writer: what is only to be put in waits, and is put in many rows at a time.

A statement on its way through the driver costs more than the row it puts in, and a savepoint costs as much again. So a job
tells with `later` what it wants put in; the rows of a whole batch go in together, before the next statement that could see
them or before the commit. A job that fails before it ran a statement is undone by forgetting its rows; it gets a savepoint
only when it runs one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from hub.store.connection import Put, RowKey, is_calm

_MOST_KNOWN: Final = 100_000
"""How many resources are remembered."""
Waiting = tuple[Put[Any], Any]


class Straight:
    """hub.store.connection.Connection that puts rows in, with what is remembered of the ends of tables.

    Shape: `rids` the number of the last row, by table; `ends` what the access log goes on from, by tenant. Nobody
    else writes while our transaction is open, and before it nobody has, or both are forgotten. `stirs` when a worker looks for
    something that was put in.
    """

    __slots__ = ("ends", "execute", "executemany", "raw", "rids", "stirs")

    def __init__(self, raw: sqlite3.Connection) -> None:
        """The connection that writes."""
        self.raw = raw
        self.execute = raw.execute
        self.executemany = raw.executemany
        self.rids: dict[str, int] = {}
        self.ends: dict[int, tuple[int, bytes, bool]] = {}
        self.stirs = False

    def stir(self) -> None:
        """A worker looks for something of what is put in."""
        self.stirs = True

    def new_rids(self, table: str, many: int) -> int:
        """A table and how many rows are to come → the number of the first."""
        last = self.rids.get(table)
        if last is None:
            (last,) = self.raw.execute(f"SELECT coalesce(max(rid), 0) FROM {table}").fetchone()
        self.rids[table] = last + many
        return last + 1

    def forget(self) -> None:
        """Something was undone, or another process has written."""
        self.rids.clear()
        self.ends.clear()


class Gathering:
    """hub.store.connection.WritingConnection over the one connection that writes.

    Shape: `spoiled` when rows of several jobs could not be put in: whose fault it is shows only when they run one by one,
    which `singly` asks for. What is remembered to be here is forgotten when another process has written, when a job that may
    have seen its own work fails, and when a transaction comes to nothing; where the access log goes on from, also when a statement
    of a job's own changes it.
    """

    __slots__ = ("_fresh", "_known", "_own", "_saved", "_singly", "_straight", "_version", "_waiting", "raw", "spoiled", "undone")  # fmt: skip

    def __init__(self, raw: sqlite3.Connection) -> None:
        """An open connection; nobody else writes through it."""
        self.raw = raw
        self._known: set[RowKey] = set()
        self.spoiled = False
        self.undone = 0
        self._waiting: list[Waiting] = []
        self._own = 0
        self._saved = False
        self._singly = False
        self._straight = Straight(raw)
        self._fresh: set[str] = set()
        self._version = -1

    # What jobs use

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:
        """A statement and its values → its rows; it sees what waited."""
        reads = sql.startswith("SELECT")
        if self._waiting or not self._saved:
            self._settle(reads=reads)
        if not reads:
            self._straight.stirs = True
            if "audit_event" in sql:
                self._straight.ends.clear()
        return self.raw.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> sqlite3.Cursor:
        """A statement, once for each row of values."""
        if self._waiting or not self._saved:
            self._settle(reads=False)
        self._straight.stirs = True
        return self.raw.executemany(sql, parameters)

    def execute_beside(self, table: str, sql: str, parameters: Sequence[Any], /) -> sqlite3.Cursor:
        """A reading of one table of bodies and of tables that rows never wait for; what waits for others goes on waiting."""
        if table in self._fresh:
            return self.execute(sql, parameters)
        return self.raw.execute(sql, parameters)

    def later(self, put: Put[Any], item: Any) -> None:
        """What puts things in, and one thing → put in with its like."""
        self._waiting.append((put, item))
        if self._singly:
            self._settle(reads=False)

    def is_known(self, key: RowKey, /) -> bool:
        """Whether a resource is remembered to be here and not deleted."""
        return key in self._known

    def know(self, key: RowKey, /) -> None:
        """A resource was just seen to be here and not deleted."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(key)

    def forget_row(self, key: RowKey, /) -> None:
        """A resource is deleted."""
        self._known.discard(key)

    def changes(self, table: str, /) -> None:
        """What waits changes rows of a table: it is put in before the table is read."""
        self._fresh.add(table)

    def new_rid(self, table: str) -> int:
        """A table → the next row's number."""
        self._fresh.add(table)
        return self._straight.new_rids(table, 1)

    # What the engine uses

    @property
    def stirs(self) -> bool:
        """Whether a worker may look for something that was done since the transaction began."""
        return self._straight.stirs

    def begin(self, *, singly: bool = False) -> None:
        """A transaction has begun."""
        self.spoiled, self._singly = False, singly
        self._straight.stirs = False
        self._waiting, self._own, self._saved = [], 0, False
        self._fresh.clear()
        (version,) = self.raw.execute("PRAGMA data_version").fetchone()
        if version != self._version:  # another process wrote: what is remembered may be gone
            self._known.clear()
            self._straight.forget()
            self._version = version

    def begin_job(self) -> None:
        """The next job begins."""
        self._own, self._saved = len(self._waiting), False

    def end_job(self, *, failed: bool) -> None:
        """The job has run → what it has done stands, or is undone."""
        if failed:
            del self._waiting[self._own :]
            if self._saved:
                self._known.clear()  # it may have been remembered from what is undone now
                self._straight.forget()
                self.undone += 1
        if self._saved and self.raw.in_transaction:
            if failed:
                self.raw.execute("ROLLBACK TO job")
            self.raw.execute("RELEASE job")
        self._saved = False

    def finish(self) -> None:
        """The batch has run → everything is put in."""
        waiting, self._waiting = self._waiting, []
        self._put(waiting, shared=True)

    def forget(self) -> None:
        """The transaction came to nothing."""
        self._known.clear()
        self._straight.forget()
        self.undone += 1
        self._waiting = []

    def _settle(self, *, reads: bool) -> None:
        """Before a statement: put in what waits, and begin what is undone if the job fails."""
        waiting, own = self._waiting, self._own
        self._waiting, self._own = [], 0
        if self._saved:
            self._put(waiting, shared=False)
            return
        self._put(waiting[:own], shared=True)
        if not reads or len(waiting) > own:
            self.raw.execute("SAVEPOINT job")
            self._saved = True
            self._put(waiting[own:], shared=False)

    def _put(self, waiting: Iterable[Waiting], *, shared: bool) -> None:
        """Rows of one job, or of several that share a failure → put in, those of one kind together."""
        kinds: dict[Put[Any], list[Any]] = {}
        for put, item in waiting:
            kinds.setdefault(put, []).append(item)
        try:
            for put, items in kinds.items():
                if not is_calm(put):
                    self._straight.stirs = True
                put(self._straight, items)
        except BaseException:
            self.spoiled = self.spoiled or shared
            raise

"""The connection of PostgreSQL's writer: what is only to be put in waits, and goes in by one statement for each table.

As hub/store/gathering.py does for SQLite, with three differences: any statement that fails spoils the transaction, so a job has a
savepoint before it changes anything, and the whole batch runs again job by job when a statement without one fails; rows go in under
the tenant they were told for (hub/store/tenancy.py); and what was read is remembered as long as no other process has written, which
the number of the last entry in the access log tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus

from hub.store.connection import Put, RowKey, is_calm
from hub.store.postgres_connection import PostgresConnection
from hub.store.tenancy import EVERY

NUMBERED: Final = ("resource", "observation", "audit_event")
"""Tables whose rows are numbered by us, on from the last number the server gave."""
_COUNT: Final = "SELECT setval('{table}_rid_seq', ?)"
_MOST_KNOWN: Final = 100_000
_NAMED: Final = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")
_ASIDE: Final = frozenset(("care_relation", "share"))
"""Tables that nothing which waits is put into."""
_BODIES: Final = frozenset(("resource", "observation"))
"""Tables that only a statement which names them puts something into."""
Waiting = tuple[str, Put[Any], Any]


class PostgresGathering:
    """hub.store.connection.WritingConnection over the one connection that writes. Shape: as gathering.Gathering."""

    __slots__ = ("_bodies", "_ends", "_known", "_last", "_line", "_own", "_saved", "_seen", "_singly", "_tenant", "_waiting", "plain", "spoiled", "undone")  # fmt: skip

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._known: set[RowKey] = set()
        self._ends: dict[int, tuple[int, bytes, bool]] = {}
        self._seen: int = -1
        self.undone = 0
        self.forget()

    # What jobs use

    @property
    def raw(self) -> psycopg.Connection[Any]:
        """The driver's connection."""
        return self.plain.raw

    def to_tenant(self, tenant: str) -> None:
        """Whose rows there are from now on."""
        self._tenant = tenant
        self.plain.to_tenant(tenant)

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        """A statement and its values → its rows; it sees what waited."""
        if self._waiting or not self._saved:
            self._settle(sql)
        self._may_end(sql)
        return self.plain.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """A statement, once for each row of values."""
        if self._waiting or not self._saved:
            self._settle(sql)
        self._may_end(sql)
        return self.plain.executemany(sql, parameters)

    def execute_beside(self, table: str, sql: str, parameters: Sequence[Any], /) -> Any:  # noqa: ARG002 - the port's signature
        """As `execute`, which looks for itself what a statement reads."""
        return self.execute(sql, parameters)

    def later(self, put: Put[Any], item: Any, /) -> None:
        """What puts things in, and one thing → put in with its like."""
        self._waiting.append((self._tenant, put, item))
        if isinstance(item, tuple) and isinstance(item[0], str):
            self._bodies |= _tables(item[0])
        if self._singly:
            self._settle("")

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
        self._bodies |= {table}

    def new_rid(self, table: str, /) -> int:
        """A table of bodies → the number of its next row."""
        return self.plain.new_rids(table, 1)

    # What the engine uses

    @property
    def stirs(self) -> bool:
        """Whether a worker may look for something that was done since the transaction began; right when all was put in."""
        return self.plain.stirs

    def begin(
        self,
        raw: psycopg.Connection[Any],
        line: psycopg.Pipeline,
        last: Sequence[int],
        *,
        singly: bool,
    ) -> None:
        """A transaction has begun and it is our turn; `last` are the numbers of the last rows of NUMBERED."""
        if last[-1] != self._seen:  # another process wrote: what is remembered may be gone
            self._known.clear()
            self._ends.clear()
        numbers: dict[str, int] = dict(zip(NUMBERED, last, strict=True))
        self.plain = PostgresConnection(raw, numbers=numbers, ends=self._ends, told=EVERY)
        self._last = tuple(last)
        self._line, self._singly, self.spoiled = line, singly, False
        self._waiting, self._bodies, self._own, self._saved = [], frozenset(), 0, False

    def begin_job(self) -> None:
        """The next job begins: the hub's own, until a tenant is named."""
        self._own, self._saved = len(self._waiting), False
        self.to_tenant(EVERY)
        if self._singly:
            self._save()

    def end_job(self, *, failed: bool) -> None:
        """The job has run → what it has done stands, or is undone. Raises what the server says of its statements."""
        if failed:
            del self._waiting[self._own :]
            self._known.clear()  # it may have been remembered from what is undone now
            self._ends.clear()
            self.undone += 1
        if self._saved and not failed:
            self.raw.execute("RELEASE SAVEPOINT job", prepare=False)
            self._line.sync()
            self._saved = False
        elif failed and not self.raw.broken:
            self._undo()

    def finish(self) -> None:
        """The batch has run → all that waits, and the numbers given as the server's last, are on their way; nobody waits for its answers."""
        waiting, self._waiting = self._waiting, []
        self._put(waiting)
        for table, before in zip(NUMBERED, self._last, strict=True):
            now = self.plain.numbers[table]
            if now != before:
                self.plain.execute(_COUNT.format(table=table), (now,))
        self._seen = self.plain.numbers[NUMBERED[-1]]

    def forget(self) -> None:
        """The transaction came to nothing."""
        self._known.clear()
        self._ends.clear()
        self.undone += 1
        self._seen = -1
        self._waiting: list[Waiting] = []
        self._bodies: frozenset[str] = frozenset()
        self._own = 0
        self._saved = self._singly = self.spoiled = False
        self._tenant = EVERY

    def _save(self) -> None:
        self.raw.execute("SAVEPOINT job", prepare=False)
        self._saved = True

    def _undo(self) -> None:
        """Back to before the job; without a savepoint there may be no way back, and the batch is spoiled."""
        with suppress(psycopg.Error):  # what was still on its way fails for the same reason
            self._line.sync()
        if not self._saved:
            self.spoiled = (
                self.spoiled or self.raw.info.transaction_status != TransactionStatus.INTRANS
            )
            return
        # At once, and not as prepared statements: the driver takes for prepared what was skipped behind a failure, until it
        # has seen that something was rolled back
        self.raw.execute("ROLLBACK TO SAVEPOINT job", prepare=False)
        self._line.sync()
        self.raw.execute("RELEASE SAVEPOINT job", prepare=False)
        self._line.sync()
        self.plain.undone()
        self._saved = False

    def _settle(self, sql: str) -> None:
        """Before a statement: put in what it may look for, and begin what is undone if the job fails."""
        reads = sql.startswith("SELECT")
        if reads and (not self._waiting or _looks_beside(sql, self._bodies)):
            return
        waiting, own = self._waiting, self._own
        self._waiting, self._own, self._bodies = [], 0, frozenset()
        if self._saved:
            self._put(waiting)
            return
        self._put_shared(waiting[:own])
        self._save()
        self._put(waiting[own:])

    def _may_end(self, sql: str) -> None:
        """Before a statement: one that writes may be looked for; who touches the access log by hand leaves no end to go on from."""
        if not sql.startswith("SELECT"):
            self.plain.stir()
            if "audit_event" in sql:
                self._ends.clear()

    def _put_shared(self, waiting: Sequence[Waiting]) -> None:
        """Rows of several jobs → put in, and seen to be; whose fault it is when they cannot be is not known."""
        if not waiting:
            return
        try:
            self._put(waiting)
            self._line.sync()
        except BaseException:
            self.spoiled = True
            raise

    def _put(self, waiting: Iterable[Waiting]) -> None:
        """Rows → on their way, those of one kind and tenant together."""
        kinds: dict[tuple[str, Put[Any]], list[Any]] = {}
        for tenant, put, item in waiting:
            kinds.setdefault((tenant, put), []).append(item)
        if not kinds:
            return
        try:
            for (tenant, put), items in kinds.items():
                if not is_calm(put):
                    self.plain.stir()
                self.plain.to_tenant(tenant)
                put(self.plain, items)
        finally:
            self.plain.to_tenant(self._tenant)


@lru_cache(maxsize=64)
def _tables(statement: str) -> frozenset[str]:
    """An INSERT → its table."""
    found = re.match(r"INSERT INTO (\w+)", statement)
    return frozenset() if found is None else frozenset((found[1],))


@lru_cache(maxsize=4096)
def _named(sql: str) -> frozenset[str]:
    return frozenset(_NAMED.findall(sql))


def _looks_beside(sql: str, bodies: frozenset[str]) -> bool:
    """Whether a statement looks only where nothing that waits goes."""
    named = _named(sql)
    return named <= _ASIDE | (_BODIES - bodies)

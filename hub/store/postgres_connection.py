"""A psycopg connection made to look like hub.store.connection.Connection; the one gate to psycopg's cursors.

Values travel in binary form; statements are prepared by the driver when they come again.
"""

from __future__ import annotations

import re
import select
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.types.numeric import Int8BinaryDumper
from psycopg.types.string import StrBinaryDumper

from hub.store.address import PostgresAddress
from hub.store.connection import Put, RowKey, T
from hub.store.postgres_rows import FROM_ROWS, arrays, plan, register
from hub.store.tenancy import EVERY

CONNECT_TIMEOUT_S: Final = 5
_TELL: Final = b"SELECT set_config('hub.tenant', $1, true)"
_COLUMNS: Final = (
    "SELECT attname::text, atttypid::bigint FROM pg_attribute"
    " WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped"
)
_TYPES: Final[dict[str, dict[str, int]]] = {}
_TEXT_OR_MARK: Final = re.compile(r"'(?:[^']|'')*'|\?|\binstr\(")
_HERE: Final = {"instr(": "pg_catalog.position("}
"""Functions that are called otherwise here. Shape: both look in the first for the second, bytes in bytes too."""


def connect(address: PostgresAddress, **options: str | int) -> psycopg.Connection[Any]:
    """An address and settings of the session → a connection without a transaction."""
    told = " ".join(f"-c {name}={value}" for name, value in options.items())
    connection = psycopg.connect(
        address.url,
        autocommit=True,
        prepare_threshold=2,
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name="dho-hub",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        options=told,
    )
    connection.prepared_max = 1000
    return adapt(connection)


def adapt(connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A connection → the same, with numbers and texts always sent as bigint and text: one plan for each statement."""
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    connection.adapters.register_dumper(str, StrBinaryDumper)
    register(connection)
    return connection


@lru_cache(maxsize=4096)
def to_numbered(sql: str) -> bytes:
    """A statement with `?` where a value goes → with $1, $2 … in their place, and functions by their names here; text in quotes stays as it is."""
    number = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal number
        if found[0] != "?":
            return _HERE.get(found[0], found[0])
        number += 1
        return f"${number}"

    return _TEXT_OR_MARK.sub(mark, sql).encode()


class PostgresConnection:
    """hub.store.connection.WritingConnection over psycopg, inside a transaction of the engine's.

    Shape: the server's row security shows the rows of the tenant that the transaction has named (hub/store/tenancy.py); who
    it is goes ahead of the next statement, together with `begin`, which opens the transaction where that is left to us.
    """

    __slots__ = ("_begin", "_told", "_wanted", "ends", "numbers", "raw", "stirs")

    def __init__(
        self,
        raw: psycopg.Connection[Any],
        begin: str = "",
        numbers: dict[str, int] | None = None,
        ends: dict[int, tuple[int, bytes, bool]] | None = None,
        told: str = "",
    ) -> None:
        """An open connection; what begins its transaction where that waits for the first statement; the last row numbers of tables that are counted here; what the access log goes on from, by tenant, where that is remembered; and which tenant the transaction has named."""
        self.raw = raw
        self.numbers: dict[str, int] = {} if numbers is None else numbers
        self.ends: dict[int, tuple[int, bytes, bool]] = {} if ends is None else ends
        self._begin = begin
        self._told = told
        self._wanted = EVERY
        self.stirs = False

    def stir(self) -> None:
        """A worker looks for something of what is put in."""
        self.stirs = True

    @property
    def begun(self) -> bool:
        """Whether the transaction that is left to us has been opened."""
        return not self._begin

    def to_tenant(self, tenant: str) -> None:
        """Whose rows there are from now on: a tenant's number, EVERY or NOBODY."""
        self._wanted = tenant

    def undone(self) -> None:
        """The transaction went back to a savepoint: what it was told since is forgotten there."""
        self._told = "?"

    def limit(self, milliseconds: int) -> None:
        """How long each statement of this transaction may take."""
        if self._begin:
            self._begin = f"{self._begin}; SET LOCAL statement_timeout = {milliseconds:d}"
        else:
            self.raw.execute(
                "SELECT set_config('statement_timeout', %s, true)", (str(milliseconds),)
            )

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A statement and its values → its rows."""
        if self._told != self._wanted:
            self._tell()
        cursor = psycopg.RawCursor(self.raw)
        cursor.execute(to_numbered(sql), parameters, binary=True)
        self._hand_over()
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Any:
        """A statement, once for each row of values."""
        if self._told != self._wanted:
            self._tell()
        cursor = psycopg.RawCursor(self.raw)
        rows = list(parameters)
        insert = plan(sql, self._types) if len(rows) >= FROM_ROWS else None
        if insert is not None:
            cursor.execute(insert.statement, arrays(insert, rows))
        elif rows:
            cursor.executemany(to_numbered(sql), rows)
        self._hand_over()
        return cursor

    def _hand_over(self) -> None:
        """What the system has not taken yet → handed to the server: in a pipeline the driver waits for answers before it does."""
        line = self.raw.pgconn
        while line.flush():
            readable, _, _ = select.select([line.socket], [line.socket], [])
            if readable:
                line.consume_input()

    def _types(self, table: str) -> dict[str, int]:
        """A table → the types of its columns; they are the same in every database of this version."""
        known = _TYPES.get(table)
        if known is None:
            found = self.execute(_COLUMNS, (table,)).fetchall()
            known = _TYPES[table] = dict(found)
        return known

    def later(self, put: Put[T], item: T) -> None:
        """What puts things in, and one thing → put in; the statement is on its way while the job goes on."""
        put(self, (item,))

    def execute_beside(self, table: str, sql: str, parameters: Sequence[Any]) -> Any:  # noqa: ARG002 - the port's signature
        """As `execute`: nothing waits here."""
        return self.execute(sql, parameters)

    def is_known(self, key: RowKey) -> bool:  # noqa: ARG002 - the port's signature
        """Never: another process may have deleted it."""
        return False

    def know(self, key: RowKey) -> None:
        """Nothing is remembered, see `is_known`."""

    def changes(self, table: str) -> None:
        """Nothing waits here."""

    def forget_row(self, key: RowKey) -> None:
        """Nothing is remembered, see `is_known`."""

    def new_rid(self, table: str) -> int:
        """A table of bodies → the number of its next row."""
        return self.new_rids(table, 1)

    def new_rids(self, table: str, many: int) -> int:
        """A table of bodies → the first of so many numbers that follow each other: writers take turns."""
        counted = self.numbers.get(table)
        if counted is not None:
            self.numbers[table] = counted + many
            return counted + 1
        (last,) = self.execute(
            "SELECT max(nextval(pg_get_serial_sequence(?, 'rid'))) FROM generate_series(1, ?)",
            (table, many),
        ).fetchone()
        return last - many + 1

    def _tell(self) -> None:
        wanted = self._wanted
        if self._begin:  # one trip: several commands in one text, which has no values from outside
            both = f"{self._begin}; SET LOCAL hub.tenant = '{wanted}'"
            self.raw.execute(both.encode(), prepare=False)
            self._begin = ""
        else:
            psycopg.RawCursor(self.raw).execute(_TELL, (wanted,))
        self._told = wanted

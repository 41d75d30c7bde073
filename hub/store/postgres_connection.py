"""A psycopg connection made to look like hub.store.connection.Connection; the one gate to psycopg's cursors.

Values travel in binary form; statements are prepared by the driver when they come again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.types.numeric import Int8BinaryDumper
from psycopg.types.string import StrBinaryDumper

from hub.store.address import PostgresAddress
from hub.store.connection import Put, RowKey, T

CONNECT_TIMEOUT_S: Final = 5
_TEXT_OR_MARK: Final = re.compile(r"'(?:[^']|'')*'|\?")


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
    return connection


@lru_cache(maxsize=4096)
def to_numbered(sql: str) -> bytes:
    """A statement with `?` where a value goes → with $1, $2 … in their place; text in quotes stays as it is."""
    number = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal number
        if found[0] != "?":
            return found[0]
        number += 1
        return f"${number}"

    return _TEXT_OR_MARK.sub(mark, sql).encode()


class PostgresConnection:
    """hub.store.connection.WritingConnection over psycopg, inside a transaction of the engine's."""

    __slots__ = ("raw",)

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        """An open connection."""
        self.raw = raw

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A statement and its values → its rows."""
        cursor = psycopg.RawCursor(self.raw)
        cursor.execute(to_numbered(sql), parameters, binary=True)
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Any:
        """A statement, once for each row of values."""
        cursor = psycopg.RawCursor(self.raw)
        cursor.executemany(to_numbered(sql), parameters)
        return cursor

    def later(self, put: Put[T], item: T) -> None:
        """What puts things in, and one thing → put in; the statement is on its way while the job goes on."""
        put(self, (item,))

    def is_known(self, key: RowKey) -> bool:  # noqa: ARG002 - the port's signature
        """Never: another process may have deleted it."""
        return False

    def know(self, key: RowKey) -> None:
        """Nothing is remembered, see `is_known`."""

    def forget_row(self, key: RowKey) -> None:
        """Nothing is remembered, see `is_known`."""

    def new_rid(self, table: str) -> int:
        """A table of bodies → the number of its next row."""
        (rid,) = self.execute(
            "SELECT nextval(pg_get_serial_sequence(?, 'rid'))", (table,)
        ).fetchone()
        return rid

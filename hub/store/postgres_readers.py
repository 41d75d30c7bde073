"""Readings on PostgreSQL: a connection for each thread that reads, each reading on one state of the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, LiteralString, TypeVar

import psycopg
from psycopg.pq import ExecStatus

from hub.problems import ProblemCode, fail
from hub.store.address import PostgresAddress
from hub.store.postgres_connection import PostgresConnection, connect

T = TypeVar("T")

_BEGIN: Final[LiteralString] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresReaders:
    """The connections of the threads that read."""

    def __init__(self, address: PostgresAddress, timeout_ms: int) -> None:
        """The database, and how long a statement may take; connections are made when they are needed."""
        self._address = address
        self._timeout_ms = timeout_ms
        self._local = threading.local()
        self._open: list[psycopg.Connection[Any]] = []

    def run(self, work: Callable[[Any], T]) -> T:
        """A function of a connection → its result. A connection that broke meanwhile is made anew, once. Problems: BUSY."""
        fresh = False
        while True:
            raw: psycopg.Connection[Any] | None = getattr(self._local, "connection", None)
            try:
                if raw is None or raw.closed or not _ended(raw):
                    raw, fresh = self._connect(), True
                return _snapshot(raw, work)
            except psycopg.OperationalError as error:
                if raw is not None and raw.broken and not fresh:
                    self._local.connection = None
                    continue
                raise fail(ProblemCode.BUSY, "The store cannot be read now") from error

    def close(self) -> None:
        """Let all connections go."""
        for connection in self._open:
            connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        raw = connect(
            self._address,
            default_transaction_read_only="on",
            statement_timeout=self._timeout_ms,
        )
        self._local.connection = raw
        self._open = [c for c in self._open if not c.closed] + [raw]
        return raw


def _snapshot(raw: psycopg.Connection[Any], work: Callable[[Any], T]) -> T:
    """Run a reading on one state of the database. Its end is sent and not waited for: the answer is taken before the next one."""
    connection = PostgresConnection(raw, _BEGIN)
    try:
        return work(connection)
    finally:
        if connection.begun and not raw.broken:
            raw.pgconn.send_query(b"ROLLBACK")
            raw.pgconn.flush()


def _ended(raw: psycopg.Connection[Any]) -> bool:
    """Take what the server said of the end of the last reading → whether the connection can go on."""
    while (result := raw.pgconn.get_result()) is not None:
        if result.status != ExecStatus.COMMAND_OK:
            raw.close()
            return False
    return True

"""One transaction on PostgreSQL beside the engine: what start and the commands ask of a database."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from hub.store.address import PostgresAddress
from hub.store.postgres_connection import PostgresConnection, connect
from hub.store.postgres_turn import TURN


@contextmanager
def session(address: PostgresAddress, unusable: type[Exception]) -> Generator[PostgresConnection]:
    """An address → a connection in a transaction that takes its turn among the writers, committed when the block ends."""
    try:
        raw = connect(address, lock_timeout=30_000)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0].partition("FATAL:")[2].strip()
        raise unusable(
            f"The database {address} cannot be reached{f': {reason}' if reason else ''}."
            " Is the server running, and are host, port, user and database right?"
        ) from None
    with raw, raw.transaction():
        raw.execute(TURN)
        yield PostgresConnection(raw)

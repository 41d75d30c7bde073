"""A query budget: a search that would scan too much is stopped by the engine itself, whatever it is at.

SQLite asks a function of ours every so many steps; PostgreSQL has a time limit for statements.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from hub.problems import ProblemCode, fail

T = TypeVar("T")

_STEPS: Final = 20_000
"""How often SQLite asks: some hundred microseconds of work."""
_TOO_COSTLY: Final = (
    "The search was stopped after {seconds:g} s: it would look at too much. Name a patient, a code, an identifier or a"
    " shorter time"
)
_TOO_DEEP: Final = "The search follows more links than this database takes in one: ask in two steps"
_UNPARSED: Final = ("parser stack overflow", "Expression tree is too large", "too many ")
"""How SQLite says that it cannot take a statement in, whatever is stored: it has no code for it."""


def within(connection: Any, seconds: float, work: Callable[[], T]) -> T:
    """A connection inside a transaction, a time and a piece of reading → its result. Problems: TOO_COSTLY."""
    if isinstance(connection, sqlite3.Connection):
        return _embedded(connection, seconds, work)
    return _server(connection, seconds, work)


def _embedded(connection: sqlite3.Connection, seconds: float, work: Callable[[], T]) -> T:
    end = time.perf_counter() + seconds
    connection.set_progress_handler(lambda: time.perf_counter() > end, _STEPS)
    try:
        return work()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise _stopped(seconds) from None
        if str(error).startswith(_UNPARSED):
            raise fail(ProblemCode.TOO_COSTLY, _TOO_DEEP) from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _server(connection: Any, seconds: float, work: Callable[[], T]) -> T:
    connection.limit(int(seconds * 1000))
    try:
        return work()
    except Exception as error:
        if getattr(error, "sqlstate", None) == "57014":  # query_canceled
            raise _stopped(seconds) from None
        raise


def _stopped(seconds: float) -> Exception:
    return fail(ProblemCode.TOO_COSTLY, _TOO_COSTLY.format(seconds=seconds))

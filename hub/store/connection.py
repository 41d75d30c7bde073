"""What the tables need of a database connection; sqlite3's own has it, other engines are made to look like this.

Statements are written once, in the SQL both engines read, with `?` where a value goes; what must differ is in the engine's
own file (D3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Cursor(Protocol):
    """The rows of one statement. Shape: a row is a tuple in the order of the columns selected."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Row by row."""
        ...


class Connection(Protocol):
    """A connection inside a transaction; beginning and ending it is the engine's business."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """A statement and its values → its rows."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Cursor:
        """A statement, once for each row of values."""
        ...

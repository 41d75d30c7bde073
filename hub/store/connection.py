"""What the tables need of a database connection; sqlite3's own has it, other engines are made to look like this.

Statements are written once, in the SQL both engines read, with `?` where a value goes; what must differ is in the engine's
own file (D3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")


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


Put = Callable[[Connection, Sequence[T]], None]
"""A function that puts things of one kind in, by as few statements as it can."""


_CALM: Final[set[object]] = set()


def calm(put: Put[T]) -> Put[T]:
    """A function that puts things in which no worker looks for → known as such: a commit with nothing else wakes nobody."""
    _CALM.add(put)
    return put


def is_calm(put: Put[Any]) -> bool:
    """Whether a worker looks for nothing of what a function puts in, unless that says otherwise (`stir`)."""
    return put in _CALM


def stir(connection: Connection) -> None:
    """The connection that a calm function was given → workers are woken by the commit all the same."""
    told = getattr(connection, "stir", None)
    if told is not None:  # where every commit wakes them, nobody is told
        told()


RowKey = tuple[int, str, str]
"""Tenant, type and id of a resource."""


class WritingConnection(Connection, Protocol):
    """A connection inside a transaction that may write.

    Shape: `undone` grows whenever work that others may have seen came to nothing: what was remembered of it is wrong.
    """

    @property
    def undone(self) -> int:
        """How often something was undone since the connection was made."""
        ...

    def later(self, put: Put[T], item: T, /) -> None:
        """What puts things in, and one thing → put in before anybody can look for it, together with its like.

        What goes wrong with it is told at the end of the transaction, as if it had been told here.
        """
        ...

    def changes(self, table: str, /) -> None:
        """A table of bodies that what waits will change → whoever reads it sees that."""
        ...

    def execute_beside(self, table: str, sql: str, parameters: Sequence[Any], /) -> Cursor:
        """A reading of one table of bodies, and of tables that nothing is put into by `later` → its rows."""
        ...

    def is_known(self, key: RowKey, /) -> bool:
        """Whether a resource is remembered to be here and not deleted."""
        ...

    def know(self, key: RowKey, /) -> None:
        """A resource was just seen to be here and not deleted."""
        ...

    def forget_row(self, key: RowKey, /) -> None:
        """A resource is deleted."""
        ...

    def new_rid(self, table: str, /) -> int:
        """A table of bodies → the number of a row that is to be put in."""
        ...

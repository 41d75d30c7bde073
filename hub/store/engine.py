"""What the store needs of an engine; hub/store/sqlite.py and hub/store/postgres.py have it (D3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hub.ports import Claims
from hub.store.address import Address
from hub.store.refusal import Refusal

T = TypeVar("T")
Work = Callable[[Any], T]
"""A function of a hub.store.connection.Connection."""


class Engine(Protocol):
    """Connections to one database, and its writer.

    Shape: `shared` when several processes may work on it at once; `token` marks what this process writes; `refusal` tells whether changes are taken now.
    """

    commits: int
    refusal: Refusal
    shared: bool
    token: str
    claims: Claims

    async def read(self, work: Work[T]) -> T:
        """A function of a connection → its result on one state of the database, with all that was committed before."""
        ...

    def read_now(self, work: Work[T]) -> T:
        """As `read`, for threads without an event loop."""
        ...

    async def write(
        self,
        work: Work[T],
        *,
        long: bool = False,
        quiet: bool = False,
        meanwhile: Callable[[], None] | None = None,
    ) -> T:
        """A function of a connection → its result, once its commit is durable. It may be run again before the commit.

        Shape: `quiet` work wakes nobody: nothing follows from an entry in the access log. `meanwhile` is called in the event loop at
        most once, while the commit is waited for and before there is a result.
        """
        ...

    async def look(self) -> str:
        """Nothing → why changes are not taken whoever asks for one, "" for none; told without waiting for somebody's change."""
        ...

    def on_commit(self, call: Callable[[], None]) -> None:
        """A function that is called after each commit in which a worker may find something, of other processes too: wakes it."""
        ...

    def on_doubt(self, call: Callable[[], None]) -> None:
        """A function that is called before work when what was remembered of the database may no longer hold."""
        ...

    def close(self) -> None:
        """Finish the work that waits, then close the connections."""
        ...


def open_engine(address: Address) -> Engine:
    """Where the database is → its engine, open."""
    if isinstance(address, Path):
        from hub.store.sqlite import SqliteEngine  # noqa: PLC0415 - each engine's driver only where it is used

        return SqliteEngine(address)
    from hub.store.postgres import PostgresEngine  # noqa: PLC0415 - as above

    return PostgresEngine(address)

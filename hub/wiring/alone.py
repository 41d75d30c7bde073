"""One hub per database file: two would do the same jobs, and send what is to be sent once twice (D4, promise 3)."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from hub.store.address import Address, PostgresAddress
from hub.wiring import NotReadyError


def lock_of(database: Path) -> Path:
    """A database file → the file beside it that its hub holds; it stays when the hub ends."""
    return database.with_name(f"{database.name}.lock")


@contextmanager
def alone_on(database: Address, otherwise: str = "use another HUB_DATABASE_URL") -> Generator[None]:
    """A database file, in a folder that is there → ours until the block ends.

    Raises NotReadyError when a hub works on it, and says what to do `otherwise` than to stop that one.

    The system lets go of the lock when the process ends, however it ends. `hub migrate` and `hub messages` take no lock.
    On PostgreSQL as many hubs as you like work beside each other: nothing is locked here.
    """
    if isinstance(database, PostgresAddress):
        yield
        return
    with lock_of(database).open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotReadyError(
                f"Another hub works on {database}. Stop it first, or {otherwise}."
            ) from None
        yield

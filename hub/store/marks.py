"""The mark a migration leaves when the index must be made anew from the bodies (reindex.py)."""

from __future__ import annotations

from typing import Final

from hub.store.connection import Connection

_MARKED: Final = "SELECT value FROM hub_flag WHERE name = 'reindex'"
_DONE: Final = "DELETE FROM hub_flag WHERE name = 'reindex'"


def is_marked(connection: Connection) -> bool:
    """A database with the tables → whether its index waits to be made anew."""
    return connection.execute(_MARKED).fetchone() is not None


def take_mark(connection: Connection) -> None:
    """The index is whole again."""
    connection.execute(_DONE)

"""The mark a migration leaves when the index must be made anew from the bodies (reindex.py), and how far that has come.

Shape: `todo` before it has begun, then the table and the last row that is done, `observation 4711`. A migration that wants the
index anew sets it to `todo`, whatever it says: what is done may be done in the form of before.
"""

from __future__ import annotations

from typing import Final

from hub.store.connection import Connection

_MARKED: Final = "SELECT value FROM hub_flag WHERE name = 'reindex'"
_MOVED: Final = "UPDATE hub_flag SET value = ? WHERE name = 'reindex'"
_DONE: Final = "DELETE FROM hub_flag WHERE name = 'reindex'"


def is_marked(connection: Connection) -> bool:
    """A database with the tables → whether its index waits to be made anew."""
    return connection.execute(_MARKED).fetchone() is not None


def read_mark(connection: Connection) -> tuple[str, int]:
    """A marked database → the table and the last row that are done, or ("", 0) before the first."""
    table, _, rid = str(connection.execute(_MARKED).fetchone()[0]).partition(" ")
    return (table, int(rid)) if rid else ("", 0)


def move_mark(connection: Connection, table: str, rid: int) -> None:
    """All rows up to this one of this table are done."""
    connection.execute(_MOVED, (f"{table} {rid}",))


def take_mark(connection: Connection) -> None:
    """The index is whole again."""
    connection.execute(_DONE)

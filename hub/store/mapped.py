"""How much of the file SQLite's writer has mapped: all of a small town's, as long as the process has memory to spare.

A patient's year lies on hundreds of pages. Mapped, they are looked at where the system keeps them; outside, each costs a call and a
copy, which makes the trend's statement two thirds dearer. The system takes such pages back when it needs them, but until then they
count as memory of the process, which may take so much (F9): then less is mapped.
Connections that only read have nothing mapped: SQLite gives their mapping up whenever another connection has written, and to
make it anew for each reading costs more than the copies.
Source: https://www.sqlite.org/mmap.html; SQLite's pager.c, "Unmap the database file".
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

MB: Final = 1024 * 1024
MOST_MAPPED: Final = 256 * MB
LEAST_MAPPED: Final = 32 * MB
"""Less than this is not worth having: then nothing is mapped."""
UNTOLD: Final = 112 * MB
"""What is mapped where the system does not tell how much memory the process takes."""
MOST_MEMORY: Final = 380 * MB
"""How large the process may be, mapped pages included, before less is mapped."""
_TO_SPARE: Final = 32 * MB
"""What must stay free when more is mapped again, so that nothing goes to and fro."""
_STATM: Final = Path("/proc/self/statm")
_PAGE: Final = 4096


class Mapping:
    """What one connection has mapped; told by the thread that has the connection, outside a transaction."""

    __slots__ = ("_connection", "_mapped")

    def __init__(self, connection: sqlite3.Connection) -> None:
        """The writer's connection, as it was opened."""
        self._connection = connection
        self._mapped = 0
        self._map(UNTOLD if resident() is None else MOST_MAPPED)

    def look(self) -> None:
        """Now and then → as much is mapped as there is memory for."""
        taken = resident()
        if taken is not None:
            self._map(wanted(taken, self._mapped))

    def _map(self, mapped: int) -> None:
        if mapped != self._mapped:
            self._mapped = mapped
            self._connection.execute(f"PRAGMA mmap_size={mapped}")


def wanted(taken: int, mapped: int) -> int:
    """The memory of the process, and how much of the file may be mapped now → how much may be from now on. Units: bytes."""
    if taken > MOST_MEMORY:
        return mapped // 2 if mapped > LEAST_MAPPED else 0
    more = max(2 * mapped, LEAST_MAPPED)
    fits = taken + more - mapped + _TO_SPARE <= MOST_MEMORY
    return more if fits and more <= MOST_MAPPED else mapped


def resident() -> int | None:
    """Nothing → how much memory the process takes, mapped pages included; None where the system does not tell. Units: bytes."""
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return None

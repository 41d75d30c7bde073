"""A SQLite database with one table, and the engine over it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.sqlite import SqliteEngine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqliteEngine]:
    """Things that have names of their own."""
    with sqlite3.connect(tmp_path / "hub.db") as raw:
        raw.execute("CREATE TABLE thing (rid INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    made = SqliteEngine(tmp_path / "hub.db")
    yield made
    made.close()

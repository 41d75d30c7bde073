"""Rows of one table that works leave to be put in with their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def put(connection: Any, items: Sequence[object]) -> None:
    """A connection and names → a thing of each name."""
    connection.executemany("INSERT INTO thing (name) VALUES (?)", [(item,) for item in items])

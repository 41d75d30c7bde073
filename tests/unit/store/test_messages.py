"""What the rounds ask of the messages is found by an index, however many were ever sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.store.messages import MessageTable
from hub.store.migrate import migrate

_THEN = datetime(2026, 11, 23, tzinfo=UTC)


class _Explained:
    """A connection that tells how a statement would be carried out, and finds nothing."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.plan: list[str] = []

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """A statement → no rows."""
        told = self.raw.execute(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
        self.plan += [row[3] for row in told]
        return []


@pytest.mark.parametrize(
    "ask",
    [
        lambda messages: messages.waiting(["Written"]),
        lambda messages: messages.unanswered(["Written", "TransportAcked"], _THEN),
    ],
    ids=["waiting", "unanswered"],
)
def test_messages_in_a_state_are_found_by_it(
    tmp_path: Path, ask: Callable[[MessageTable], object]
) -> None:
    migrate(tmp_path / "hub.db")
    with sqlite3.connect(tmp_path / "hub.db") as raw:
        connection: Any = _Explained(raw)
        ask(MessageTable(connection))

    assert "USING INDEX message_state" in connection.plan[0]

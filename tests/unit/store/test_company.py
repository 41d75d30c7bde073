"""What one mark asks the store for is little, whatever stands in its identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hub.ports import JudgeMark
from hub.store.company import alone, carriers, place_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Asked:
    """A connection that finds nothing, and remembers how many values each statement was given."""

    def __init__(self) -> None:
        self.values: list[int] = []

    def execute(self, _: str, parameters: Sequence[Any] = ()) -> Asked:
        self.values.append(len(parameters))
        return self

    def fetchall(self) -> list[Any]:
        return []


def mark(*identifiers: str) -> JudgeMark:
    """Identifiers → a mark that is judged already."""
    return JudgeMark(0, "o", 1, "p", "spo2", NOON, identifiers, b"", None, zone="green", judged_at=NOON)  # fmt: skip


def test_no_statement_is_given_more_values_than_any_engine_takes() -> None:
    asked: Any = Asked()
    given = mark(*(f"urn:x|{n}" for n in range(8000)))

    assert [True] == alone(asked, [given], [place_of(given)])
    assert 8 == len(asked.values)
    assert max(asked.values) < 32_766


def test_an_identifier_of_thousands_of_bars_is_looked_for_a_few_times() -> None:
    """At each of 10,000 bars it held the thread that writes for long, and so did each later value of that instant."""
    odd = "urn:x" + "|a" * 10_000
    one: Any = Asked()
    many: Any = Asked()
    known: Any = Asked()

    carriers(one, 0, [odd])
    alone(many, [mark(odd)], [place_of(mark(odd))])
    carriers(known, 0, ["urn:a|b|c"])

    assert (9, 3) == (len(one.values), len(known.values))
    assert sum(many.values) < 100

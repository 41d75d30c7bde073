"""A figure: what was asked for, what was measured, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def _nothing() -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Shape: `value` None when it could not be measured (then `note` says why); `higher` when more is better; `facts` are
    the numbers it was made of.
    """

    number: str
    what: str
    must: float
    aim: float
    unit: str
    value: float | None
    higher: bool = False
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=_nothing)

    @property
    def verdict(self) -> str:
        """`aim`, `must`, `missed` or `not measured`."""
        if self.value is None:
            return "not measured"
        if self._holds(self.aim):
            return "aim"
        return "must" if self._holds(self.must) else "missed"

    def _holds(self, limit: float) -> bool:
        assert self.value is not None
        return self.value >= limit if self.higher else self.value <= limit


def table(rows: list[Figure]) -> str:
    """Rows → the table as text."""
    lines = [("#", "what", "must", "aim", "measured", "verdict")]
    for each in rows:
        measured = "-" if each.value is None else _number(each.value, each.unit)
        lines.append(
            (
                each.number,
                each.what,
                _number(each.must, each.unit),
                _number(each.aim, each.unit),
                measured,
                each.verdict,
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{each.number}: {each.note}" for each in rows if each.note]
    return "\n".join([*text, "", *notes])


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == int(value) else (1 if value >= 10 else 2)
    return f"{value:.{digits}f} {unit}".strip()

"""SQL under construction: a piece of text with the values that stand for its question marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct


class Sql(Struct, frozen=True):
    """A piece of SQL. Shape: `values` in the order of the question marks in `text`."""

    text: str
    values: tuple[object, ...] = ()

    def __add__(self, other: Sql) -> Sql:
        """Two pieces, one behind the other."""
        return Sql(self.text + other.text, self.values + other.values)


TRUE: Final = Sql("1 = 1")
FALSE: Final = Sql("1 = 0")


def all_of(parts: Iterable[Sql]) -> Sql:
    """Conditions → the one that needs them all."""
    return _joined([p for p in parts if p is not TRUE], " AND ", TRUE, FALSE)


def any_of(parts: Iterable[Sql]) -> Sql:
    """Conditions → the one that any of them fulfils."""
    return _joined([p for p in parts if p is not FALSE], " OR ", FALSE, TRUE)


def none_of(part: Sql) -> Sql:
    """A condition → its opposite. Shape: meant for conditions that are never NULL."""
    if part is TRUE or part is FALSE:
        return FALSE if part is TRUE else TRUE
    return Sql(f"NOT ({part.text})", part.values)


def marks(count: int) -> str:
    """A number → that many question marks."""
    return ", ".join("?" * count)


def among(column: str, values: Iterable[object]) -> Sql:
    """A column and values → that it has one of them."""
    wanted = tuple(values)
    if not wanted:
        return FALSE
    if len(wanted) == 1:
        return Sql(f"{column} = ?", wanted)
    return Sql(f"{column} IN ({marks(len(wanted))})", wanted)


def _joined(parts: list[Sql], word: str, empty: Sql, decides: Sql) -> Sql:
    if any(p is decides for p in parts):
        return decides
    if not parts:
        return empty
    if len(parts) == 1:
        return parts[0]
    text = word.join(p.text for p in parts)
    return Sql(f"({text})", tuple(v for p in parts for v in p.values))

"""The numbers of one measure in one unit, beside the rows of a history, with sums that tell the line through any stretch of them.

A rule that looks back over fifteen values would convert each of them and multiply decimals anew for every newcomer. Here a number is
converted once; times are whole microseconds and numbers whole millionths, so sums of any stretch are differences of two sums,
exact, and a slope is the same to the digit as one reckoned from the values.
Source: dho/thresholds.md §5.3, §5.4, §4.5, §13 S12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hub.thresholds.units import EXACT

Convert = Callable[[tuple[Decimal, str]], Decimal]
PLACES: Final = 6
"""How many decimals are counted in whole numbers; values with more are left to who asks."""
_WIDEST: Final = Decimal(10) ** 15
_ODD: Final = 99
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = 86_400_000_000
_TWO: Final = 2
Sums = tuple[int, int, int, int, int]
"""Of all exact values up to one: how many, times, squares of times, numbers, times × numbers."""
_NONE: Final[Sums] = (0, 0, 0, 0, 0)


class Track:
    """As many numbers as rows were followed. Shape: `values` None where a value is an interval, or has no number."""

    __slots__ = ("_base", "_origin", "_places", "_sums", "values")

    def __init__(self) -> None:
        """No rows were followed yet."""
        self.values: list[Decimal | None] = []
        self._places: list[int] = []
        self._sums: list[Sums] = []
        self._base = _NONE
        self._origin: datetime | None = None

    def follow(self, rows: Sequence[Any], name: str, convert: Convert) -> None:
        """The rows of a history, their name and how its numbers are converted → those behind the last followed are here, too."""
        for at, _, _, sample in rows[len(self.values) :]:
            if self._origin is None:
                self._origin = at
            given = sample.values.get(name)
            value = None if given is None or name in sample.comparators else convert(given)
            places = _places(value) if given is not None else _ODD
            sums = self._sums[-1] if self._sums else self._base
            if value is not None and places <= PLACES:
                count, x, xx, y, xy = sums
                time = (at - self._origin) // _MICROSECOND
                number = int(value.scaleb(PLACES, EXACT))
                sums = (count + 1, x + time, xx + time * time, y + number, xy + time * number)
            self.values.append(value)
            self._places.append(places)
            self._sums.append(sums)

    def cut(self, at: int) -> None:
        """The place of a row that came or went → what lies behind it is followed anew."""
        del self.values[at:], self._places[at:], self._sums[at:]

    def drop(self, count: int) -> None:
        """How many rows went from the beginning → they are not here any more."""
        if count >= len(self.values):
            self.cut(0)
            self._base, self._origin = _NONE, None
        elif count:
            self._base = self._sums[count - 1]
            del self.values[:count], self._places[:count], self._sums[:count]

    def line(self, first: int, last: int) -> tuple[int, Decimal | None] | None:
        """A stretch → how many exact values it has, and their least-squares slope per 24 hours, None when all are of one instant.

        None where a number is of a kind that is not counted here.
        """
        places = max(self._places[first:last], default=0)
        if places > PLACES:
            return None
        n0, x0, xx0, y0, xy0 = self._sums[first - 1] if first else self._base
        n1, x1, xx1, y1, xy1 = self._sums[last - 1]
        n, x, y = n1 - n0, x1 - x0, y1 - y0
        over = n * (xx1 - xx0) - x * x
        if n < _TWO or over == 0:
            return n, None
        rise = (n * (xy1 - xy0) - x * y) // 10 ** (PLACES - places)
        return n, EXACT.divide(Decimal(rise * _DAY).scaleb(-places, EXACT), Decimal(over))


def _places(value: Decimal | None) -> int:
    """A number → its decimals; many more than are counted here where it is out of the ordinary."""
    if value is None:
        return 0
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -_WIDEST < value < _WIDEST:
        return _ODD
    return max(0, -exponent)

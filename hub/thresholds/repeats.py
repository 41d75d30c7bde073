"""Implausible values of a patient, and which of them come within an hour of each other: the patient may be the cause.

Source: dho/thresholds.md §4.6.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from hub.thresholds.examine import Examined, technical_firing
from hub.thresholds.judgement import Firing
from hub.thresholds.spans import shifted

WITHIN: Final = timedelta(minutes=60)
IMPLAUSIBLE: Final = "sys.implausible"
_LAST: Final = "\U0010ffff"


def is_implausible(examined: Examined) -> bool:
    """What is known of an observation version → whether it is outside the plausible guard."""
    return any(firing.rule == IMPLAUSIBLE for firing in examined.technical)


class Repeats:
    """The implausible values that stand, by measure and time."""

    def __init__(self) -> None:
        """Nothing → none."""
        self._rows: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)

    def put_in(self, examined: Examined) -> None:
        """A version that counts now."""
        if is_implausible(examined):
            insort(self._rows[examined.m.measure], (examined.at, examined.m.id))

    def take_out(self, examined: Examined) -> None:
        """A version that counted and does no more."""
        if is_implausible(examined):
            self._rows[examined.m.measure].remove((examined.at, examined.m.id))

    def beside(self, examined: Examined) -> Iterable[str]:
        """A version that comes or goes → the observations that it may repeat, or leave alone.

        Two on the same side are within the time of each other: only the nearest may be alone with this one, or left alone.
        """
        if not is_implausible(examined):
            return
        rows = self._rows[examined.m.measure]
        here = bisect_left(rows, (examined.at,))
        for at, name in rows[max(here - 1, 0) : here + 3]:
            if abs(at - examined.at) <= WITHIN:
                yield name

    def has_company(self, examined: Examined) -> bool:
        """A version that counts → whether another implausible one of its measure is within the hour."""
        if not is_implausible(examined):
            return False
        rows = self._rows[examined.m.measure]
        first = bisect_left(rows, (shifted(examined.at, -WITHIN),))
        last = bisect_right(rows, (shifted(examined.at, WITHIN), _LAST))
        return last - first > 1


def repeat_firing(examined: Examined, *, on_hold: bool) -> Firing:
    """A version with another beside it → the red that tells of both."""
    flags = (*examined.flags, "on-hold") if on_hold else examined.flags
    rule, reason = "sys.implausible-repeat", "technical.implausible-repeat"
    return technical_firing(examined.m, examined.at, flags, rule, reason, zone="red")

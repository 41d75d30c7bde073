"""How often one caller may ask, and when somebody is told: a bucket per caller, and counts of what looks like trying doors.

Kept in this process: a hub of several processes lets a caller have as many times as much.
Source: security README §6 (rate limits, look-ups of person numbers).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from hub.log import Event, log

CALLERS: Final = 10_000
"""How many callers are remembered; the one unheard of for longest is forgotten first."""
BURST_S: Final = 10.0
"""How long a caller may save up what it did not use."""
WINDOW_S: Final = 600.0
LOOKUPS: Final = 20
"""Searches by a person's number that found nobody, within the window, before it looks like guessing."""
REFUSALS: Final = 20
"""Tokens refused from one address, within the window, before somebody is told."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    told: float = -WINDOW_S


@dataclass(slots=True)
class Rates:
    """Counts of one process. Shape: `per_minute` 0 = a caller may ask as often as it can. Units: seconds on one clock."""

    per_minute: int
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict[str, _Bucket])
    _missed: OrderedDict[str, deque[float]] = field(
        default_factory=OrderedDict[str, "deque[float]"]
    )
    _refused: OrderedDict[str, deque[float]] = field(
        default_factory=OrderedDict[str, "deque[float]"]
    )

    def may_ask(self, caller: str, now: float) -> bool:
        """A caller → whether it may ask once more now."""
        if not self.per_minute:
            return True
        rate = self.per_minute / 60
        most = max(1.0, rate * BURST_S)
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(most, now)
            if len(self._buckets) > CALLERS:
                self._buckets.popitem(last=False)
        bucket.left = min(most, bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return True
        if now - bucket.told >= WINDOW_S:
            bucket.told = now
            log(Event.CALLER_TOO_BUSY, client=caller)
        return False

    def missed(self, caller: str, now: float) -> None:
        """A search by a person's number found nobody."""
        if _count(self._missed, caller, now) == LOOKUPS + 1:
            log(Event.LOOKUPS_MANY, client=caller)

    def may_look_up(self, caller: str, now: float) -> bool:
        """A caller → whether it may search by a person's number: not while it seems to guess."""
        times = self._missed.get(caller)
        return times is None or _within(times, now) <= LOOKUPS

    def refused(self, address: str, now: float) -> None:
        """A token from an address was refused."""
        if _count(self._refused, address, now) == REFUSALS:
            log(Event.REFUSALS_MANY, address=address)


def _count(counts: OrderedDict[str, deque[float]], who: str, now: float) -> int:
    times = counts.get(who)
    if times is None:
        times = counts[who] = deque(maxlen=2 * LOOKUPS + 2)
        if len(counts) > CALLERS:
            counts.popitem(last=False)
    many = _within(times, now) + 1
    times.append(now)
    return many


def _within(times: deque[float], now: float) -> int:
    while times and times[0] <= now - WINDOW_S:
        times.popleft()
    return len(times)

"""The inputs of one patient so far, and which of them a newcomer may touch.

Source: dho/thresholds.md §4.1, §4.6, §7.5, §8.2.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from hub.thresholds.measurement import Measurement

NEIGHBOUR_WINDOW: Final = timedelta(hours=2)
"""Twice the hour of §4.6 (an implausible neighbour may itself have another), and twice the clock tolerance."""
_REACH: Final = NEIGHBOUR_WINDOW + timedelta(minutes=10)
_LAST: Final = "\U0010ffff"


class Memory:
    """The versions received so far, by id, identifier and time.

    A store that assembles `State.neighbours` itself takes: all versions of every observation that (1) has the newcomer's
    id or shares an identifier with it or with a version found, (2) has the newcomer's measure and an effective time (received
    where none is given, or where it is ahead of it) within NEIGHBOUR_WINDOW of any version found by (1) or of the
    newcomer, (3) is later than the newcomer and of its measure, when a rule of the measure has auto_resolve; and (4) what (1) finds for those.
    """

    def __init__(self, calming: bool = False) -> None:
        """Whether any rule has auto_resolve → an empty memory."""
        self._calming = calming
        self._by_id: defaultdict[str, list[Measurement]] = defaultdict(list)
        self._by_identifier: defaultdict[str, set[str]] = defaultdict(set)
        self._by_time: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)

    def add(self, m: Measurement) -> None:
        """Remembers an input; the same again is not kept twice."""
        if m in self._by_id[m.id]:
            return
        self._by_id[m.id].append(m)
        for at in _instants(m):
            insort(self._by_time[m.measure], (at, m.id))
        for identifier in m.identifiers:
            self._by_identifier[identifier].add(m.id)

    def neighbours(self, m: Measurement) -> tuple[Measurement, ...]:
        """A newcomer → the inputs it may touch, all versions of each."""
        kin = self._kin({m.id} if m.id in self._by_id else set(), m.identifiers)
        found = set(kin)
        for version in (m, *(v for name in kin for v in self._by_id[name])):
            timed = self._by_time[version.measure]
            for at in _instants(version):
                first = bisect_left(timed, (_shift(at, -_REACH), ""))
                after = bisect_left(timed, (_shift(at, _REACH), _LAST))
                last = len(timed) if self._calming else after
                found.update(name for _, name in timed[first:last])
        return tuple(v for name in self._kin(found, ()) for v in self._by_id[name])

    def _kin(self, names: set[str], identifiers: tuple[str, ...]) -> set[str]:
        """Ids and identifiers → those ids and all that share an identifier with them, however remotely."""
        found: set[str] = set()
        waiting = names.union(*(self._by_identifier.get(i, ()) for i in identifiers))
        while waiting:
            name = waiting.pop()
            found.add(name)
            for version in self._by_id[name]:
                for identifier in version.identifiers:
                    waiting |= self._by_identifier[identifier] - found
        return found


def _instants(m: Measurement) -> tuple[datetime, ...]:
    """When it may be judged: the time given, and receipt where that is missing or ahead (§4.2)."""
    if m.effective is None:
        return (m.received,)
    at = _shift(m.effective, timedelta(seconds=m.clock_offset_s))
    instants = (at,) if at <= m.received else (at, m.received)
    return instants if at == m.effective else (*instants, m.effective)


def _shift(at: datetime, by: timedelta) -> datetime:
    """An instant moved, or the instant itself at either end of the calendar."""
    try:
        return at + by
    except OverflowError:
        return at

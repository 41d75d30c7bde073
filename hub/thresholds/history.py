"""A patient's valid values in order of time: what windows are cut from.

Instants are UTC; of values at the same instant the order is that of their ids, whatever order they came in (§8.3).
Source: dho/thresholds.md §5.3–5.6, §5.11, §4.5, §4.6, §10.1.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.thresholds.track import Convert, Track

_AFTER_ALL = 1 << 60


class Operand(Struct, frozen=True, omit_defaults=True):
    """One value of a window, as a rule used it (§11)."""

    observation: str
    effective: datetime
    value: Decimal | None
    name: str = ""


class Sample(Struct, frozen=True):
    """One valid observation that stands.

    Shape: `at` is the instant it is judged for, in UTC (§4.2); `values` name → (number, unit as received); `comparators` name → `<`, `<=`,
    `>` or `>=` of those that are intervals (§4.5).
    """

    at: datetime
    id: str
    measure: str
    values: Mapping[str, tuple[Decimal, str]]
    comparators: Mapping[str, str] = {}
    code: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What it is a value of: its measure, and the components that came with it."""
        return (self.measure, *(name for name in self.values if name != self.measure))


Row = tuple[datetime, int, str, Sample]


class History:
    """Samples by name of measure or component. Shape: `zone` is the patient's calendar (§10.1)."""

    __slots__ = ("_rows", "_tracks", "zone")

    def __init__(self, zone: ZoneInfo) -> None:
        """The patient's time zone → an empty history."""
        self.zone = zone
        self._rows: dict[str, list[Row]] = {}
        self._tracks: dict[str, dict[str, Track]] = {}

    def add(self, sample: Sample) -> None:
        """A sample that stands, under each of its names."""
        row, values = _row(sample), sample.values
        alone = len(values) == 1 and sample.measure in values
        for name in (sample.measure,) if alone else sample.names:
            rows = self._rows.setdefault(name, [])
            if not rows or rows[-1][:3] < row[:3]:
                rows.append(row)
                continue
            insort(rows, row)
            self._cut(name, bisect_left(rows, row[:3]))

    def remove(self, sample: Sample) -> None:
        """A sample that no longer stands."""
        for name in sample.names:
            rows = self._rows[name]
            at = bisect_left(rows, _row(sample)[:3])
            assert rows[at][3].id == sample.id
            del rows[at]
            self._cut(name, at)

    def forget(self, end: datetime, keep: int) -> int:
        """An instant and how many → without the samples before it, the newest `keep` of a name kept; → how many rows are left."""
        left = 0
        for name, rows in self._rows.items():
            gone = max(0, min(bisect_left(rows, (end,)), len(rows) - keep))
            left += len(rows) - gone
            if gone:
                del rows[:gone]
                for track in self._tracks.get(name, {}).values():
                    track.drop(gone)
        return left

    def last(self) -> datetime | None:
        """Nothing → the instant of the newest sample."""
        return max((rows[-1][0] for rows in self._rows.values() if rows), default=None)

    def between(
        self, name: str, start: datetime | None, end: datetime, *, with_end: bool = True
    ) -> Sequence[Sample]:
        """A name and an interval, its start included (None = the beginning) → the samples in order of time."""
        first, last = self.stretch(name, start, end, with_end=with_end)
        return [row[3] for row in self._rows.get(name, ())[first:last]]

    def stretch(
        self, name: str, start: datetime | None, end: datetime, *, with_end: bool = True
    ) -> tuple[int, int]:
        """As `between` → the places of the first sample and of the one behind the last."""
        rows = self._rows.get(name, ())
        first = 0 if start is None else bisect_left(rows, (start,))
        last = bisect_right(rows, (end, _AFTER_ALL)) if with_end else bisect_left(rows, (end,))
        return first, max(first, last)

    def at(self, name: str, place: int) -> Sample:
        """A name and a place of a stretch → the sample there."""
        return self._rows[name][place][3]

    def track(self, name: str, unit: str, convert: Convert) -> Track:
        """A name, a unit and how its numbers are converted to it → the numbers, a place for each sample."""
        tracks = self._tracks.setdefault(name, {})
        track = tracks.get(unit)
        if track is None:
            track = tracks[unit] = Track()
        rows = self._rows.get(name, ())
        if len(track.values) < len(rows):
            track.follow(rows, name, convert)
        return track

    def _cut(self, name: str, at: int) -> None:
        for track in self._tracks.get(name, {}).values():
            track.cut(at)

    def newest_first(self, name: str, end: datetime) -> Iterator[Sample]:
        """A name → its samples up to an instant, included, the newest first."""
        rows = self._rows.get(name, [])
        for at in range(bisect_right(rows, (end, _AFTER_ALL)) - 1, -1, -1):
            yield rows[at][3]

    def later(self, name: str, start: datetime, count: int | None = None) -> Sequence[Sample]:
        """A name and an instant → the samples from it on, the first `count` of them and all of the last one's instant."""
        rows = self._rows.get(name)
        if rows is None:
            return ()
        first = bisect_left(rows, (start,))
        last = len(rows)
        if count is not None and first + count < last:
            last = bisect_right(rows, (rows[first + count - 1][0], _AFTER_ALL))
        return [row[3] for row in rows[first:last]]


def _row(sample: Sample) -> Row:
    return (sample.at, len(sample.id), sample.id, sample)

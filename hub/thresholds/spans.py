"""Spans of time as a plan states them, and the patient's calendar.

A span of days is days of the calendar, a span of hours is hours that pass: on the two days of the year that are not 24
hours long they differ.
Source: dho/thresholds.md §5.3 (PnD and PTnH), §5.8 (months clamp), §10.1–10.3.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

_ISO: Final = re.compile(
    r"P(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,8})S)?)?",
    re.ASCII,
)
_WEEK: Final = 7
_YEAR: Final = 12
_HOUR: Final = 3600
_MINUTE: Final = 60
_LOOKS: Final = tuple(timedelta(hours=hours) for hours in range(0, 25, 6))
"""When in a day its offset is looked at: no clock is set and set back within six hours."""
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)


class Span(Struct, frozen=True, omit_defaults=True):
    """An ISO 8601 duration, its calendar part and its elapsed part kept apart. Units: as named."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @property
    def longest(self) -> timedelta:
        """The most time it can cover, summer time included."""
        calendar = timedelta(days=31 * self.months + self.days)
        slack = timedelta(hours=2) if calendar else timedelta(0)
        return calendar + timedelta(seconds=self.seconds) + slack

    def __str__(self) -> str:
        """ISO 8601: P3D, PT24H, P3M."""
        hours, rest = divmod(self.seconds, _HOUR)
        minutes, seconds = divmod(rest, _MINUTE)
        calendar = [(self.months, "M"), (self.days, "D")]
        clock = [(hours, "H"), (minutes, "M"), (seconds, "S")]
        dates = "".join(f"{n}{letter}" for n, letter in calendar if n)
        times = "".join(f"{n}{letter}" for n, letter in clock if n)
        return f"P{dates}T{times}" if times else f"P{dates}" if dates else "PT0S"


def parse_span(text: str) -> Span | None:
    """ISO 8601 duration in whole units → Span, None when it is none."""
    match = _ISO.fullmatch(text)
    given = {} if match is None else {k: int(v) for k, v in match.groupdict().items() if v}
    if not given:
        return None
    return Span(
        given.get("years", 0) * _YEAR + given.get("months", 0),
        given.get("weeks", 0) * _WEEK + given.get("days", 0),
        given.get("hours", 0) * _HOUR + given.get("minutes", 0) * _MINUTE + given.get("seconds", 0),
    )


def at_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time of a day → the instant, in UTC.

    In the gap of spring it is read with the offset before the gap (§10.2), in the overlap of autumn it is the first
    occurrence (§10.3): both are fold 0.
    """
    try:
        return datetime.combine(day, clock).replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError:
        return LATEST if day.year > 2000 else EARLIEST


def in_utc(at: datetime) -> datetime:
    """An instant → the same in UTC; where its offset moves it out of the calendar its clock is taken as it stands."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def with_local_offset(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant → the same with the offset the patient's clock had then, as a fixed offset (§10.1)."""
    local = local_time(at, zone)
    offset = local.utcoffset()
    return local.replace(tzinfo=timezone(offset or timedelta(0)), fold=0)


def local_time(at: datetime, zone: tzinfo) -> datetime:
    """An instant → what the patient's clock and calendar showed."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def before(at: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """An instant and a span → the instant that much earlier, in UTC.

    Days keep the time of the wall clock (§5.3); hours pass as they are.
    """
    try:
        if at.tzinfo is UTC and not span.months:
            day = at.toordinal()
            offset = _steady_offset(zone, day)
            if offset is not None and offset == _steady_offset(zone, day - span.days):
                return at - timedelta(span.days, span.seconds)
        return _move(at, span, zone, -1)
    except (OverflowError, ValueError):
        return EARLIEST


@lru_cache(maxsize=8192)
def _steady_offset(zone: ZoneInfo, day: int) -> timedelta | None:
    """A zone and the number of a day of UTC → the offset that holds all through it; None where it changes, or an hour comes twice.

    Days before are asked for with every value, and nearly all have one offset: then the wall clock moves as time does.
    """
    try:
        start = datetime.combine(date.fromordinal(day), time(), UTC)
        shown = [(start + since).astimezone(zone) for since in _LOOKS]
    except (OverflowError, ValueError):
        return None
    offset = shown[0].utcoffset()
    steady = all(each.utcoffset() == offset and not each.fold for each in shown)
    return offset if steady else None


def after(at: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """An instant and a span → the instant that much later, in UTC."""
    try:
        return _move(at, span, zone, 1)
    except (OverflowError, ValueError):
        return LATEST


def shifted(at: datetime, by: timedelta) -> datetime:
    """An instant and a length of time → the instant that much later; itself where the calendar ends.

    A clock that was never set shows the first day of the calendar.
    """
    try:
        return at + by
    except OverflowError:
        return at


def _move(at: datetime, span: Span, zone: ZoneInfo, sign: int) -> datetime:
    moved = at
    if span.months or span.days:
        local = at.astimezone(zone)
        if not span.months:
            guess = at + timedelta(days=sign * span.days)
            there = guess.astimezone(zone)
            # The same offset here and there, and no second occurrence: the wall clock shows the same
            if there.utcoffset() == local.utcoffset() and not there.fold:
                return guess.astimezone(UTC) + sign * timedelta(seconds=span.seconds)
        day = add_months(local.date(), sign * span.months) + timedelta(days=sign * span.days)
        # The same reading of the same clock; an instant in the overlap stays in it where the target has one, too
        moved = at_local(day, local.time().replace(fold=0), zone)
    return moved.astimezone(UTC) + sign * timedelta(seconds=span.seconds)


def add_months(day: date, months: int) -> date:
    """A day and whole months → the day then, or the last of its month: 30 Nov + 3 = 28 Feb (§5.8)."""
    if not months:
        return day
    number = day.year * _YEAR + day.month - 1 + months
    year, month = divmod(number, _YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))

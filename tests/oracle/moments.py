"""Times of a case: instants, local wall clocks, durations (thresholds.md §4.2, §5.3, §10)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)


@lru_cache(100_000)
def local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A wall clock time → the instant: in the gap by the offset before it, in the overlap the first (§10.2, §10.3)."""
    return datetime.combine(day, clock, zone).replace(fold=0).astimezone(UTC)


@lru_cache(100_000)
def instant(text: str, zone: ZoneInfo) -> datetime:
    """A time as written; without an offset it is local, a day alone is noon (§4.2)."""
    if len(text) == 10:
        return local(date.fromisoformat(text), time(12), zone)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        return local(at.date(), at.time(), zone)
    return at.astimezone(UTC)


@lru_cache(100_000)
def parts(text: str) -> tuple[int, int, timedelta]:
    """A duration → (months, days, elapsed)."""
    found = _DURATION.fullmatch(text)
    assert found, text
    years, months, weeks, days, hours, minutes, seconds = (int(g or 0) for g in found.groups())
    return (
        years * 12 + months,
        weeks * 7 + days,
        timedelta(hours=hours, minutes=minutes, seconds=seconds),
    )


def elapsed(text: str) -> timedelta:
    """A duration of days and hours → elapsed time."""
    _, days, rest = parts(text)
    return timedelta(days=days) + rest


@lru_cache(100_000)
def before(at: datetime, window: str, zone: ZoneInfo) -> datetime:
    """The start of a window that ends at `at`: days by the calendar, hours by the clock (§5.3)."""
    _, days, rest = parts(window)
    if not days:
        return at - rest
    wall = at.astimezone(zone)
    return local(wall.date() - timedelta(days=days), wall.time(), zone) - rest


def plus_months(day: date, months: int, days: int) -> date:
    """Calendar months later; the end of the month clamps (§5.8)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last)) + timedelta(days=days)


def covers(span: dict[str, Any], at: datetime, zone: ZoneInfo, start: str, end: str) -> bool:
    """Whether an instant lies in [start, end)."""
    return instant(span[start], zone) <= at and (
        span.get(end) is None or at < instant(span[end], zone)
    )

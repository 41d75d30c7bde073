"""FHIR times as text ↔ aware instants, with the patient's time zone for what has none.

Source: FHIR R4 datatypes (date, dateTime, instant, Period); thresholds.md §4.2, §10.1-10.3.
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from hub.thresholds.spans import EARLIEST, LATEST, local_time

_DAY_LENGTH: Final = 10
_FRACTION: Final = re.compile(r"(\.[0-9]{6})[0-9]+")


def to_instant(text: str | None, zone: tzinfo) -> datetime | None:
    """A FHIR dateTime or instant with a time of day → aware instant; None for anything less or unreadable.

    A time without offset is local: in the gap of spring the offset before it counts, in the overlap of autumn the
    first occurrence (§10.2, §10.3), which is what `fold=0` means. A leap second is the last second of its minute.
    """
    if text is None or len(text) <= _DAY_LENGTH:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        repaired = _FRACTION.sub(r"\1", text).replace(":60", ":59", 1)
        try:
            at = datetime.fromisoformat(repaired)
        except ValueError:
            return None
    return _in_calendar(at.replace(tzinfo=zone) if at.tzinfo is None else at)


def _in_calendar(at: datetime) -> datetime:
    """An aware instant → the same; the first or last there is where its offset moves it out of the calendar.

    A clock that was never set shows year 1, "for ever" is written as the last second of 9999: neither may stop anything.
    """
    if 1 < at.year < MAXYEAR:
        return at
    try:
        at.astimezone(UTC)
    except OverflowError:
        return LATEST if at.year == MAXYEAR else EARLIEST
    return at


def to_day(text: str | None) -> date | None:
    """A FHIR date of full precision (a dateTime gives its local day) → date; None for a month, a year or nonsense."""
    if text is None or len(text) < _DAY_LENGTH:
        return None
    try:
        return date.fromisoformat(text[:_DAY_LENGTH])
    except ValueError:
        return None


def local_start(day: date, zone: tzinfo) -> datetime:
    """A day → the instant it begins in the zone."""
    return _in_calendar(datetime.combine(day, time(0), zone))


def to_start(text: str | None, zone: tzinfo) -> datetime | None:
    """The start of a Period → the first instant it holds; None when open or unreadable."""
    at = to_instant(text, zone)
    if at is not None:
        return at
    first = _first_day(text)
    return None if first is None else local_start(first, zone)


def to_end(text: str | None, zone: tzinfo) -> datetime | None:
    """The end of a Period → the first instant it no longer holds; None when open or unreadable.

    A FHIR end is inclusive: one given as a day, month or year holds all of it. One given as a time is taken as it
    stands, exclusive, because a plan's `valid_to` is the next one's `valid_from` (§2.4).
    """
    at = to_instant(text, zone)
    if at is not None:
        return at
    first = _first_day(text)
    if first is None or text is None:
        return None
    try:
        return local_start(_day_after(first, len(text)), zone)
    except (ValueError, OverflowError):
        return None  # the end of year 9999 stands for "for ever"


def _first_day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat((text + "-01-01")[:_DAY_LENGTH])
    except ValueError:
        return None


def _day_after(first: date, length: int) -> date:
    if length >= _DAY_LENGTH:
        return first + timedelta(days=1)
    if length == len("2026-03"):
        return date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return date(first.year + 1, 1, 1)


def to_fhir_time(at: datetime, zone: tzinfo = UTC) -> str:
    """An aware instant → FHIR dateTime in the zone, seconds always, fractions only where there are any."""
    local = local_time(at, zone)
    text = local.isoformat(timespec="seconds" if local.microsecond == 0 else "microseconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text

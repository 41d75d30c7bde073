"""A date as written in a search → the half-open range it covers.

Units: microseconds since 1970-01-01T00:00Z. Source: http://hl7.org/fhir/R4/search.html#date.
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from hub.fhir.search.query import DateValue, Prefix
from hub.problems import ProblemCode, fail

LOCAL: Final = ZoneInfo("Europe/Oslo")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)
_END: Final = 253_402_300_800_000_000  # the year 10000, which no datetime holds


def micros(at: datetime) -> int:
    """An aware instant → microseconds since 1970."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(value: int) -> datetime:
    """Microseconds since 1970 → the instant, UTC."""
    return _EPOCH + timedelta(microseconds=value)


def from_clock(value: int) -> datetime:
    """As `from_micros`, in half the time, for instants our own clock gave: exact until the year 2200."""
    return datetime.fromtimestamp(value / 1_000_000, UTC)


def parse_date(text: str, param: str, now: datetime) -> DateValue:
    """`ge2026-03`, `2026-03-01T08:00:00+01:00` … → prefix and range.

    A date without zone is local time in Norway. `ap` widens the range by a tenth of its distance to `now`.
    A `+` that a browser turned into a blank is read as the plus it was.
    Problems: BAD_PARAMETER.
    """
    prefix, rest = ("eq", text)
    if text[:2] in _PREFIXES:
        prefix, rest = text[:2], text[2:]
    match = _DATE.fullmatch(rest.replace(" ", "+"))
    if match is None:
        raise fail(
            ProblemCode.BAD_PARAMETER,
            f"{param} must be a date such as 2026, 2026-03, 2026-03-01 or 2026-03-01T08:00:00+01:00, "
            f"with one of the prefixes {', '.join(_PREFIXES)} if wanted",
            param,
        )
    try:
        start, end = _range(match)
    except ValueError:
        raise fail(
            ProblemCode.BAD_PARAMETER, f"{param} names a day or time that does not exist", param
        ) from None
    if prefix == "ap":
        slack = abs(micros(now) - start) // 10
        start, end = start - slack, end + slack
    return DateValue(cast("Prefix", prefix), start, end)


def _range(match: re.Match[str]) -> tuple[int, int]:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    y, m, d = int(year), int(month or 1), int(day or 1)
    if hour is None:
        start = _midnight(y, m, d)
        if month is None:
            return start, _midnight(y + 1, 1, 1)
        if day is None:
            return start, _midnight(y + m // 12, m % 12 + 1, 1)
        if date(y, m, d) == date.max:
            return start, _END
        following = date(y, m, d) + timedelta(days=1)
        return start, _midnight(following.year, following.month, following.day)
    tz = (
        LOCAL
        if zone is None
        else datetime.fromisoformat(f"2000-01-01T00:00:00{zone.replace('Z', '+00:00')}").tzinfo
    )
    leap = second == "60"  # counts as the first second of the next minute
    seconds = 59 if leap else int(second or 0)
    at = micros(datetime(y, m, d, int(hour), int(minute), seconds, tzinfo=tz)) + leap * 1_000_000
    if second is None:
        return at, at + 60_000_000
    if fraction is None:
        return at, at + 1_000_000
    unit = 10 ** max(6 - len(fraction), 0)
    at += int(fraction[:6].ljust(6, "0"))
    return at, at + unit


def _midnight(year: int, month: int, day: int) -> int:
    """A day in Norway → its first instant; the year 10000 is the end."""
    return _END if year > MAXYEAR else micros(datetime(year, month, day, tzinfo=LOCAL))

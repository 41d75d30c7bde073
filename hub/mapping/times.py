"""Times of e-messages → FHIR times; a time without zone is Norwegian local time.

Source: kith.xsd (TS), W3C XML Schema part 2 §3.2.7–3.2.12, http://hl7.org/fhir/R4/datatypes.html#dateTime.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_PARTIAL: Final = re.compile(r"([0-9]{4}(?:-[0-9]{2}){0,2})(Z|[+-][0-9]{2}:[0-9]{2})?")
_FULL: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}:[0-9]{2}(?:\.[0-9]+)?)(Z|[+-][0-9]{2}:[0-9]{2})?",
)


@lru_cache(maxsize=1)
def oslo() -> ZoneInfo:
    """Nothing → the zone that times without one are meant in."""
    return ZoneInfo("Europe/Oslo")


# One day's messages tell the same moments many times over
@lru_cache(maxsize=4096)
def to_date_time(text: str | None) -> str | None:
    """A lexical xs:dateTime, date, gYearMonth or gYear → FHIR dateTime, or None when FHIR has no such time.

    Shape: the precision written is kept; a date-time without zone gets the offset of Norwegian local time (in the
    autumn's double hour the first one), 24:00:00 becomes 00:00:00 of the next day.
    Drops: the zone of a date (FHIR dates have none).
    """
    if not text:
        return None
    partial = _PARTIAL.fullmatch(text)
    if partial:
        return partial.group(1) if partial.group(1) >= "0001" else None
    full = _FULL.fullmatch(text)
    if full is None:
        return None
    day, hour, rest, zone = full.groups()
    try:
        if hour == "24":
            day, hour = (date.fromisoformat(day) + timedelta(days=1)).isoformat(), "00"
        return f"{day}T{hour}:{rest}{zone or _offset(f'{day}T{hour}:{rest[:5]}')}"
    except (ValueError, OverflowError):  # no such day, or the day after the last one there is
        return None


@lru_cache(maxsize=4096)
def _offset(local: str) -> str:
    at = datetime.fromisoformat(local)
    # Before 1895 Norwegian clocks differed by odd seconds, which FHIR cannot write
    if at.year < 1895:
        return "+01:00"
    return at.replace(tzinfo=oslo()).isoformat()[-6:]


@lru_cache(maxsize=4096)
def lexical_time(value: str | None) -> str | None:
    """A FHIR dateTime → as e-messages write it: Norwegian local time goes without its offset."""
    full = _FULL.fullmatch(value) if value else None
    if full is None or full.group(4) is None:
        return value
    day, hour, rest, zone = full.groups()
    try:
        usual = _offset(f"{day}T{hour}:{rest[:5]}")
    except ValueError:  # no such day
        return value
    return f"{day}T{hour}:{rest}" if zone == usual else value


@lru_cache(maxsize=4096)
def local_form(text: str) -> str:
    """A FHIR date or dateTime → as Norwegian e-messages write it: a time of day in local time, without offset."""
    full = _FULL.fullmatch(text)
    if full is None:
        return text
    day, hour, rest, zone = full.groups()
    if zone == _offset(f"{day}T{hour}:{rest[:5]}"):
        return f"{day}T{hour}:{rest}"
    rest = rest.replace(":60", ":59", 1)
    try:
        at = datetime.fromisoformat(f"{day}T{hour}:{rest[:5]}{zone}").astimezone(oslo())
    except (ValueError, OverflowError):  # a zone moves it out of the calendar
        return f"{day}T{hour}:{rest}{zone}"
    return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}{rest[5:]}"


def to_date(text: str | None) -> str | None:
    """A lexical xs:date, gYearMonth, gYear or dateTime → FHIR date, or None when FHIR has no such date."""
    whole = to_date_time(text)
    return None if whole is None else whole[:10]


@lru_cache(maxsize=256)
def to_instant(at: datetime) -> str:
    """An aware instant → FHIR instant with milliseconds at most."""
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")


def to_instant_of(text: str | None) -> datetime | None:
    """A time as a message writes it → the instant, a day as its Norwegian midnight; None when it is no time."""
    whole = to_date_time(text)
    if whole is None or len(whole) < 10:
        return None
    try:
        at = datetime.fromisoformat(whole)
        return at if at.tzinfo is not None else at.replace(tzinfo=oslo())
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def order_key(text: str | None) -> str:
    """A FHIR dateTime → a text that sorts by time; what is unknown sorts first, a day before its hours."""
    if not text:
        return ""
    if "T" not in text:
        return text
    at = datetime.fromisoformat(text.replace(":60", ":59", 1))
    # Where the zone moves it out of the calendar it keeps its own clock: the first or the last day there is
    with suppress(OverflowError):
        at = at.astimezone(oslo())
    return at.replace(tzinfo=None).isoformat(timespec="microseconds")


def is_before(one: str | None, other: str | None) -> bool:
    """Two FHIR dateTimes → whether the one is certainly before the other, at the coarser precision of the two."""
    first, second = order_key(one), order_key(other)
    length = min(len(first), len(second))
    return first[:length] < second[:length]


def day_of(text: str | None) -> str | None:
    """A FHIR dateTime → its Norwegian calendar day, or None when it is coarser than a day."""
    key = order_key(text)
    return key[:10] if len(key) >= 10 else None

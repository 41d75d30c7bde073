"""Values of date parameters → index entries; dates as resources hold them → the ranges they cover.

Units: microseconds since 1970, UTC. Source: http://hl7.org/fhir/R4/search.html#date.
"""

from __future__ import annotations

from datetime import MAXYEAR, UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from hub.fhir.search.dates import LOCAL
from hub.fhir.search.entry import Extraction, IndexEntry, there
from hub.fhir.search.token_entries import Leaf

EARLIEST: Final = -62_135_596_800_000_000
LATEST: Final = 253_402_300_800_000_000
"""The ends of an open Period. Units: microseconds since 1970, UTC; the years 1 and 10000."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = 1_000_000
_LAST_DAY: Final = date.max.toordinal()
_DAY: Final = 10  # characters of a date without time


def date_leaf(param: str, kind: str) -> Leaf | None:
    """A date parameter and the FHIR type it finds → what makes entries of a value; None: it tells no time."""
    match kind:
        case "Period":
            span = _period
        case "Timing":
            span = _timing
        case "date" | "dateTime" | "instant":
            span = date_range
        case _:
            return None

    def leaf(value: Any, run: Extraction, slot: int) -> None:
        found = span(value, run.zone)
        if found is None:
            run.found.append(there(param, slot))
        else:
            run.found.append(IndexEntry(param, "date", start=found[0], end=found[1], slot=slot))

    return leaf


def _period(value: Any, zone: tzinfo) -> tuple[int, int] | None:
    if value.start is None and value.end is None:
        return None
    start = EARLIEST if value.start is None else date_range(value.start, zone)[0]
    end = LATEST if value.end is None else date_range(value.end, zone)[1]
    return start, end


def _timing(value: Any, zone: tzinfo) -> tuple[int, int] | None:
    spans = [date_range(event, zone) for event in value.event if event is not None]
    bounds = value.repeat.boundsPeriod if value.repeat is not None else None
    whole = _period(bounds, zone) if bounds is not None else None
    spans += [whole] if whole is not None else []
    return (min(s for s, _ in spans), max(e for _, e in spans)) if spans else None


def date_range(text: str, zone: tzinfo = LOCAL) -> tuple[int, int]:
    """A date, dateTime or instant as FHIR writes them → the half-open range it covers.

    Shape: a year covers the year, a second the second, a fraction as much as its last digit; a day, month or year is one
    in `zone`. A leap second counts as the first of the next minute.
    Units: microseconds since 1970, UTC.
    """
    if len(text) <= _DAY:
        return _partial(text, zone)
    leap = text[17:19] == "60"
    at = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if leap else text)
    since = at - _EPOCH
    start = (since.days * 86_400 + since.seconds + leap) * _SECOND + since.microseconds
    if text[19] != ".":
        return start, start + _SECOND
    digits = len(text) - 20 - len(text[20:].lstrip("0123456789"))
    return start, start + 10 ** max(6 - digits, 0)


def _partial(text: str, zone: tzinfo) -> tuple[int, int]:
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    start = datetime(year, month, day, tzinfo=zone)
    if len(parts) == 1:
        year += 1
    elif len(parts) == 2:
        year, month = year + month // 12, month % 12 + 1
    elif start.toordinal() < _LAST_DAY:
        following = start.date() + timedelta(days=1)
        year, month, day = following.year, following.month, following.day
    else:
        year += 1
    begins = (start - _EPOCH) // _MICROSECOND
    if year > MAXYEAR:
        return begins, LATEST
    return begins, (datetime(year, month, day, tzinfo=zone) - _EPOCH) // _MICROSECOND

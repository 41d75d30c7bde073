"""A number that all its rules find green by itself → its judgement by the shortest way; judge.py is the whole way.

Nine of ten values are of this kind. What is not certain beforehand (a unit or a context that matters, a comparator, another
status than active, anything that fires) gives None here and goes the whole way; both ways give the same judgement.
Source: dho/thresholds.md §4.2–4.9, §5.1.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.thresholds.book import Book, Entry, RuleSet
from hub.thresholds.examine import LATE_AFTER
from hub.thresholds.history import History, Sample
from hub.thresholds.judgement import Judgement, Trace
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement, parse_decimal
from hub.thresholds.measures import COMPONENTS, MEASURES, is_coded
from hub.thresholds.rules.kind import Judge, Moment, Reading
from hub.thresholds.units import CONVERSIONS, Conversion, is_unit
from hub.thresholds.zones import ALERTING, RANK, Zone

_NO_TIME: Final = timedelta(0)
_ODD: Final = RETRACTED_STATUSES | {"registered"}
_KIND: Final = "absolute"


class Plain(Struct, frozen=True):
    """The rules of one measure for values in one unit, all bands on the value.

    Shape: `low` and `high` end the plausible guard, None = open, in the unit that `convert` gives (None = as received).
    """

    judges: tuple[tuple[Entry, Judge], ...]
    plan: str
    version: int
    low: Decimal | None
    high: Decimal | None
    convert: Conversion | None


def judge_plain(book: Book, m: Measurement) -> Judgement | None:
    """An observation version → its judgement when nothing about it is odd and nothing fires; None: judge it the whole way."""
    at, text, unit = m.effective, m.value, m.unit
    if at is None or text is None or unit is None or _is_odd(m):
        return None
    if not _NO_TIME <= m.received - at <= LATE_AFTER or book.status_at(at) != "active":
        return None
    plain = _plain(book, book.rules_for(m.measure, at), m.measure, unit)
    value = None if plain is None else parse_decimal(text)
    if plain is None or value is None or not _is_plausible(plain, value):
        return None
    return _judged(plain, m, at, value, unit)


def _judged(
    plain: Plain, m: Measurement, at: datetime, value: Decimal, unit: str
) -> Judgement | None:
    reading = Reading({m.measure: (value, unit)})
    zone: Zone = "none"
    trace: list[Trace] = []
    for entry, judge in plain.judges:
        found = judge(reading, _NO_MOMENT)
        if found is None or found.zone in ALERTING:
            return None
        if RANK[found.zone] > RANK[zone]:
            zone = found.zone
        trace.append(
            Trace(
                *(entry.rule.id, entry.origin, found.zone, found.reason),
                *(found.value, found.unit, False, found.calm),
            )
        )
    return Judgement(
        *(m.id, m.version, m.measure, zone, at.astimezone(UTC), plain.plan, plain.version),
        trace=tuple(trace),
    )


def _is_odd(m: Measurement) -> bool:
    return bool(
        m.comparator is not None
        or m.components
        or m.date_only
        or m.clock_offset_s
        or m.code_conflict
        or m.data_absent_reason is not None
        or m.device_error is not None
        or m.items is not None
        or m.status in _ODD
    )


def _is_plausible(plain: Plain, value: Decimal) -> bool:
    measured = value if plain.convert is None else plain.convert(value)
    return (plain.low is None or measured >= plain.low) and (
        plain.high is None or measured <= plain.high
    )


def _plain(book: Book, rules: RuleSet, measure: str, unit: str) -> Plain | None:
    """A unit that the measure does not know is not remembered: there is no end of them."""
    key = (id(rules), measure, unit)
    if key in book.memo:
        return book.memo[key]
    if not is_unit(measure, unit):
        return None
    found = book.memo[key] = _compile(rules, measure, unit)
    return found


def _compile(rules: RuleSet, measure: str, unit: str) -> Plain | None:
    """The rules of a measure and a unit → ready to judge plain values; None where they ask for more than the value."""
    known = MEASURES.get(measure)
    if known is None or is_coded(measure) or measure in _OTHERWISE:
        return None
    if rules.plan is None or rules.observing or not rules.plain:
        return None
    judges = tuple((e, e.judge) for e in rules.entries if e.judge is not None and _is_plain(e))
    if not judges or len(judges) < len(rules.entries):
        return None
    convert = None if unit == known.unit else CONVERSIONS[measure, unit, known.unit]
    return Plain(
        judges,
        rules.plan.id,
        rules.plan.version,
        known.plausible_min,
        known.plausible_max,
        convert,
    )


def _is_plain(entry: Entry) -> bool:
    return entry.rule.kind == _KIND and not entry.watching and not entry.reach.names


_OTHERWISE: Final = frozenset(("bp", *COMPONENTS))
"""Measures whose guard compares components."""
_NO_MOMENT: Final = Moment(
    Sample(datetime.min.replace(tzinfo=UTC), "", "", {}), History(ZoneInfo("UTC"))
)
"""A limit on the value looks at no other."""

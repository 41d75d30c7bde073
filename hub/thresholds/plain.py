"""A number that all its rules find green by itself → its judgement by the shortest way; judge.py is the whole way.

Nine of ten values are of this kind. What is not certain beforehand (a unit or a context that matters, a comparator, another
status than active, anything that fires) gives None here and goes the whole way; both ways give the same judgement.
Source: dho/thresholds.md §4.2–4.9, §5.1.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from hub.thresholds.bands import Cell, Scale
from hub.thresholds.book import Book, Entry, Origin, RuleSet
from hub.thresholds.examine import HISTORICAL, HISTORICAL_AFTER, LATE_AFTER, Examined
from hub.thresholds.history import History, Sample
from hub.thresholds.judge import lacks_part
from hub.thresholds.judgement import Judgement, Trace
from hub.thresholds.measurement import DECIMAL, RETRACTED_STATUSES, Measurement
from hub.thresholds.measures import COMPONENTS, MEASURES, is_coded
from hub.thresholds.rules.absolute import REASONS, Limits
from hub.thresholds.rules.checks import Convert
from hub.thresholds.rules.kind import Moment, Reading
from hub.thresholds.spans import in_utc
from hub.thresholds.units import CONVERSIONS, Conversion, is_unit
from hub.thresholds.zones import ALERTING, RANK, Zone

_NO_TIME: Final = timedelta(0)
_ODD: Final = RETRACTED_STATUSES | {"registered"}


class Limit(Struct, frozen=True):
    """One rule for values in one unit. Shape: `convert` None = the value is in the rule's unit as received."""

    rule: str
    origin: Origin
    unit: str
    convert: Convert | None
    bounds: tuple[Decimal, ...]
    cells: tuple[Cell, ...]
    scale: Scale
    margin: Decimal | None


class Plain(Struct, frozen=True):
    """The rules of one measure for values in one unit, all bands on the value.

    Shape: `low` and `high` end the plausible guard, None = open, in the unit that `convert` gives (None = as received).
    """

    limits: tuple[Limit, ...]
    plan: str
    version: int
    low: Decimal | None
    high: Decimal | None
    convert: Conversion | None


def judge_plain(book: Book, m: Measurement) -> Judgement | None:
    """An observation version → its judgement when nothing about it is odd and nothing fires; None: judge it the whole way."""
    at, text, unit = m.effective, m.value, m.unit
    if (
        at is None
        or text is None
        or unit is None
        or _is_odd(m)
        or not _NO_TIME <= m.received - at <= LATE_AFTER
        or (book.periods and book.status_at(at) != "active")
    ):
        return None
    sets = book.sets[bisect_right(book.starts, at)]
    rules = sets.get(m.measure) or sets[""]
    plain = book.memo.get((id(rules), m.measure, unit))
    if plain is None:
        plain = _plain(book, rules, m.measure, unit)
    if plain is None or DECIMAL.fullmatch(text) is None:
        return None
    return _judged(plain, m, at, Decimal(text), unit)


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


def _judged(
    plain: Plain, m: Measurement, at: datetime, value: Decimal, unit: str
) -> Judgement | None:
    """A number → its judgement, where it is plausible and nothing fires. Shape: in one piece, as nearly every value comes this way."""
    measured = value if plain.convert is None else plain.convert(value)
    if (plain.low is not None and measured < plain.low) or (
        plain.high is not None and measured > plain.high
    ):
        return None
    zone: Zone = "none"
    trace: list[Trace] = []
    for limit in plain.limits:
        bounds, convert = limit.bounds, limit.convert
        number = value if convert is None else convert((value, unit))
        place = bisect_left(bounds, number)
        hit = place < len(bounds) and bounds[place] == number
        cell = limit.cells[2 * place + hit]
        found = cell.zone
        if found in ALERTING:
            return None
        if RANK[found] > RANK[zone]:
            zone = found
        calm = None if limit.margin is None else limit.scale.well_inside(number, limit.margin)
        reason = REASONS[cell.side]
        trace.append(
            Trace(limit.rule, limit.origin, found, reason, number, limit.unit, False, calm)
        )
    return Judgement(
        *(m.id, m.version, m.measure, zone, in_utc(at), plain.plan, plain.version),
        trace=tuple(trace),
    )


def examine_plain(m: Measurement) -> Examined | None:
    """An observation version → what `examine` says of it, when it is one plausible number and nothing is odd; None: examine it the whole way."""
    at, text, unit, known = m.effective, m.value, m.unit, _NUMBERS.get(m.measure)
    if (
        at is None
        or text is None
        or known is None
        or unit is None
        or (m.measure, unit, unit) not in CONVERSIONS
        or _is_odd(m)
        or DECIMAL.fullmatch(text) is None
    ):
        return None
    age = m.received - at
    if age < _NO_TIME:
        return None
    flags: tuple[str, ...] = ()
    if age > LATE_AFTER:
        flags = ("late", HISTORICAL) if age > HISTORICAL_AFTER else ("late",)
    value = Decimal(text)
    measured = value if unit == known.unit else CONVERSIONS[m.measure, unit, known.unit](value)
    low, high = known.plausible_min, known.plausible_max
    if (low is not None and measured < low) or (high is not None and measured > high):
        return None
    at = in_utc(at)
    values = {m.measure: (value, unit)}
    sample = Sample(at, m.id, m.measure, values)
    return Examined(m, "valid", at, flags, (), Reading(values), sample, fills=True)


def judge_quiet(book: Book, examined: Examined, history: History) -> Judgement | None:
    """An examined value and the values it stands among → its judgement when no rule fires; None: judge it the whole way.

    Shape: only where an active plan judges and every rule applies as it stands, so that asking them in turn is all there is.
    """
    m, reading, sample, at = examined.m, examined.reading, examined.sample, examined.at
    if reading is None or sample is None or examined.technical or book.status_at(at) != "active":
        return None
    rules = book.rules_for(m.measure, at)
    if rules.plan is None or rules.observing or not rules.plain or not rules.entries:
        return None
    if lacks_part(rules, reading, m):
        return None
    zone: Zone = "none"
    trace: list[Trace] = []
    moment = Moment(sample, history)
    for entry in rules.entries:
        if entry.watching or entry.judge is None:
            return None
        try:
            finding = entry.judge(reading, moment)
        except Exception:  # noqa: BLE001 - S10: the whole way tells of it
            return None
        if finding is None:
            continue
        found = finding.zone
        if found in ALERTING or finding.incomplete:
            return None
        if RANK[found] > RANK[zone]:
            zone = found
        rule, reason, value, shown = entry.rule.id, finding.reason, finding.value, finding.unit
        trace.append(Trace(rule, entry.origin, found, reason, value, shown, False, finding.calm))
    plan = rules.plan
    return Judgement(
        *(m.id, m.version, m.measure, zone, at, plan.id, plan.version, examined.flags, ()),
        tuple(trace),
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
    found = [_limit(entry, measure, unit) for entry in rules.entries]
    limits = tuple(limit for limit in found if limit is not None)
    if not limits or len(limits) < len(found):
        return None
    convert = None if unit == known.unit else CONVERSIONS[measure, unit, known.unit]
    return Plain(
        limits,
        rules.plan.id,
        rules.plan.version,
        known.plausible_min,
        known.plausible_max,
        convert,
    )


def _limit(entry: Entry, measure: str, unit: str) -> Limit | None:
    """A rule → ready to judge numbers in a unit; None where it asks for more than the number."""
    limits = entry.judge
    if entry.watching or entry.reach.names or not isinstance(limits, Limits):
        return None
    if limits.measure != measure:
        return None
    convert = None if unit == limits.unit else limits.convert
    return Limit(
        *(entry.rule.id, entry.origin, limits.unit, convert),
        *(limits.scale.bounds, limits.scale.cells, limits.scale, limits.margin),
    )


_OTHERWISE: Final = frozenset(("bp", *COMPONENTS))
"""Measures whose guard compares components."""
_NUMBERS: Final = {
    key: row for key, row in MEASURES.items() if not row.coded and key not in _OTHERWISE
}

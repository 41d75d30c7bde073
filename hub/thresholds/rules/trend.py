"""Rule kind `trend`: least-squares slope per day.

Time is counted in whole microseconds and values are decimals, so a slope that is exactly the limit is found to be so.
Source: dho/thresholds.md §5.4, §5.3 (windows), §4.5, §13 S12.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from hub.thresholds.history import Operand, Sample
from hub.thresholds.plan import Rule
from hub.thresholds.reason import render_quantity, render_span
from hub.thresholds.rules.checks import (
    Convert,
    converter,
    exact_samples,
    firing_band_faults,
    firing_cells,
    measure_faults,
    measure_of,
    needed,
    value_triggers,
)
from hub.thresholds.rules.kind import (
    Finding,
    Judge,
    Kind,
    Moment,
    Reach,
    Reading,
    RuleFaultError,
)
from hub.thresholds.spans import Span, before
from hub.thresholds.units import EXACT
from hub.thresholds.zones import ALERTING

_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = Decimal(86_400_000_000)
_DIRECTIONS: Final = ("up", "down")
_TWO: Final = 2


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults = measure_faults(rule)
    if rule.direction not in _DIRECTIONS:
        faults.append("Retningen (direction) må være opp (up) eller ned (down).")
    if rule.window is None:
        faults.append("Tidsrommet (window) mangler.")
    elif rule.window == Span():
        faults.append("Tidsrommet (window) er tomt: regelen kan aldri slå ut.")
    if rule.min_points is None or rule.min_points < _TWO:
        faults.append("Minste antall verdier (min_points) må være minst 2.")
    if (
        rule.window is not None
        and rule.min_span is not None
        and rule.min_span.longest > rule.window.longest
    ):
        faults.append("Korteste tid mellom første og siste verdi er lengre enn tidsrommet.")
    return (*faults, *firing_band_faults(rule.bands))


def _is_off(rule: Rule) -> bool:
    return not rule.bands


def _compile(rule: Rule) -> Judge | None:
    measure, unit = measure_of(rule), rule.unit
    convert = converter(measure, unit)
    if unit is None or convert is None:
        return None
    window = needed(rule.window, "window")
    points = max(needed(rule.min_points, "min_points"), _TWO)
    if rule.direction not in _DIRECTIONS:
        raise RuleFaultError("direction")
    cell_of = firing_cells(rule.bands)
    span = rule.min_span
    surely = None if span is None else span.longest

    def judge(reading: Reading, moment: Moment) -> Finding | None:
        if measure not in reading.values or measure in reading.comparators:
            return None
        start = before(moment.sample.at, window, moment.history.zone)
        line = _tracked(moment, start, measure, unit, convert)
        if line is None:
            line = _line(_points(moment, start, measure, convert))
        count, first, slope = line
        if count < points or slope is None or not _is_long(span, surely, first, moment):
            return Finding("green", "", measure, None, f"{unit}/d")
        steep = slope if rule.direction == "up" else -slope
        cell = cell_of(steep)
        reason = "" if cell.zone == "green" else f"trend.{rule.direction}"
        if cell.zone not in ALERTING:  # nothing is raised that words would explain
            return Finding(cell.zone, reason, measure, steep, f"{unit}/d", cell.bound)
        found = _points(moment, start, measure, convert)
        return Finding(
            *(cell.zone, reason, measure, steep, f"{unit}/d", cell.bound),
            words=_words(rule, steep, count),
            operands=tuple(Operand(s.id, s.at, value, measure) for s, value in found),
        )

    return judge


Line = tuple[int, datetime, Decimal | None]
"""How many values, the instant of the first, and the slope per day."""


def _is_long(span: Span | None, surely: timedelta | None, first: datetime, moment: Moment) -> bool:
    """Whether the first value lies a span back. Shape: `surely` is how long the span is however the calendar runs."""
    at = moment.sample.at
    if span is None or surely is None or at - first >= surely:
        return True
    return first <= before(at, span, moment.history.zone)


def _points(
    moment: Moment, start: datetime, measure: str, convert: Convert
) -> list[tuple[Sample, Decimal]]:
    """A moment and the start of its window → the exact values in it, the trigger last."""
    sample = moment.sample
    samples = exact_samples(moment.history.between(measure, start, sample.at), measure)
    found = [s for s in samples if s.id != sample.id]
    return [(s, convert(s.values[measure])) for s in (*found, sample)]


def _line(found: Sequence[tuple[Sample, Decimal]]) -> Line:
    return len(found), found[0][0].at, slope_per_day([(s.at, value) for s, value in found])


def _tracked(
    moment: Moment, start: datetime, measure: str, unit: str, convert: Convert
) -> Line | None:
    """As `_line`, from the sums that are kept; None where a value is odd or the trigger is not among those in the history."""
    history, sample = moment.history, moment.sample
    first, last = history.stretch(measure, start, sample.at)
    if first == last or history.at(measure, last - 1) is not sample:
        return None
    track = history.track(measure, unit, convert)
    line = track.line(first, last)
    if line is None:
        return None
    begin = first
    while track.values[begin] is None:
        begin += 1
    return line[0], history.at(measure, begin).at, line[1]


def slope_per_day(points: Sequence[tuple[datetime, Decimal]]) -> Decimal | None:
    """Points → the least-squares slope per 24 hours, None when all are of one instant."""
    count = Decimal(len(points))
    origin = points[0][0]
    xs = [(at - origin) // _MICROSECOND for at, _ in points]
    ys = [value for _, value in points]
    sum_x, sum_y = sum(xs), _total(ys)
    over = len(xs) * sum(x * x for x in xs) - sum_x * sum_x
    if over == 0:
        return None
    moment = _total([EXACT.multiply(Decimal(x), y) for x, y in zip(xs, ys, strict=True)])
    rise = EXACT.subtract(EXACT.multiply(count, moment), EXACT.multiply(Decimal(sum_x), sum_y))
    return EXACT.divide(EXACT.multiply(rise, _DAY), Decimal(over))


def _total(values: Sequence[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def _words(rule: Rule, slope: Decimal, points: int) -> str:
    verb = "stiger" if rule.direction == "up" else "synker"
    amount = render_quantity(EXACT.quantize(slope, Decimal("0.001")).normalize(), rule.unit or "")
    span = "" if rule.window is None else f" siste {render_span(rule.window)}"
    return f"{verb} {amount} per døgn ({points} verdier{span})"


def _reach(rule: Rule) -> Reach:
    return Reach((measure_of(rule),), rule.window)


TREND: Final = Kind(measure_of, value_triggers, _faults, _is_off, _compile, _reach)

"""Rule kind `average`: the mean of the last days, as in home blood pressure.

Source: dho/thresholds.md §5.6, §4.5 (comparators are left out), §10.1 (days of the patient's calendar).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from hub.thresholds.bands import Scale, band_faults, compile_bands
from hub.thresholds.history import Operand, Sample
from hub.thresholds.measures import COMPONENTS
from hub.thresholds.plan import Band, Rule
from hub.thresholds.reason import render_quantity
from hub.thresholds.rules.checks import (
    Convert,
    converter,
    exact_samples,
    measure_faults,
    measure_of,
    needed,
    unreachable_faults,
)
from hub.thresholds.rules.composite_bp import ORDER
from hub.thresholds.rules.kind import Finding, Judge, Kind, Moment, Reach, Reading
from hub.thresholds.spans import Span, at_local, local_time
from hub.thresholds.units import EXACT
from hub.thresholds.zones import RANK

PULSE_PRESSURE: Final = "pulse_pressure"
_PRESSURES: Final = ("systolic", "diastolic")


def _names(rule: Rule) -> tuple[str, ...]:
    """The values that are averaged: the parts of a panel, else the measure itself whatever the bands are called."""
    if measure_of(rule) == "bp":
        return tuple(name for name in ORDER if rule.components.get(name))
    return (measure_of(rule),) if any(rule.components.values()) else ()


def _bands_of(rule: Rule, name: str) -> tuple[Band, ...]:
    if name in rule.components:
        return rule.components[name]
    return next((bands for bands in rule.components.values() if bands), ())


def _triggers(rule: Rule) -> tuple[str, ...]:
    measure = measure_of(rule)
    return (measure, "bp") if measure in COMPONENTS else (measure,)


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults = measure_faults(rule, panel=True)
    if measure_of(rule) == "bp":
        faults += [f"Blodtrykk har ingen del {n}." for n in rule.components if n not in ORDER]
    elif len(rule.components) > 1:
        faults.append("Et gjennomsnitt av én måling kan bare ha ett sett med områder.")
    numbers = {
        "Antall døgn (window_days)": rule.window_days,
        "Minste antall målinger (min_readings)": rule.min_readings,
        "Minste antall døgn med målinger (min_days)": rule.min_days,
    }
    faults += [f"{what} må være minst 1." for what, n in numbers.items() if n is None or n < 1]
    if (
        rule.window_days
        and rule.min_days
        and rule.min_days > rule.window_days - rule.drop_first_day
    ):
        faults.append(
            "Regelen kan aldri slå ut: den krever flere døgn med målinger enn den ser på."
        )
    for name, bands in rule.components.items():
        source = name if measure_of(rule) == "bp" else measure_of(rule)
        told = (*band_faults(bands), *unreachable_faults(source, rule.unit, bands))
        faults += [f"{name}: {fault}" for fault in told]
    return tuple(faults)


def _is_off(rule: Rule) -> bool:
    return not any(rule.components.values())


def _compile(rule: Rule) -> Judge | None:
    unit, names = rule.unit, _names(rule)
    sources = {n: ("systolic" if n == PULSE_PRESSURE else n) for n in names}
    converts = {n: converter(source, unit) for n, source in sources.items()}
    if unit is None or not names or any(convert is None for convert in converts.values()):
        return None
    ready = {name: convert for name, convert in converts.items() if convert is not None}
    scales = {name: compile_bands(_bands_of(rule, name)) for name in names}
    days = max(needed(rule.window_days, "window_days"), 1)
    readings, on_days = needed(rule.min_readings, "min_readings"), needed(rule.min_days, "min_days")

    def judge(_: Reading, moment: Moment) -> Finding | None:
        own = {name: _value(moment.sample, name, ready) for name in names}
        if all(value is None for value in own.values()):
            return None
        kept = _readings(rule, names, moment, days)
        worst: Finding | None = None
        for name, scale in scales.items():
            numbers = [(s, d, v) for s, d in kept if (v := _value(s, name, ready)) is not None]
            if not numbers or len(numbers) < readings or len({d for _, d, _ in numbers}) < on_days:
                continue
            found = _judge_mean(name, scale, [(s, v) for s, _, v in numbers], unit)
            if worst is None or RANK[found.zone] > RANK[worst.zone]:
                worst = found
        return worst or Finding("green", "", names[0], None, unit)

    return judge


def _value(sample: Sample, name: str, converts: Mapping[str, Convert]) -> Decimal | None:
    """A sample and a component → its exact number in the rule's unit (§4.5); pulse pressure is the difference of two."""
    if name == PULSE_PRESSURE:
        if not sample.comparators.keys().isdisjoint(_PRESSURES):
            return None
        high, low = sample.values.get("systolic"), sample.values.get("diastolic")
        if high is None or low is None:
            return None
        return converts[name](high) - converts[name](low)
    given = sample.values.get(name)
    return None if given is None or name in sample.comparators else converts[name](given)


def _readings(
    rule: Rule, names: Sequence[str], moment: Moment, days: int
) -> list[tuple[Sample, date]]:
    """The values up to the trigger on the local days D−k+1..D, with their day; without the earliest day if so asked."""
    sample, history = moment.sample, moment.history
    start = first_instant(sample.at, days, history.zone)
    found = {sample.id: sample}
    for name in names:
        read = "systolic" if name == PULSE_PRESSURE else name
        for other in exact_samples(history.between(read, start, sample.at), read):
            found.setdefault(other.id, other)
    dated = [(s, local_time(s.at, history.zone).date()) for s in found.values()]
    if rule.drop_first_day:
        first = min(day for _, day in dated)
        dated = [(s, day) for s, day in dated if day != first]
    return sorted(dated, key=lambda pair: (pair[0].at, len(pair[0].id), pair[0].id))


def first_instant(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """A trigger and a number of days → the midnight that begins the first of them."""
    day = local_time(at, zone).date()
    try:
        return at_local(day - timedelta(days=days - 1), time(0), zone)
    except OverflowError:
        return at


def _judge_mean(
    name: str, scale: Scale, numbers: Sequence[tuple[Sample, Decimal]], unit: str
) -> Finding:
    total = Decimal(0)
    for _, value in numbers:
        total = EXACT.add(total, value)
    mean = EXACT.divide(total, Decimal(len(numbers)))  # §5.6: compared unrounded
    cell = scale.find(mean)
    side = cell.side
    reason = "absolute.gap" if side == "gap" else f"average.{name}.{side}" if side else ""
    shown = EXACT.quantize(mean, Decimal("0.1"))
    return Finding(
        *(cell.zone, reason, name, mean, unit, cell.bound),
        words=f"har gjennomsnitt {render_quantity(shown, unit)} av {len(numbers)} målinger",
        operands=tuple(Operand(s.id, s.at, value, name) for s, value in numbers),
    )


def _reach(rule: Rule) -> Reach:
    names = tuple("systolic" if n == PULSE_PRESSURE else n for n in _names(rule))
    return Reach(names, Span(days=max(rule.window_days or 1, 1)))


AVERAGE: Final = Kind(measure_of, _triggers, _faults, _is_off, _compile, _reach)

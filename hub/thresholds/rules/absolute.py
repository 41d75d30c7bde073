"""Rule kind `absolute`: bands on the value.

Source: dho/thresholds.md §5.1.
"""

from __future__ import annotations

from typing import Final

from hub.thresholds.bands import band_faults, compile_bands
from hub.thresholds.measures import COMPONENTS, MEASURES
from hub.thresholds.plan import Rule
from hub.thresholds.rules.kind import Finding, Judge, Kind, Reading
from hub.thresholds.units import CONVERSIONS, is_unit

_REASONS: Final = {"low": "absolute.low", "high": "absolute.high", "gap": "absolute.gap", "": ""}


def _measure_of(rule: Rule) -> str:
    return rule.measure or ""


def _triggers(rule: Rule) -> tuple[str, ...]:
    # A limit on systolic pressure also judges the systolic component of a panel (S1: no red is lost).
    measure = _measure_of(rule)
    return (measure, "bp") if measure in COMPONENTS else (measure,)


def _faults(rule: Rule) -> tuple[str, ...]:
    measure = _measure_of(rule)
    if measure not in MEASURES:
        return (f"Målingen {measure or '(mangler)'} er ukjent.",)
    faults = list(band_faults(rule.bands))
    if rule.bands and not is_unit(measure, rule.unit):
        faults.insert(0, f"Enheten {rule.unit or '(mangler)'} passer ikke til {measure}.")
    return tuple(faults)


def _is_off(rule: Rule) -> bool:
    return not rule.bands


def _compile(rule: Rule) -> Judge | None:
    measure = _measure_of(rule)
    unit = rule.unit
    if unit is None or not is_unit(measure, unit):
        return None
    scale = compile_bands(rule.bands)
    margin = None if rule.auto_resolve is None else rule.auto_resolve.margin
    convert = {a: CONVERSIONS[m, a, b] for m, a, b in CONVERSIONS if m == measure and b == unit}

    def judge(reading: Reading) -> Finding | None:
        given = reading.values.get(measure)
        if given is None:
            return None
        value, received_unit = given
        if received_unit != unit:
            value = convert[received_unit](value)
        cell = scale.find(value, reading.comparator)
        calm = None
        if margin is not None and reading.comparator is None:
            calm = scale.well_inside(value, margin)
        return Finding(
            cell.zone, _REASONS[cell.side], measure, value, unit, cell.bound, False, calm
        )

    return judge


ABSOLUTE: Final = Kind(_measure_of, _triggers, _faults, _is_off, _compile)

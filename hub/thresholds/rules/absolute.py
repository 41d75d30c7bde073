"""Rule kind `absolute`: bands on the value.

Source: dho/thresholds.md §5.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from hub.thresholds.bands import Scale, band_faults, compile_bands
from hub.thresholds.plan import Band, Rule
from hub.thresholds.rules.checks import (
    Convert,
    converter,
    measure_faults,
    measure_of,
    needed,
    unreachable_faults,
    value_triggers,
)
from hub.thresholds.rules.kind import Finding, Judge, Kind, Moment, Reading

REASONS: Final = {"low": "absolute.low", "high": "absolute.high", "gap": "absolute.gap", "": ""}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bands on the value of one measure, ready to judge. Shape: a `Judge`; what it is made of lies open to plain.py, which asks many at once."""

    measure: str
    unit: str
    convert: Convert
    scale: Scale
    margin: Decimal | None

    def __call__(self, reading: Reading, _: Moment) -> Finding | None:
        """A reading → where its value lies; None when it has none of this measure."""
        given = reading.values.get(self.measure)
        if given is None:
            return None
        value = given[0] if given[1] == self.unit else self.convert(given)
        comparator = reading.comparators.get(self.measure)
        cell = self.scale.find(value, comparator)
        calm = None
        if self.margin is not None and comparator is None:
            calm = self.scale.well_inside(value, self.margin)
        return Finding(
            *(cell.zone, REASONS[cell.side], self.measure, value, self.unit, cell.bound, False),
            calm,
            comparator=comparator,
        )


def _faults(rule: Rule) -> tuple[str, ...]:
    faults = measure_faults(rule)
    if _is_off(rule) and faults and faults[0].startswith("Enheten"):
        faults = []
    unreachable = unreachable_faults(measure_of(rule), rule.unit, rule.bands)
    return (*faults, *band_faults(rule.bands), *unreachable)


def _is_off(rule: Rule) -> bool:
    return not rule.bands


def _compile(rule: Rule) -> Judge | None:
    measure, unit = measure_of(rule), rule.unit
    convert = converter(measure, unit)
    if unit is None or convert is None:
        return None
    margin = None if rule.auto_resolve is None else rule.auto_resolve.margin
    return _judge_of(repr((rule.bands, margin)), measure, unit, rule.bands, margin)


@lru_cache(maxsize=4096)
def _judge_of(
    told: str,  # noqa: ARG001 - 7.0 and 7.00 are equal and told differently
    measure: str,
    unit: str,
    bands: tuple[Band, ...],
    margin: Decimal | None,
) -> Judge:
    """What decides → the judge, one for all patients who have the same limits."""
    convert = needed(converter(measure, unit), "unit")
    scale = compile_bands(bands)

    return Limits(measure, unit, convert, scale, margin)


ABSOLUTE: Final = Kind(measure_of, value_triggers, _faults, _is_off, _compile)

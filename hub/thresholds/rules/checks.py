"""What several rule kinds check and convert alike: measure, unit, bands that only name what fires.

Source: dho/thresholds.md §2.3, §4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeVar

from hub.thresholds.bands import Cell, band_faults
from hub.thresholds.history import Sample
from hub.thresholds.measures import COMPONENTS, MEASURES, is_coded
from hub.thresholds.plan import Band, Rule
from hub.thresholds.reason import render_number, render_quantity
from hub.thresholds.rules.kind import RuleFaultError
from hub.thresholds.units import CONVERSIONS, is_unit
from hub.thresholds.zones import RANK

T = TypeVar("T")
Convert = Callable[[tuple[Decimal, str]], Decimal]
QUIET_CELL = Cell("green", "", None)
_ZONES: Final = {"yellow": "gult", "red": "rødt"}


def measure_of(rule: Rule) -> str:
    """A rule → its measure, "" when it has none."""
    return rule.measure or ""


def value_triggers(rule: Rule) -> tuple[str, ...]:
    """A rule on one number → the measures that carry it: a limit on systolic pressure also judges a panel (S1)."""
    return _carriers(measure_of(rule))


@lru_cache(maxsize=512)
def _carriers(measure: str) -> tuple[str, ...]:
    return (measure, "bp") if measure in COMPONENTS else (measure,)


def measure_faults(rule: Rule, *, panel: bool = False) -> list[str]:
    """A rule on numbers → what is wrong with its measure and unit."""
    measure = measure_of(rule)
    if measure not in MEASURES:
        return [f"Målingen {measure or '(mangler)'} er ukjent."]
    if is_coded(measure) or (measure == "bp" and not panel):
        return [f"Målingen {measure} har ikke én tallverdi, og kan ikke brukes i denne regeltypen."]
    part = COMPONENTS[0] if measure == "bp" else measure  # the parts of a panel have one unit
    if not is_unit(part, rule.unit):
        return [f"Enheten {rule.unit or '(mangler)'} passer ikke til {measure}."]
    return []


@lru_cache(maxsize=512)
def converter(measure: str, unit: str | None) -> Convert | None:
    """A measure and the unit of a rule → how a received (number, unit) is written in it; None = unit at fault (§4.4).

    One for all patients: thousands have the same rules.
    """
    if unit is None or not is_unit(measure, unit):
        return None
    table = {a: CONVERSIONS[m, a, b] for m, a, b in CONVERSIONS if m == measure and b == unit}

    def convert(given: tuple[Decimal, str]) -> Decimal:
        number, received = given
        return number if received == unit else table[received](number)

    return convert


def unreachable_faults(measure: str, unit: str | None, bands: Sequence[Band]) -> list[str]:
    """A measure, a unit and bands → red and yellow ones that hold no possible value, as limits written in another unit do (§4.6)."""
    row, convert = MEASURES.get(measure), converter(measure, unit)
    if row is None or convert is None or row.plausible_min is None or row.plausible_max is None:
        return []
    low, high = (convert((end, row.unit)) for end in (row.plausible_min, row.plausible_max))
    return [
        f"Et {_ZONES[band.zone]} område kan aldri slå ut: {row.name} er mellom {render_number(low)} og "
        f"{render_quantity(high, unit or '')}. Er enheten riktig?"
        for band in bands
        if band.zone in _ZONES and not _holds_some(band, low, high)
    ]


def _holds_some(band: Band, low: Decimal, high: Decimal) -> bool:
    return (
        (band.gt is None or band.gt < high)
        and (band.ge is None or band.ge <= high)
        and (band.lt is None or band.lt > low)
        and (band.le is None or band.le >= low)
    )


def exact_samples(samples: Sequence[Sample], name: str) -> list[Sample]:
    """Samples and a name → those with one exact number of it: a comparator is left out of delta, trend and average (§4.5)."""
    return [sample for sample in samples if name not in sample.comparators]


def needed(value: T | None, what: str) -> T:
    """A field a rule cannot do without → the field, or the fault that it is missing."""
    if value is None:
        raise RuleFaultError(what)
    return value


def firing_cells(bands: Sequence[Band]) -> Callable[[Decimal], Cell]:
    """Bands that name only what fires → what finds the worst that holds a number, green outside them all (§2.3)."""
    cells = [(band, RANK[band.zone], Cell(band.zone, "high", _bound(band))) for band in bands]

    def find(value: Decimal) -> Cell:
        worst, rank = QUIET_CELL, RANK[QUIET_CELL.zone]
        for band, own, cell in cells:
            if own > rank and band_holds(band, value):
                worst, rank = cell, own
        return worst

    return find


def _bound(band: Band) -> tuple[str, Decimal] | None:
    """A band that fires → the limit that was crossed."""
    ends = (("≥", band.ge), (">", band.gt), ("≤", band.le), ("<", band.lt))
    return next(((sign, end) for sign, end in ends if end is not None), None)


def firing_band_faults(bands: Sequence[Band]) -> list[str]:
    """Bands of delta or trend → what is wrong: they may leave gaps and lie inside each other, the worse further out."""
    faults = [
        fault for fault in band_faults(bands) if "hull" not in fault and "overlapper" not in fault
    ]
    faults = [fault for fault in faults if "innenfor et mildere" not in fault]
    reds = [b for b in bands if b.zone == "red"]
    milder = [b for b in bands if b.zone in {"yellow", "green"}]
    for red in reds:
        low = red.ge if red.ge is not None else red.gt
        for other in milder:
            start = other.ge if other.ge is not None else other.gt
            if low is not None and start is not None and start > low:
                faults.append("Rødt må ha en høyere grense enn gult.")
    return list(dict.fromkeys(faults))


def band_holds(band: Band, value: Decimal) -> bool:
    """A band and a number → whether it lies in it."""
    return (
        (band.gt is None or value > band.gt)
        and (band.ge is None or value >= band.ge)
        and (band.lt is None or value < band.lt)
        and (band.le is None or value <= band.le)
    )

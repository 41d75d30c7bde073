"""The limits that were in force → Observation.referenceRange, as VKP lets patient limits travel.

Source: fhir-no/vkp-dho.md (vkp-Observation); dho/thresholds.md §12: the ends are inclusive, so what is exclusive in the rule is moved
by one of the measure's usual decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from hub.fhir.models.r4.datatypes import CodeableConcept, Quantity
from hub.fhir.models.r4.observation import Observation, ObservationReferenceRange
from hub.mapping.fhir_parts import concept, ucum
from hub.mapping.measure_codes import MEASURE_OF
from hub.thresholds.measures import MEASURES
from hub.thresholds.plan import Band, Rule

INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_KINDS: Final = ("absolute", "composite_bp")
_CODES: Final[dict[tuple[str, str], str]] = {
    ("yellow", "low"): "L",
    ("red", "low"): "LL",
    ("yellow", "high"): "H",
    ("red", "high"): "HH",
}


def with_limits(observation: Observation, rule: Rule | None) -> Observation:
    """An Observation and the rule that judged it → the same with the limits; a panel has them in its components only.

    Shape: only rules whose bands are on the value itself can be said so; ranges that stand there already stay.
    """
    if rule is None or rule.kind not in _KINDS:
        return observation
    bands = rule.components
    if rule.kind == "absolute":
        bands = {rule.measure or "": rule.bands}
        if _measure(observation.code) == rule.measure or not observation.component:
            if observation.referenceRange:
                return observation
            told = to_ranges(rule.bands, rule.measure or "", rule.unit or "1")
            return replace(observation, referenceRange=told)
    parts = [_with_part_limits(part, bands, rule.unit or "1") for part in observation.component]
    return replace(observation, component=tuple(parts))


def _measure(code: CodeableConcept) -> str:
    pairs = ((c.system, c.code) for c in code.coding)
    return next((MEASURE_OF[pair] for pair in pairs if pair in MEASURE_OF), "")


def _with_part_limits(part: Any, scales: Mapping[str, tuple[Band, ...]], unit: str) -> Any:
    name = _measure(part.code)
    bands = scales.get(name, ())
    if not bands or part.referenceRange:
        return part
    return replace(part, referenceRange=to_ranges(bands, name, unit))


def to_ranges(
    bands: Sequence[Band], measure: str, unit: str
) -> tuple[ObservationReferenceRange, ...]:
    """Bands of a rule → its ranges, green first; a band without ends says nothing and is left out."""
    row = MEASURES.get(measure)
    step = Decimal(1).scaleb(-(row.decimals if row is not None else 0))
    greens = [band for band in bands if band.zone == "green"]
    found = [
        (_code(band, greens), _quantity(_low(band, step), unit), _quantity(_high(band, step), unit))
        for band in sorted(bands, key=lambda band: band.zone != "green")
    ]
    return tuple(
        ObservationReferenceRange(low=low, high=high, type=concept(INTERPRETATION, code))
        for code, low, high in found
        if code and (low is not None or high is not None)
    )


def interpretation_of(reason: str, zone: str) -> tuple[CodeableConcept, ...]:
    """Reason and zone of a firing → the interpretation; () for reasons that are on no side."""
    code = _CODES.get((zone, reason.rpartition(".")[2]))
    return () if code is None else (concept(INTERPRETATION, code),)


def _code(band: Band, greens: Iterable[Band]) -> str:
    if band.zone == "green":
        return "N"
    low = band.gt if band.gt is not None else band.ge
    high = band.lt if band.lt is not None else band.le
    if high is None:
        return _CODES.get((band.zone, "high"), "")
    floors = [end for g in greens for end in (g.gt, g.ge) if end is not None]
    below = low is None or any(high <= end for end in floors)
    return _CODES.get((band.zone, "low" if below else "high"), "")


def _low(band: Band, step: Decimal) -> Decimal | None:
    return band.ge if band.gt is None else band.gt + step


def _high(band: Band, step: Decimal) -> Decimal | None:
    return band.le if band.lt is None else band.lt - step


def _quantity(value: Decimal | None, unit: str) -> Quantity | None:
    return None if value is None else ucum(value, unit)

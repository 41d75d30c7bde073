"""Values of number and quantity parameters → index entries, in the unit shown and in UCUM's base units.

Source: http://hl7.org/fhir/R4/search.html#number, #quantity.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from hub.fhir.search.entry import Extraction, IndexEntry, there
from hub.fhir.search.token_entries import Leaf
from hub.fhir.search.ucum import UCUM, convertible, to_base

LOWEST: Final = -1.7976931348623157e308
HIGHEST: Final = 1.7976931348623157e308
"""The ends of a range that is open. Units: any."""

CURRENCIES: Final = "urn:iso:std:iso:4217"
_SAMPLE: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")
_BEYOND: Final = frozenset({"L", "U"})
_BELOW: Final = frozenset({"<", "<="})
_ABOVE: Final = frozenset({">", ">="})


def number_leaf(param: str, kind: str) -> Leaf:
    """A number parameter and the FHIR type it finds → what makes entries of a value."""

    def number(value: Any, run: Extraction, slot: int) -> None:
        at = float(value)
        run.found.append(IndexEntry(param, "number", low=at, high=at, slot=slot))

    def ranged(value: Any, run: Extraction, slot: int) -> None:
        ends = _ends(value)
        if ends is None:
            run.found.append(there(param, slot))
            return
        low, high = _float(ends[0], LOWEST), _float(ends[1], HIGHEST)
        run.found.append(IndexEntry(param, "number", low=low, high=high, slot=slot))

    return ranged if kind == "Range" else number


def quantity_leaf(param: str, kind: str) -> Leaf:
    """A quantity parameter and the FHIR type it finds → what makes entries of a value."""
    match kind:
        case "Range":
            return _range(param)
        case "Money":
            return _money(param)
        case "SampledData":
            return _sampled(param)
        case _:
            return _quantity(param)


def _quantity(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        number: Decimal | None = value.value
        if number is None:
            run.found.append(there(param, slot))
            return
        comparator = value.comparator
        low = None if comparator in _BELOW else number
        high = None if comparator in _ABOVE else number
        unit = value.unit if value.unit != value.code else None
        run.found.append(_entry(param, low, high, (value.system, value.code, unit), slot))

    return leaf


def _range(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        ends = _ends(value)
        if ends is None:
            run.found.append(there(param, slot))
            return
        end = value.low if ends[0] is not None else value.high
        run.found.append(_entry(param, *ends, (end.system, end.code, end.unit), slot))

    return leaf


def _sampled(param: str) -> Leaf:
    """The bounds of the samples (description of the parameter value-quantity); one beyond a limit leaves that end open."""

    def leaf(value: Any, run: Extraction, slot: int) -> None:
        ends = _sample_ends(value)
        if ends is None:
            run.found.append(there(param, slot))
        else:
            unit = value.origin.unit if value.origin.unit != value.origin.code else None
            told = (value.origin.system, value.origin.code, unit)
            run.found.append(_entry(param, *ends, told, slot))

    return leaf


def _sample_ends(value: Any) -> tuple[Decimal | None, Decimal | None] | None:
    """A SampledData → its lowest and highest value, None where that is not known; None when neither is.

    Shape: `E` is no value, `L` one below the lower limit, `U` one above the upper (datatypes.html#SampledData).
    """
    samples = frozenset((value.data or "").split())
    numbers = [Decimal(sample) for sample in samples if _SAMPLE.fullmatch(sample)]
    low, high = value.upperLimit, value.lowerLimit
    if numbers:
        factor = 1 if value.factor is None else value.factor
        start = value.origin.value or 0
        try:
            low, high = sorted(n * factor + start for n in (min(numbers), max(numbers)))
        except ArithmeticError:  # beyond what any measure can be
            return None
    low = None if "L" in samples else low
    high = None if "U" in samples else high
    known = numbers or (len(samples & _BEYOND) == 1 and (low is None) != (high is None))
    return (low, high) if known else None


def _money(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        number: Decimal | None = value.value
        if number is None:
            run.found.append(there(param, slot))
        else:
            unit = (CURRENCIES if value.currency else None, value.currency, None)
            run.found.append(_entry(param, number, number, unit, slot))

    return leaf


def _ends(value: Any) -> tuple[Decimal | None, Decimal | None] | None:
    """A Range → its ends, None where it is open; None when it is open at both."""
    low = value.low.value if value.low is not None else None
    high = value.high.value if value.high is not None else None
    return None if low is None and high is None else (low, high)


@lru_cache(maxsize=8192)  # patients send the same few hundred values of a measure
def _entry(
    param: str,
    low: Decimal | None,
    high: Decimal | None,
    unit: tuple[str | None, str | None, str | None],
    slot: int,
) -> IndexEntry:
    system, code, shown = unit
    start, end = _float(low, LOWEST), _float(high, HIGHEST)
    scale = to_base(code) if system == UCUM and code is not None else None
    if scale is None or not all(convertible(end) for end in (low, high) if end is not None):
        return IndexEntry(param, "quantity", system, code, shown, low=start, high=end, slot=slot)
    base_low = LOWEST if low is None else scale.apply(low)
    base_high = HIGHEST if high is None else base_low if high == low else scale.apply(high)
    return IndexEntry(
        param,
        "quantity",
        system,
        code,
        shown,
        low=start,
        high=end,
        base_unit=scale.unit,
        base_low=base_low,
        base_high=base_high,
        slot=slot,
    )


def _float(number: Decimal | None, otherwise: float) -> float:
    return otherwise if number is None else max(LOWEST, min(HIGHEST, float(number)))

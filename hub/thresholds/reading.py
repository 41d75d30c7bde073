"""What was received → numbers with known units, or why there are none.

Source: dho/thresholds.md §4.3–4.6, §16.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hub.thresholds.measurement import Component, Measurement, parse_decimal
from hub.thresholds.measures import COMPONENTS, MEASURES, is_coded
from hub.thresholds.rules.kind import Reading
from hub.thresholds.units import CONVERSIONS, is_unit

COMPARATORS: Final = frozenset({"<", "<=", ">", ">="})
_ABOVE: Final = frozenset({">", ">="})
_BELOW: Final = frozenset({"<", "<="})
_UNREADABLE: Final = "ikke lesbar eller ikke oppgitt"


def as_written(m: Measurement) -> str:
    """A measurement → its value as it came, for people to read."""
    if m.components:
        return "/".join(_part_written(m, part) or "?" for part in m.components)
    return (m.comparator or "") + m.value if m.value is not None else m.code or ""


def _part_written(m: Measurement, part: Component) -> str:
    return "" if part.value is None else (part.comparator or m.comparator or "") + part.value


def unit_written(m: Measurement) -> str | None:
    """A measurement → its unit as it came."""
    return m.components[0].unit if m.components else m.unit


def part_at_fault(m: Measurement) -> tuple[str, str, str] | None:
    """A measurement of several parts → (name, value, unit) of the first with a number but without a unit that fits it (§4.4)."""
    for part in m.components:
        known = part.unit is not None and is_unit(part.name, part.unit)
        if part.name in COMPONENTS and not known and _part_number(m, part) is not None:
            return part.name, _part_written(m, part), part.unit or ""
    return None


def received_part(m: Measurement, name: str) -> tuple[str, str]:
    """A measurement and the name of a measure or component → that value and unit as they came."""
    for part in m.components:
        if part.name == name:
            return (_part_written(m, part), part.unit or "")
    return (as_written(m), unit_written(m) or "")


def find_absences(m: Measurement) -> list[tuple[str, str, str]]:
    """A measurement → why it has no value to judge, as (rule, reason, detail); empty when it has one (§4.3)."""
    if m.code_conflict:
        return [("sys.code-conflict", "technical.code-conflict", "")]
    found: list[tuple[str, str, str]] = []
    if m.device_error is not None:
        found.append(("sys.device-error", "technical.device-error", m.device_error))
    if m.data_absent_reason is not None:
        found.append(("sys.data-absent", "technical.data-absent", m.data_absent_reason))
    if not found and not _has_value(m):
        found.append(("sys.data-absent", "technical.data-absent", _UNREADABLE))
    return found


def _has_value(m: Measurement) -> bool:
    if is_coded(m.measure):
        # A form may also come as its total alone
        total = m.measure.startswith("form:") and parse_decimal(m.value) is not None
        return m.code is not None or is_answered(m) or total
    if m.components or m.measure == "bp":
        return any(_part_number(m, part) is not None for part in m.components)
    return _is_known(m.comparator) and parse_decimal(m.value) is not None


def is_answered(m: Measurement) -> bool:
    """A form → whether any item was answered by a number: one that is no decimal number is unanswered (§4.3)."""
    return any(parse_decimal(text) is not None for text in (m.items or {}).values())


def _is_known(comparator: str | None) -> bool:
    return comparator is None or comparator in COMPARATORS


def _part_number(m: Measurement, part: Component) -> Decimal | None:
    """A part → its number; what a comparator that is none says of it cannot be read (§4.3)."""
    return parse_decimal(part.value) if _is_known(part.comparator or m.comparator) else None


def read_numbers(m: Measurement) -> tuple[Reading | None, bool]:
    """A measurement with a value → (its numbers, whether a unit is unknown or missing) (§4.4).

    A component whose unit is at fault is left out; the others are read.
    """
    if not m.components:
        number = parse_decimal(m.value)
        if number is None or m.unit is None or not is_unit(m.measure, m.unit):
            return None, True
        return Reading({m.measure: (number, m.unit)}, _signs({m.measure: m.comparator})), False
    values: dict[str, tuple[Decimal, str]] = {}
    signs: dict[str, str | None] = {}
    fault = False
    for part in m.components:
        number = _part_number(m, part)
        if number is None or part.name not in COMPONENTS:
            continue
        if part.unit is not None and is_unit(part.name, part.unit):
            values[part.name] = (number, part.unit)
            signs[part.name] = part.comparator or m.comparator
        else:
            fault = True
    return (Reading(values, _signs(signs)) if values else None), fault or not values


def _signs(given: dict[str, str | None]) -> dict[str, str]:
    return {name: sign for name, sign in given.items() if sign is not None}


def is_plausible(reading: Reading) -> bool:
    """Numbers → whether they are inside the guard after conversion and rounding, systolic above diastolic (§4.6).

    Of intervals that comparison holds where any pair of values in them does (§4.5): over 150 may lie above 150.
    """
    numbers: dict[str, Decimal] = {}
    for name, (number, unit) in reading.values.items():
        measure = MEASURES[name]
        value = number if unit == measure.unit else CONVERSIONS[name, unit, measure.unit](number)
        low, high = measure.plausible_min, measure.plausible_max
        if (low is not None and value < low) or (high is not None and value > high):
            return False
        numbers[name] = value
    return not (
        "systolic" in numbers
        and "diastolic" in numbers
        and numbers["systolic"] <= numbers["diastolic"]
        and reading.comparators.get("systolic") not in _ABOVE
        and reading.comparators.get("diastolic") not in _BELOW
    )


def read_answers(m: Measurement) -> Reading:
    """A measurement with an answer → what was answered; an item that is not one decimal number is unanswered (§4.3)."""
    items = None if m.items is None else {k: parse_decimal(text) for k, text in m.items.items()}
    total = parse_decimal(m.value)
    values = {} if total is None else {m.measure: (total, "{score}")}
    return Reading(values, {}, m.code, items)

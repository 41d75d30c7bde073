"""Rule kind `composite_bp`: bands on systolic, diastolic and pulse pressure of one blood pressure.

Source: dho/thresholds.md §5.2, §4.5 (each component has its own comparator).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from hub.thresholds.bands import Scale, band_faults, compile_bands
from hub.thresholds.plan import Rule
from hub.thresholds.rules.checks import unreachable_faults
from hub.thresholds.rules.kind import Finding, Judge, Kind, Moment, Reading
from hub.thresholds.units import CONVERSIONS, is_unit
from hub.thresholds.zones import RANK

ORDER: Final = ("systolic", "diastolic", "pulse_pressure")
"""Which component names the reason when zones are equal."""
_PARTS: Final = ("systolic", "diastolic")
_SAME: Final = {sign: sign for sign in ("<", "<=", ">", ">=")}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UNITS: Final = tuple(
    unit for measure, unit, to in CONVERSIONS if measure == "systolic" and to == unit
)


def _subject_of(_: Rule) -> str:
    return "bp"


def _triggers(_: Rule) -> tuple[str, ...]:
    return ("bp", *_PARTS)


def _faults(rule: Rule) -> tuple[str, ...]:
    faults: list[str] = []
    if not _is_off(rule) and not is_unit("systolic", rule.unit):
        faults.append(f"Enheten {rule.unit or '(mangler)'} passer ikke til blodtrykk.")
    for name, bands in rule.components.items():
        if name not in ORDER:
            faults.append(f"Blodtrykk har ingen del {name}.")
        told = (*band_faults(bands), *unreachable_faults(name, rule.unit, bands))
        faults += [f"{name}: {fault}" for fault in told]
    return tuple(faults)


def _is_off(rule: Rule) -> bool:
    return not any(rule.components.values())


def _compile(rule: Rule) -> Judge | None:
    unit = rule.unit
    if unit is None or not is_unit("systolic", unit):
        return None
    scales = {n: compile_bands(rule.components[n]) for n in ORDER if rule.components.get(n)}
    needed = frozenset(_PARTS) if "pulse_pressure" in scales else frozenset(scales)
    margin = None if rule.auto_resolve is None else rule.auto_resolve.margin
    convert = {(m, a): CONVERSIONS[m, a, unit] for m in _PARTS for a in _UNITS}

    def judge(reading: Reading, _: Moment) -> Finding | None:
        numbers: dict[str, Decimal] = {}
        for name in _PARTS:
            given = reading.values.get(name)
            if given is not None:
                value, received_unit = given
                numbers[name] = (
                    value if received_unit == unit else convert[name, received_unit](value)
                )
        if not numbers:
            return None
        incomplete = not needed <= numbers.keys()
        signs = reading.comparators
        if len(numbers) == len(_PARTS):
            known, sign = difference_sign(signs.get("systolic"), signs.get("diastolic"))
            incomplete = incomplete or ("pulse_pressure" in scales and not known)
            if known:
                numbers["pulse_pressure"] = numbers["systolic"] - numbers["diastolic"]
                signs = signs if sign is None else {**signs, "pulse_pressure": sign}
        found = _worst(scales, numbers, signs, unit)
        if found is None:
            return Finding("none", "", "bp", None, unit, None, incomplete)
        calm = None
        if margin is not None and signs.keys().isdisjoint(scales):
            calm = not incomplete and all(
                scale.well_inside(numbers[name], margin) for name, scale in scales.items()
            )
        return replace(found, incomplete=incomplete, calm=calm)

    return judge


def difference_sign(systolic: str | None, diastolic: str | None) -> tuple[bool, str | None]:
    """The comparators of two pressures → whether anything is known of their difference, and its comparator (§4.5).

    Over 150 less exactly 60 is over 90. Of two that are open to the same side the difference may be anything.
    """
    up, down = _SAME.get(systolic or ""), _TURNED.get(diastolic or "")
    if up is None or down is None:
        return True, up or down
    return up[0] == down[0], max(up, down, key=("<=", ">=", "<", ">").index)


def _worst(
    scales: dict[str, Scale], numbers: dict[str, Decimal], signs: Mapping[str, str], unit: str
) -> Finding | None:
    worst: Finding | None = None
    for name, scale in scales.items():
        value = numbers.get(name)
        if value is None:
            continue
        comparator = signs.get(name)
        cell = scale.find(value, comparator)
        if worst is None or RANK[cell.zone] > RANK[worst.zone]:
            # A gap has one reason, whatever the kind (§2.3)
            side = cell.side
            reason = "absolute.gap" if side == "gap" else f"bp.{name}.{side}" if side else ""
            worst = Finding(
                *(cell.zone, reason, name, value, unit, cell.bound), comparator=comparator
            )
    return worst


COMPOSITE_BP: Final = Kind(_subject_of, _triggers, _faults, _is_off, _compile)

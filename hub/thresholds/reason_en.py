"""The one-line English text of a firing, from its facts: for readers of an explanation who do not read Norwegian.

What is sent and stored is the Norwegian line (reason.py); this one is made when it is asked for.
Source: dho/thresholds.md §11; reasons of §5 and §5.13.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from hub.thresholds.history import Operand
from hub.thresholds.judgement import Firing
from hub.thresholds.measures import name_in_english
from hub.thresholds.reason import is_beyond
from hub.thresholds.units import EXACT, UNIT_NAMES

_UNITS: Final = {"[in_i]": "in", "{score}": "points", "{steps}": "steps"}
_NAMES: Final = {"pulse_pressure": "pulse pressure", "news2": "NEWS2"}
_SOURCES: Final = {
    "generell grense": "general limit",
    "sikkerhetsgrense (gulv)": "safety limit (floor)",
}
_MOST_DECIMALS: Final = Decimal("0.001")
_THREE: Final = 3
_PARAMETERS: Final = 7

TECHNICAL: Final[dict[str, str]] = {
    "technical.unit": "{name}: the unit of {value} is unknown or missing, or a rule has a unit that does not fit; not judged",
    "technical.implausible": "{name} {value} is not a possible value: check the device and the measurement",
    "technical.implausible-repeat": "{name}: two impossible values within 60 minutes ({value}): see to the patient",
    "technical.device-error": "{name}: the device reported an error",
    "technical.data-absent": "{name}: the value is missing",
    "technical.clock-skew": "{name}: the time of measurement is later than its receipt, the clock of the device must be set",
    "technical.no-time": "{name}: the time of measurement is missing, the time of receipt was used",
    "technical.incomplete": "{name}: a part of the measurement is missing, the rest was judged",
    "technical.rule": "{name}: a rule cannot be used as it stands and was not judged",
    "technical.battery": "Low battery in the device",
    "technical.code-conflict": "The codes of the value point to different measures: it was not judged",
    "plan.none": "{name}: the patient has no self-care plan in force, only general limits were used",
    "admin.after-end": "{name}: value received for a patient whose follow-up has ended",
}
"""Reason → text of a technical alert; the same reasons as in reason.py."""


def explain_in_english(firing: Firing) -> str:
    """A firing → "SpO2 86 % is below the red limit (< 88 %), self-care plan v2"."""
    name = _name(firing.name)
    name = name[:1].upper() + name[1:]
    told = TECHNICAL.get(firing.reason)
    if told is not None:
        return told.format(name=name, value=_received(firing))
    kind, _, side = firing.reason.partition(".")
    told = _WORDS.get(kind, _compared)(firing, side.rpartition(".")[2])
    source = _SOURCES.get(firing.source, f"self-care plan v{firing.plan_version}")
    said = f"{name} {told}".lstrip()
    return f"{said[:1].upper()}{said[1:]}, {source}"


def _name(key: str) -> str:
    return _NAMES.get(key) or name_in_english(key)


def number_in_english(value: Decimal) -> str:
    """A decimal → with a point, without an exponent, to three decimals."""
    if value.is_finite():
        places = value.as_tuple().exponent
        if isinstance(places, int) and places < -_THREE:
            value = EXACT.quantize(value, _MOST_DECIMALS)
    return f"{value:f}"


def quantity_in_english(value: Decimal, unit: str) -> str:
    """A decimal and its unit → as shown."""
    day = unit.endswith("/d")
    return f"{number_in_english(value)} {_unit(unit.removesuffix('/d'))}".rstrip() + (
        " per day" if day else ""
    )


def _received(firing: Firing) -> str:
    value, unit = firing.received or ("", "")
    return f"{value} {_unit(unit)}".strip() or "(missing)"


def _unit(unit: str) -> str:
    return _UNITS.get(unit, UNIT_NAMES.get(unit, unit))


def _limit(firing: Firing) -> str:
    if firing.bound is None:
        return f"{firing.zone} limit"
    return f"{firing.zone} limit ({firing.bound[0]} {quantity_in_english(firing.bound[1], firing.unit)})"


def _value(firing: Firing) -> str:
    if firing.value is None:
        return _received(firing)
    converted = firing.received is not None and firing.received[1] != firing.unit
    value = firing.value.normalize() if converted and firing.value.is_finite() else firing.value
    shown = quantity_in_english(value, firing.unit)
    if firing.received is None or not firing.received[1] or firing.received[1] == firing.unit:
        return f"{_sign(firing)} {shown}".lstrip()
    return f"{shown} (received {_received(firing)})"


def _sign(firing: Firing) -> str:
    """A firing → the comparator of its value as received, "" for an exact one."""
    return (firing.received or ("",))[0][:2].rstrip("0123456789.,-+?/ eE")


def _compared(firing: Firing, side: str) -> str:
    if side == "gap":
        return f"{_value(firing)} falls in a gap between the limits and counts as {firing.zone}"
    sure = firing.value is None or is_beyond(side, firing.value, _sign(firing), firing.bound)
    where = f"{'is' if sure else 'may be'} {'below' if side == 'low' else 'above'}"
    return f"{_value(firing)} {where} the {_limit(firing)}"


def _delta(firing: Firing, side: str) -> str:
    verb = "has risen by" if side == "up" else "has fallen by"
    amount = "" if firing.value is None else quantity_in_english(firing.value, firing.unit)
    base = [number_in_english(o.value) for o in firing.operands if o.value is not None]
    start = f" from {base[0]}" if base else ""
    return f"{verb} {amount}{start} to {_received(firing)}: {_limit(firing)}"


def _trend(firing: Firing, side: str) -> str:
    verb = "rises" if side == "up" else "falls"
    amount = "" if firing.value is None else quantity_in_english(firing.value, firing.unit)
    return f"{verb} by {amount} ({len(firing.operands)} values): {_limit(firing)}"


def _n_of_m(firing: Firing, _: str) -> str:
    return f"has been beyond the {firing.zone} limit {len(firing.operands)} times among the last values (now {_value(firing)})"


def _average(firing: Firing, side: str) -> str:
    mean = firing.value
    shown = (
        ""
        if mean is None
        else quantity_in_english(EXACT.quantize(mean, Decimal("0.1")), firing.unit)
    )
    where = "below" if side == "low" else "above"
    return f"has a mean of {shown} in {len(firing.operands)} measurements, {where} the {_limit(firing)}"


def _questionnaire(firing: Firing, side: str) -> str:
    if side == "unanswered":
        return "has a question with a red answer that was left blank: yellow"
    if side == "item":
        return f"has an answer of {_points(firing.value)}: {_limit(firing)}"
    blank = sum(1 for each in firing.operands if each.value is None)
    open_ = f", {blank} questions unanswered" if blank else ""
    return f"has a sum of {_points(firing.value)} (from what was answered{open_}): {_limit(firing)}"


def _points(value: Decimal | None) -> str:
    return "" if value is None else number_in_english(value)


def _symptom(firing: Firing, side: str) -> str:
    answer = (firing.received or ("",))[0]
    if side == "unknown":
        return f"has the answer “{answer}”, which is not in the plan: yellow"
    return f"has the answer “{answer}”: {firing.zone}"


def _score(firing: Firing, side: str) -> str:
    if side == "single":
        threes = [each.name for each in firing.operands if each.value == _THREE]
        return f"has 3 points for {', '.join(map(name_in_english, threes))}: {firing.zone}"
    known = sum(1 for each in firing.operands if each.value is not None)
    if known == _PARAMETERS:
        return f"is {_points(firing.value)}: {_limit(firing)}"
    return f"is at least {_points(firing.value)} ({known} of {_PARAMETERS} parts known): {_limit(firing)}"


def _missing(firing: Firing, _: str) -> str:
    return f"was expected ({_slot(firing)}) and has not come: {firing.zone}"


def _slot(firing: Firing) -> str:
    return firing.observation.removeprefix("slot:").replace("T", " ")[:16]


def _combination(firing: Firing, _: str) -> str:
    rules = ", ".join(dict.fromkeys(rule for rule, _ in firing.parts))
    return f"together with other firings ({rules}): {firing.zone}"


def _review(_: Firing, __: str) -> str:
    return "the self-care plan should have been reviewed"


_WORDS: Final[dict[str, Callable[[Firing, str], str]]] = {
    "delta": _delta,
    "trend": _trend,
    "n_of_m": _n_of_m,
    "average": _average,
    "questionnaire": _questionnaire,
    "symptom": _symptom,
    "score": _score,
    "missing": _missing,
    "combination": _combination,
    "plan": _review,
}
"""Kind of reason → its words; what is not here is one value against its limit."""


def operand_in_english(operand: Operand, unit: str = "") -> str:
    """A value of a window → its name and number."""
    told = "" if operand.value is None else quantity_in_english(operand.value, unit)
    return f"{_name(operand.name)} {told}".strip()

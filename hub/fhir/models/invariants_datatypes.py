"""Invariants of the datatypes of FHIR R4: each function takes a struct and answers whether the rule of its name holds.

Source: the `constraint` elements of the official StructureDefinitions, named by their keys.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

_DAY: Final = 10  # characters of a date without time


def in_order(start: str | None, end: str | None) -> bool:
    """Two partial dates → False only when the first is certainly after the second."""
    if start is None or end is None:
        return True
    if len(start) <= _DAY and len(end) <= _DAY:
        shared = min(len(start), len(end))
        return start[:shared] <= end[:shared]
    if len(start) > _DAY and len(end) > _DAY:
        if start[19:] == end[19:]:
            return start <= end
        return _instant(start) <= _instant(end)
    if len(start) < _DAY or len(end) < _DAY:
        shared = min(len(start), len(end), 4)
        return start[:shared] <= end[:shared]
    # One is a day, the other an instant somewhere on earth: a day of doubt.
    return (
        date.fromisoformat(start[:_DAY]).toordinal()
        <= date.fromisoformat(end[:_DAY]).toordinal() + 1
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace(":60", ":59"))


def per_1(o: Any) -> bool:
    """Period."""
    return in_order(o.start, o.end)


def qty_3(o: Any) -> bool:
    """Quantity and the types made from it."""
    return o.code is None or o.system is not None


def rng_2(o: Any) -> bool:
    """Range."""
    low, high = o.low, o.high
    if low is None or high is None or low.value is None or high.value is None:
        return True
    return (low.system, low.code, low.unit) != (
        high.system,
        high.code,
        high.unit,
    ) or low.value <= high.value


def rat_1(o: Any) -> bool:
    """Ratio."""
    return (o.numerator is None) == (o.denominator is None) and bool(
        o.numerator is not None or o.extension
    )


def att_1(o: Any) -> bool:
    """Attachment."""
    return o.data is None or o.contentType is not None or o.contentType_ext is not None


def cpt_2(o: Any) -> bool:
    """ContactPoint."""
    return o.value is None or o.system is not None or o.system_ext is not None


def tim_1(o: Any) -> bool:
    """Timing.repeat."""
    return o.duration is None or o.durationUnit is not None


def tim_2(o: Any) -> bool:
    """Timing.repeat."""
    return o.period is None or o.periodUnit is not None


def tim_4(o: Any) -> bool:
    """Timing.repeat."""
    return o.duration is None or o.duration >= 0


def tim_5(o: Any) -> bool:
    """Timing.repeat."""
    return o.period is None or o.period >= 0


def tim_6(o: Any) -> bool:
    """Timing.repeat."""
    return o.periodMax is None or o.period is not None


def tim_7(o: Any) -> bool:
    """Timing.repeat."""
    return o.durationMax is None or o.duration is not None


def tim_8(o: Any) -> bool:
    """Timing.repeat."""
    return o.countMax is None or o.count is not None


def tim_9(o: Any) -> bool:
    """Timing.repeat."""
    return o.offset is None or (bool(o.when) and not {"C", "CM", "CD", "CV"} & set(o.when))


def tim_10(o: Any) -> bool:
    """Timing.repeat."""
    return not o.timeOfDay or not o.when


def eld_2(o: Any) -> bool:
    """ElementDefinition."""
    if o.min is None or o.max is None or o.max == "*":
        return True
    return not (o.max.isascii() and o.max.isdigit()) or len(o.max) > _DAY or o.min <= int(o.max)

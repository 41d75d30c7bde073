"""The lines of a set of limits → rules that may become general limits once a doctor has approved them.

A published table names whole numbers (8 or less, 9 to 11) or only what alarms; a rule must say of every value what it is. So, on
the careful side: what lies between two neighbours belongs to the worse of them, an open end beside a yellow or red
band is green where the set names no green at all, and continues the outermost band where it does.
Source: dho/thresholds.md §2.3 (no gaps, no overlaps), §2.5, §15.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, cast

from hub.thresholds.limits_table import AVERAGES, CONTEXT, LINES, Line
from hub.thresholds.plan import Band, Rule, Where
from hub.thresholds.spans import Span, parse_span
from hub.thresholds.zones import RANK, Zone

SETS: Final = tuple(dict.fromkeys(line.set for line in LINES))
_PANELS: Final = frozenset({"average", "composite_bp"})
_ENDS: Final = {">": "gt", ">=": "ge", "<": "lt", "<=": "le"}


def populations(of: str) -> tuple[str, ...]:
    """A set → the populations it has limits for, in its order."""
    return tuple(dict.fromkeys(line.population for line in LINES if line.set == of))


def find_lines(of: str, population: str | None = None) -> tuple[Line, ...]:
    """A set, and a population or None for all → its lines."""
    return tuple(line for line in LINES if line.set == of and population in (None, line.population))


def proposed_limits(of: str, population: str | None = None) -> tuple[Rule, ...]:
    """A set, and a population or None for all of them → one overridable rule for each measure and kind."""
    groups: dict[tuple[str, str, str], list[Line]] = {}
    for line in find_lines(of):
        measure = "" if line.kind in _PANELS else line.measure
        groups.setdefault((line.population, measure, line.kind), []).append(line)
    return tuple(
        _rule(number, lines)
        for number, lines in enumerate(groups.values(), start=1)
        if population in (None, lines[0].population)
    )


def _rule(number: int, lines: Sequence[Line]) -> Rule:
    first = lines[0]
    kind, _, parameter = first.kind.partition(" ")
    values: dict[str, Any] = {"unit": first.unit, "when": CONTEXT.get(first.population, {})}
    if kind != "composite_bp":
        values["measure"] = "bp" if kind == "average" else first.measure
    values |= _BUILD[kind](lines, parameter)
    return Rule(f"{first.set}-{number}", kind, overridable=True, **values)


def _absolute(lines: Sequence[Line], _: str) -> dict[str, Any]:
    return {"bands": _closed(lines)}


def _panel(lines: Sequence[Line], _: str) -> dict[str, Any]:
    names = dict.fromkeys(line.measure for line in lines)
    return {"components": {n: _closed([x for x in lines if x.measure == n]) for n in names}}


def _average(lines: Sequence[Line], _: str) -> dict[str, Any]:
    readings, days, drop = AVERAGES[lines[0].set]
    return _panel(lines, "") | {
        "window_days": _window(lines).days,
        "min_readings": readings,
        "min_days": days,
        "drop_first_day": drop,
    }


def _delta(lines: Sequence[Line], direction: str) -> dict[str, Any]:
    """Only what fires is named (§2.3): each band ends where the next, worse one begins."""
    bands = [_band(line) for line in lines]
    ends = [_opposite(after) for _, after in pairwise(bands)]
    closed = [
        Band(band.zone, gt=band.gt, ge=band.ge, **end)
        for band, end in zip(bands, [*ends, cast("dict[str, Decimal]", {})], strict=True)
    ]
    return {
        "bands": tuple(closed),
        "direction": direction,
        "window": _window(lines),
        "baseline": "min" if direction == "up" else "max",
    }


def _n_of_m(lines: Sequence[Line], parameter: str) -> dict[str, Any]:
    n, _, m = parameter.partition(" of ")
    band = _band(lines[0])
    where = Where(gt=band.gt, ge=band.ge, lt=band.lt, le=band.le)
    return {
        "n": int(n), "m": int(m), "where": where, "zone": band.zone, "window": _window(lines)
    }  # fmt: skip


def _questionnaire(lines: Sequence[Line], parameter: str) -> dict[str, Any]:
    item = parameter.removeprefix("item ")
    return {
        "measure": None, "unit": None, "form": lines[0].measure, "item": item, "bands": _closed(lines)
    }  # fmt: skip


_BUILD: Final = {
    "absolute": _absolute,
    "composite_bp": _panel,
    "average": _average,
    "delta": _delta,
    "n_of_m": _n_of_m,
    "questionnaire": _questionnaire,
}
"""Rule kind → the fields of its rule from its lines."""


def _window(lines: Sequence[Line]) -> Span:
    span = parse_span(lines[0].window)
    if span is None:
        raise ValueError(f"{lines[0].set}: {lines[0].measure} has no window")
    return span


def _band(line: Line) -> Band:
    ends: dict[str, Decimal] = {}
    for text in (line.low, line.high):
        if text:
            number = text.lstrip("<>=")
            ends[_ENDS[text.removesuffix(number)]] = Decimal(number)
    return Band(cast("Zone", line.zone), **ends)


def _low(band: Band) -> tuple[Decimal, bool] | None:
    """Where a band begins, and whether after that number; None = it is open."""
    if band.gt is not None:
        return band.gt, True
    return None if band.ge is None else (band.ge, False)


def _closed(lines: Sequence[Line]) -> tuple[Band, ...]:
    """Lines of one value → bands from one end to the other, without gap or overlap."""
    bands = sorted(
        (_band(line) for line in lines), key=lambda b: _low(b) or (Decimal("-Infinity"), False)
    )
    joined: list[Band] = []
    for band in bands if any(b.zone == "green" for b in bands) else _with_green(bands):
        if joined and joined[-1].zone == band.zone:
            joined[-1] = Band(band.zone, gt=joined[-1].gt, ge=joined[-1].ge, lt=band.lt, le=band.le)
        else:
            joined.append(band)
    for number, after in enumerate(joined[1:]):
        joined[number], joined[number + 1] = _meet(joined[number], after)
    joined[0] = Band(joined[0].zone, lt=joined[0].lt, le=joined[0].le)
    joined[-1] = Band(joined[-1].zone, gt=joined[-1].gt, ge=joined[-1].ge)
    return tuple(joined)


def _with_green(bands: Sequence[Band]) -> list[Band]:
    """Bands that only name what alarms → the same with green where nothing is named."""
    low_side = [band for band in bands if _low(band) is None]
    high_side = [band for band in bands if _low(band) is not None]
    ends = _opposite_high(low_side[-1]) if low_side else {}
    green = Band("green", **ends, **(_opposite(high_side[0]) if high_side else {}))
    return [*low_side, green, *high_side]


def _opposite(after: Band) -> dict[str, Decimal]:
    """Where a band begins → how the one below it must end."""
    if after.gt is not None:
        return {"le": after.gt}
    return {} if after.ge is None else {"lt": after.ge}


def _opposite_high(before: Band) -> dict[str, Decimal]:
    """Where a band ends → how the one above it must begin."""
    if before.lt is not None:
        return {"ge": before.lt}
    return {} if before.le is None else {"gt": before.le}


def _meet(before: Band, after: Band) -> tuple[Band, Band]:
    """Two neighbours → the same without a gap: what lies between belongs to the worse one."""
    if RANK[before.zone] > RANK[after.zone]:
        return Band(before.zone, gt=before.gt, ge=before.ge, **_opposite(after)), after
    start = _opposite_high(before)
    return before, Band(after.zone, lt=after.lt, le=after.le, **start)

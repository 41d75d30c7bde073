"""Values, units and bands of a case (thresholds.md §2.3, §4.3-4.6)."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

MEASURES = Path(__file__).parents[3] / "shared/standards/dho/data/measurements.csv"
ORDER = ("none", "black", "green", "yellow", "red")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SHIFTS = {"g", "mL", "m"}
_DIGITS = {"mg/dL": 0, "kPa": 1, "[degF]": 1, "[lb_av]": 1}


@lru_cache(100_000)
def exact(text: str) -> Fraction:
    """A decimal number as text → the fraction it is."""
    return Fraction(text)


def worse(one: str, other: str) -> bool:
    """Whether the first zone is worse than the second (§3.1)."""
    return ORDER.index(one) > ORDER.index(other)


@cache
def measures() -> dict[str, dict[str, str]]:
    """The rows of measurements.csv by key."""
    with MEASURES.open(encoding="utf-8") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def number(value: Any) -> Fraction | None:
    """One decimal number, or nothing: never repaired or guessed (§4.3)."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value)
    return exact(text) if _NUMBER.fullmatch(text) else None


@cache
def _terms_of(measure: str) -> dict[str, tuple[Fraction, Fraction]]:
    return _terms(measures()[measure])


def _terms(row: dict[str, str]) -> dict[str, tuple[Fraction, Fraction]]:
    """unit → (factor, offset) to the canonical unit."""
    found = {row["ucum"]: (Fraction(1), Fraction(0))}
    for part in filter(None, row["alt_unit_conversions"].split(";")):
        unit, _, formula = part.partition("=")
        match = re.fullmatch(r"([\d.]+)([+-][\d.]+)?", formula)
        assert match, part
        found[unit] = (Fraction(match[1]), Fraction(match[2] or 0))
    return found


def known_unit(measure: str, unit: Any) -> bool:
    """Whether a unit is one of the measure's."""
    return measure in measures() and unit in _terms_of(measure)


def convert(measure: str, value: Fraction, unit: str, wanted: str) -> Fraction:
    """A value in one unit → in another, rounded where the table says so (§4.4)."""
    if unit == wanted:
        return value
    row = measures()[measure]
    terms = _terms_of(measure)
    canonical = value * terms[unit][0] + terms[unit][1]
    made = (canonical - terms[wanted][1]) / terms[wanted][0]
    rule = row["round_after_conversion"]
    shift = {unit, wanted} & _SHIFTS and {unit, wanted} <= {row["ucum"], *_SHIFTS}
    rounds = rule == "yes" or (
        rule.endswith(" only") and rule.removesuffix(" only") in unit + wanted
    )
    if not rounds or shift:
        return made
    digits = int(row["decimals"]) if wanted == row["ucum"] else _DIGITS[wanted]
    scaled = made * 10**digits
    up = (abs(scaled) + Fraction(1, 2)).__floor__()
    return Fraction(up if scaled >= 0 else -up, 10**digits)


def inside(value: Fraction, bounds: dict[str, Any]) -> bool:
    """Whether a value satisfies lt, le, gt and ge."""
    tests = {
        "lt": lambda limit: value < limit,
        "le": lambda limit: value <= limit,
        "gt": lambda limit: value > limit,
        "ge": lambda limit: value >= limit,
    }
    return all(test(exact(str(bounds[key]))) for key, test in tests.items() if key in bounds)


def touches(value: Fraction, comparator: str, bounds: dict[str, Any]) -> bool:
    """Whether the open-ended interval of a comparator has anything in common with a band (§4.5)."""
    limits = {k: exact(str(bounds[k])) for k in ("lt", "le", "gt", "ge") if k in bounds}
    if comparator in ("<", "<="):
        low = limits.get("gt", limits.get("ge"))
        if low is None:
            return True
        return low < value or (low == value and comparator == "<=" and "ge" in limits)
    high = limits.get("lt", limits.get("le"))
    if high is None:
        return True
    return high > value or (high == value and comparator == ">=" and "le" in limits)


def side(band: dict[str, Any], bands: list[dict[str, Any]]) -> str:
    """low or high: on which side of green a band lies."""
    top = band.get("lt", band.get("le"))
    bottom = band.get("gt", band.get("ge"))
    for green in (b for b in bands if b["zone"] == "green"):
        start = green.get("ge", green.get("gt"))
        if top is not None and start is not None and top <= start:
            return "low"
        end = green.get("le", green.get("lt"))
        if bottom is not None and end is not None and bottom >= end:
            return "high"
    return "low" if bottom is None else "high"


def judge_bands(
    value: Fraction, bands: list[dict[str, Any]], comparator: str | None = None
) -> tuple[str, str]:
    """A value against the bands of one rule → (zone, low, high or gap); the worst band it touches (§2.3, §4.5)."""
    hit = [b for b in bands if (touches(value, comparator, b) if comparator else inside(value, b))]
    if not hit:
        return "yellow", "gap"
    if comparator and comparator[0] == ">":
        hit.reverse()  # of equals the one furthest out on the open side; bands are told from low to high
    worst = max(hit, key=lambda b: ORDER.index(b["zone"]))
    return worst["zone"], side(worst, bands)

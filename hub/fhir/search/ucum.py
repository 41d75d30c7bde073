"""A UCUM unit → how to convert to base units, exactly.

Source: https://ucum.org/ucum §§4–24 (grammar, prefixes, special units); the units themselves stand in ucum_units.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final

from hub.fhir.search.ucum_units import (
    ARBITRARY,
    BASES,
    BINARY,
    DEFINED,
    PREFIXES,
    SAME,
    SPECIAL,
)

UCUM: Final = "http://unitsofmeasure.org"
_LONGEST: Final = 64
_DEEPEST: Final = 8
_HIGHEST_POWER: Final = 30
_SANE: Final = 300  # powers of ten beyond which nothing is measured, and a float holds nothing
_LARGEST: Final = Fraction(10) ** 60
_MARK: Final = re.compile(
    r"(?P<annotation>\{[!-z|~]*\})|(?P<open>\()|(?P<close>\))|(?P<sign>[./])"
    r"|(?P<atom>10[*^]|(?:\[[^\[\]{}() ]+\]|[A-Za-z%'_])+)(?P<power>[+-]?\d{1,3})?|(?P<number>\d{1,9})"
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How a unit converts: number × `factor` + `offset`, in the base units `unit`.

    Shape: `unit` such as `g.m-1.s-2`, "1" for plain numbers; `decimal` the factor where it is a short decimal.
    """

    unit: str
    factor: Fraction
    offset: Fraction
    decimal: Decimal | None

    def apply(self, number: Decimal) -> float:
        """A number in the unit → the same in base units, rounded once; beyond 28 digits nothing counts."""
        if self.decimal is not None:
            return float(number * self.decimal)
        return float(Fraction(+number) * self.factor + self.offset)


@dataclass(frozen=True, slots=True)
class _Term:
    """A product of powers of dimensions with a factor."""

    factor: Fraction
    powers: tuple[tuple[str, int], ...] = ()

    def times(self, other: _Term, power: int) -> _Term:
        """Times a power of another; ValueError when it leads nowhere."""
        if abs(power) > _HIGHEST_POWER:
            raise ValueError(power)
        found = dict(self.powers)
        for name, each in other.powers:
            found[name] = found.get(name, 0) + each * power
        kept = tuple(sorted((name, each) for name, each in found.items() if each))
        factor = self.factor * other.factor**power
        if not 1 / _LARGEST <= factor <= _LARGEST or any(abs(p) > _HIGHEST_POWER for _, p in kept):
            raise ValueError(power)
        return _Term(factor, kept)


_ONE: Final = _Term(Fraction(1))


@lru_cache(maxsize=1024)
def to_base(unit: str) -> Scale | None:
    """A UCUM code → its Scale; None when it is none, is not in our table, or is logarithmic."""
    if unit in SPECIAL:
        factor, offset = map(Fraction, SPECIAL[unit])
        return Scale("K", factor, offset, None)
    if len(unit) > _LONGEST:
        return None
    try:
        term, end = _product(_marks(unit), 0, 0)
    except (ValueError, KeyError, IndexError):
        return None
    if end != len(_marks(unit)):
        return None
    shown = ".".join(f"{name}{'' if power == 1 else power}" for name, power in term.powers)
    return Scale(shown or "1", term.factor, Fraction(0), _decimal(term.factor))


def convertible(number: Decimal) -> bool:
    """A number → whether it is of a size that is converted at all."""
    return -_SANE <= number.adjusted() <= _SANE


def _decimal(factor: Fraction) -> Decimal | None:
    """A factor → the same as a decimal of at most 15 digits, or None when there is none."""
    made = Decimal(factor.numerator) / Decimal(factor.denominator)
    short = len(made.normalize().as_tuple().digits) <= 15
    return made.normalize() if short and Fraction(made) == factor else None


def _marks(unit: str) -> tuple[re.Match[str], ...]:
    """A code → its signs; ValueError when something else stands in it."""
    found: list[re.Match[str]] = []
    place = 0
    while place < len(unit):
        match = _MARK.match(unit, place)
        if match is None:
            raise ValueError(unit)
        found.append(match)
        place = match.end()
    return tuple(found)


def _product(marks: tuple[re.Match[str], ...], place: int, depth: int) -> tuple[_Term, int]:
    """Components divided by `.` and `/`, from left to right → their product and where it ends."""
    if depth > _DEEPEST or not marks:
        raise ValueError(depth)
    power = 1
    if marks[place]["sign"] == "/":
        power, place = -1, place + 1
    term, place = _component(marks, place, depth)
    found = _ONE.times(term, power)
    while place < len(marks) and marks[place]["sign"]:
        power = -1 if marks[place]["sign"] == "/" else 1
        term, place = _component(marks, place + 1, depth)
        found = found.times(term, power)
    return found, place


def _component(marks: tuple[re.Match[str], ...], place: int, depth: int) -> tuple[_Term, int]:
    """A unit with its power, a number, a bracket or an annotation → what it is and where it ends."""
    mark = marks[place]
    place += 1
    if mark["annotation"]:
        return _ONE, place
    if mark["open"]:
        found, place = _product(marks, place, depth + 1)
        if not marks[place]["close"]:
            raise ValueError(place)
        return found, place + 1
    if mark["number"] and int(mark["number"]):
        return _Term(Fraction(int(mark["number"]))), place
    if not mark["atom"]:
        raise ValueError(place)
    found = _ONE.times(_atom(mark["atom"]), int(mark["power"] or 1))
    if place < len(marks) and marks[place]["annotation"]:
        place += 1
    return found, place


@cache
def _defined() -> dict[str, tuple[bool, str, str]]:
    rows = [line.split() for line in DEFINED.strip().splitlines()]
    found: dict[str, tuple[bool, str, str]] = {}
    for name, number, unit in rows:
        metric = name.endswith("*") and name != "10*"
        found[name[:-1] if metric else name] = metric, number, unit
    return found


@cache
def _known(name: str) -> _Term | None:
    """A unit without prefix → its worth, or None."""
    name = SAME.get(name, name)
    if name in BASES or name in ARBITRARY:
        return _Term(Fraction(1), ((name, 1),))
    row = _defined().get(name)
    if row is None:
        return _prefixed(name) if name == "kcal_th" else None
    term, _ = _product(_marks(row[2]), 0, 0)
    return _Term(Fraction(row[1])).times(term, 1)


def _atom(name: str) -> _Term:
    """A unit, maybe with a prefix → its worth; ValueError when it is none."""
    found = _known(name) or _prefixed(name)
    if found is None:
        raise ValueError(name)
    return found


def _prefixed(name: str) -> _Term | None:
    for length in (1, 2):
        prefix, rest = name[:length], name[length:]
        plain = SAME.get(rest, rest)
        row = _defined().get(plain)
        metric = plain in BASES or plain in ARBITRARY or (row is not None and row[0])
        if not metric or rest in {"a", "mo"}:
            continue
        term = _known(rest)
        if term is None:
            continue
        if prefix in PREFIXES:
            return _Term(Fraction(10) ** PREFIXES[prefix] * term.factor, term.powers)
        if prefix in BINARY and plain in {"bit", "By"}:
            return _Term(Fraction(2) ** BINARY[prefix] * term.factor, term.powers)
    return None

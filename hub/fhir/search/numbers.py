"""A number or quantity as written in a search → the range it covers.

Source: http://hl7.org/fhir/R4/search.html#number, #quantity, #prefix.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final, cast

from hub.fhir.search.escapes import split, unescape
from hub.fhir.search.query import NumberValue, Prefix, QuantityValue
from hub.fhir.search.ucum import UCUM, Scale, convertible, to_base
from hub.problems import ProblemCode, fail

_NUMBER: Final = re.compile(
    r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?([+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?)"
)
_HALF: Final = Decimal("0.5")
_TENTH: Final = Fraction(1, 10)
_QUANTITY_PARTS: Final = 3


def parse_number(text: str, param: str) -> NumberValue:
    """`gt5.40`, `1e2` … → prefix, number and range. Problems: BAD_PARAMETER."""
    prefix, number = _read(text, param)
    return _value(prefix, number, None)


def parse_quantity(text: str, param: str) -> QuantityValue:
    """`5.4`, `5.4||mg`, `le5.4|http://unitsofmeasure.org|mg` → the quantity.

    Shape: a system alone stands for all its units. It is found in other units when it is written with UCUM's system and a unit
    that converts.
    Problems: BAD_PARAMETER.
    """
    parts = split(text, "|")
    if len(parts) not in {1, _QUANTITY_PARTS}:
        raise fail(
            ProblemCode.BAD_PARAMETER,
            f"{param} is written 5.4, 5.4||mg or 5.4|http://unitsofmeasure.org|mg",
            param,
        )
    prefix, number = _read(parts[0], param)
    plain = _value(prefix, number, None)
    if len(parts) == 1:
        return QuantityValue(plain, None, None)
    system, code = unescape(parts[1]) or None, unescape(parts[2]) or None
    scale = to_base(code) if system == UCUM and code is not None else None
    if scale is None or not convertible(number):
        return QuantityValue(plain, system, code)
    return QuantityValue(plain, system, code, _value(prefix, number, scale), scale.unit)


def _read(text: str, param: str) -> tuple[Prefix, Decimal]:
    match = _NUMBER.fullmatch(text)
    number = Decimal(match[2]) if match is not None else Decimal("NaN")
    if match is None or not convertible(number):
        raise fail(
            ProblemCode.BAD_PARAMETER,
            f"{param} must be a number such as 5.4, -1 or 1e3, with one of the prefixes"
            " eq, ne, gt, lt, ge, le, sa, eb, ap if wanted",
            param,
        )
    return cast("Prefix", match[1] or "eq"), number


def _value(prefix: Prefix, number: Decimal, scale: Scale | None) -> NumberValue:
    """A number with its written precision → its range, in its own unit or in base units."""
    exact = Fraction(number)
    around = abs(exact) * _TENTH if prefix == "ap" else Fraction(_half(number))
    ends = (exact, exact - around, exact + around)
    if scale is not None:
        ends = tuple(end * scale.factor + scale.offset for end in ends)
    return NumberValue(prefix, *map(float, ends))


def _half(number: Decimal) -> Decimal:
    """Half of what the last written digit is worth: 0.05 of 5.4, 0.005 of 5.40, 50 of 1e2."""
    return _HALF.scaleb(cast("int", number.as_tuple().exponent))

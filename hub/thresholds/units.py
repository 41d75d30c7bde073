"""The only unit conversions that exist; UCUM, case sensitive, decimal arithmetic.

Source: dho/thresholds.md §4.4; factors in measures_table.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from hub.thresholds.measures_table import ROUNDED_TO, ROWS

# Wide enough that a value with 30 digits is not rounded on its way; nothing traps, so an absurd exponent
# becomes Infinity and is then caught by the plausible guard (§4.6).
EXACT: Final = Context(prec=120, rounding=ROUND_HALF_UP, traps=[])
_ENTRY: Final = re.compile(r"(?P<unit>[^=]+)=(?P<factor>[0-9.]+)(?P<offset>[+-][0-9.]+)?")
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Conversion:
    """value in one unit → value in another: (x × times + plus) ÷ over, then rounded half up to `quantum`.

    Shape: `quantum` None = never rounded (same unit, another name of it, or a shift of the decimal point).
    """

    times: Decimal
    plus: Decimal
    over: Decimal
    quantum: Decimal | None

    def __call__(self, value: Decimal) -> Decimal:
        """The value in the unit converted from → in the unit converted to."""
        moved = EXACT.multiply(value, self.times) if self.times is not _ONE else value
        if self.plus is not _ZERO:
            moved = EXACT.add(moved, self.plus)
        if self.over is not _ONE:
            moved = EXACT.divide(moved, self.over)
        if self.quantum is None or not moved.is_finite():
            return moved
        rounded = EXACT.quantize(moved, self.quantum)
        return rounded if rounded.is_finite() else moved


def _entries(conversions: str) -> dict[str, tuple[Decimal, Decimal]]:
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for text in filter(None, conversions.split(";")):
        match = _ENTRY.fullmatch(text)
        assert match is not None, text
        found[match["unit"]] = (Decimal(match["factor"]), Decimal(match["offset"] or 0))
    return found


def _quantum(key: str, to: str, canonical: str, decimals: int) -> Decimal | None:
    places = decimals if to == canonical else ROUNDED_TO.get((key, to))
    return None if places is None else _ONE.scaleb(-places)


def _build_table() -> dict[tuple[str, str, str], Conversion]:
    table: dict[tuple[str, str, str], Conversion] = {}
    for key, _, _, canonical, decimals, _, _, conversions, rounding, _, _ in ROWS:
        units = {canonical: (_ONE, _ZERO)} | _entries(conversions)
        for a, (factor_a, offset_a) in units.items():
            for b, (factor_b, offset_b) in units.items():
                if a == b:
                    table[key, a, b] = Conversion(_ONE, _ZERO, _ONE, None)
                    continue
                plus = offset_a - offset_b
                quantum = _quantum(key, b, canonical, decimals) if {a, b} & rounding else None
                table[key, a, b] = Conversion(
                    _ONE if factor_a == 1 else factor_a,
                    plus or _ZERO,
                    _ONE if factor_b == 1 else factor_b,
                    quantum,
                )
    return table


CONVERSIONS: Final[dict[tuple[str, str, str], Conversion]] = _build_table()
"""(measure, from, to) → conversion. What is not here is `sys.unit` (§4.4: never guess)."""


def is_unit(measure: str, unit: str | None) -> bool:
    """A measure and a unit → whether we know how the one is written in the other."""
    return unit is not None and (measure, unit, unit) in CONVERSIONS


UNIT_NAMES: Final[dict[str, str]] = {
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "[degF]": "°F",
    "[lb_av]": "lb",
    "[in_i]": "tommer",
    "{INR}": "",
    "1": "",
    "{score}": "poeng",
    "{steps}": "skritt",
    "{beats}/min": "/min",
    "{beat}/min": "/min",
    "{breaths}/min": "/min",
    "kg/m2": "kg/m²",
}
"""UCUM → as a Norwegian reader writes it; what is not here is shown as it stands."""

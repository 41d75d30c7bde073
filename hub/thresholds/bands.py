"""Bands → a scale: every number has exactly one zone, found by bisection.

A scale with n bounds has 2n+1 cells: below the first bound, on it, between it and the next, and so on. An invalid
plan still gives an answer: overlap → the worst zone, gap → yellow (§2.3).
Source: dho/thresholds.md §2.3, §4.5, §6.1.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from hub.thresholds.plan import Band
from hub.thresholds.zones import RANK, Zone

Side = Literal["low", "high", "gap", ""]


@dataclass(frozen=True, slots=True)
class Cell:
    """One stretch of the scale.

    Shape: `side` tells on which side of green it lies ("" for green and black); `bound` is the limit that was
    crossed, as ("<" | "≤" | ">" | "≥", number), None where there is none.
    """

    zone: Zone
    side: Side
    bound: tuple[str, Decimal] | None


@dataclass(frozen=True, slots=True)
class Scale:
    """Compiled bands. Shape: len(cells) == 2 × len(bounds) + 1; `greens` are the green bands (§7.5)."""

    bounds: tuple[Decimal, ...]
    cells: tuple[Cell, ...]
    greens: tuple[Band, ...]

    def _place(self, value: Decimal) -> int:
        at = bisect_left(self.bounds, value)
        hit = at < len(self.bounds) and self.bounds[at] == value
        return 2 * at + 1 if hit else 2 * at

    def find(self, value: Decimal, comparator: str | None = None) -> Cell:
        """A number → its cell; with a comparator → the worst cell the interval touches (§4.5)."""
        if comparator is None:
            return self.cells[self._place(value)]
        if comparator == "<":
            touched = self.cells[: 2 * bisect_left(self.bounds, value) + 1]
        elif comparator == "<=":
            touched = self.cells[: self._place(value) + 1]
        elif comparator == ">":
            touched = self.cells[2 * bisect_right(self.bounds, value) :]
        else:
            touched = self.cells[self._place(value) :]
        outermost_first = touched if comparator[0] == "<" else tuple(reversed(touched))
        return max(outermost_first, key=lambda cell: RANK[cell.zone])

    def well_inside(self, value: Decimal, margin: Decimal) -> bool:
        """A number → whether it lies in green, at least `margin` from every end of it (§7.5)."""
        return self.find(value).zone == "green" and any(
            _holds(band, value)
            and all(low is None or value - low >= margin for low in (band.gt, band.ge))
            and all(high is None or high - value >= margin for high in (band.lt, band.le))
            for band in self.greens
        )


def _holds(band: Band, value: Decimal) -> bool:
    return (
        (band.gt is None or value > band.gt)
        and (band.ge is None or value >= band.ge)
        and (band.lt is None or value < band.lt)
        and (band.le is None or value <= band.le)
    )


def _covers(band: Band, cell: int, bounds: Sequence[Decimal]) -> bool:
    """Whether a band covers a whole cell; every end of the band is one of the bounds, so no arithmetic is needed."""
    at, on = divmod(cell, 2)
    if on:
        return _holds(band, bounds[at])
    lows = [end for end in (band.gt, band.ge) if end is not None]
    highs = [end for end in (band.lt, band.le) if end is not None]
    reaches_down = not lows or (at > 0 and max(lows) <= bounds[at - 1])
    reaches_up = not highs or (at < len(bounds) and min(highs) >= bounds[at])
    return reaches_down and reaches_up


def compile_bands(bands: Sequence[Band]) -> Scale:
    """Bands in any order, also faulty ones → the scale they make; patients with the same bands share one."""
    own = tuple(bands)
    return _compile(repr(own), own)


@lru_cache(maxsize=4096)
def share_bands(told: str, bands: tuple[Band, ...]) -> tuple[Band, ...]:  # noqa: ARG001 - see there
    """Bands and their repr, which tells 7.0 from 7.00 → the same bands, kept once for all who have them."""
    return bands


@lru_cache(maxsize=4096)
def _compile(told: str, bands: tuple[Band, ...]) -> Scale:  # noqa: ARG001 - 7.0 and 7.00 are equal and told differently
    ends = {end for b in bands for end in (b.gt, b.ge, b.lt, b.le) if end is not None}
    bounds = tuple(sorted(ends))
    covering = [
        [band for band in bands if _covers(band, cell, bounds)]
        for cell in range(2 * len(bounds) + 1)
    ]
    zones: list[Zone] = [
        max((band.zone for band in found), key=RANK.__getitem__) if found else "yellow"
        for found in covering
    ]
    greens = [cell for cell, zone in enumerate(zones) if zone == "green"]
    cells: list[Cell] = []
    for cell, (zone, found) in enumerate(zip(zones, covering, strict=True)):
        if not found:
            cells.append(Cell("yellow", "gap", None))
        elif RANK[zone] <= RANK["green"]:
            cells.append(Cell(zone, "", None))
        else:
            band = max(found, key=lambda b: RANK[b.zone])
            side = _side(cell, band, zones, greens)
            cells.append(Cell(zone, side, _bound(band, side)))
    return Scale(bounds, tuple(cells), tuple(b for b in bands if b.zone == "green"))


def _side(cell: int, band: Band, zones: Sequence[Zone], greens: Sequence[int]) -> Side:
    """Low when green lies above, high when it lies below; without green the open end of the band tells."""
    if greens:
        below = [cell - green for green in greens if green < cell]
        above = [green - cell for green in greens if green > cell]
        if below and above:
            return "low" if min(above) <= min(below) else "high"
        return "high" if below else "low"
    if band.gt is None and band.ge is None:
        return "low"
    if band.lt is None and band.le is None:
        return "high"
    here = RANK[zones[cell]]
    worse_below = any(RANK[zone] > here for zone in zones[:cell])
    worse_above = any(RANK[zone] > here for zone in zones[cell + 1 :])
    return "high" if worse_above and not worse_below else "low"


def _bound(band: Band, side: Side) -> tuple[str, Decimal] | None:
    pairs = (("<", band.lt), ("≤", band.le)) if side == "low" else ((">", band.gt), ("≥", band.ge))
    for sign, end in pairs:
        if end is not None:
            return (sign, end)
    return None


def band_faults(bands: Sequence[Band]) -> tuple[str, ...]:
    """Bands → what must be mended before approval, in Norwegian (§2.3): overlap, gap, red not outermost, bad ends."""
    own = tuple(bands)
    return _faults(repr(own), own)


@lru_cache(maxsize=4096)
def _faults(told: str, bands: tuple[Band, ...]) -> tuple[str, ...]:  # noqa: ARG001 - as above
    faults: list[str] = []
    for band in bands:
        if band.gt is not None and band.ge is not None:
            faults.append("Et område har to nedre grenser.")
        if band.lt is not None and band.le is not None:
            faults.append("Et område har to øvre grenser.")
    if not bands:
        return ()
    scale = compile_bands(bands)
    empty = [
        b for b in bands if not any(_covers(b, c, scale.bounds) for c in range(len(scale.cells)))
    ]
    if empty:
        faults.append("Et område er tomt: den nedre grensen ligger over den øvre.")
    found = [
        {band.zone for band in bands if _covers(band, cell, scale.bounds)}
        for cell in range(len(scale.cells))
    ]
    holes = _stretches([not zones for zones in found], scale.bounds)
    faults += [f"Det er et hull i områdene, {where}." for where in holes]
    clashes = _stretches([len(zones) > 1 for zones in found], scale.bounds)
    faults += [f"To områder med ulik sone overlapper {where}." for where in clashes]
    if not _red_outermost([cell.zone for cell in scale.cells]):
        faults.append("Et rødt område ligger innenfor et mildere: rødt må være ytterst.")
    return tuple(dict.fromkeys(faults))


def _stretches(faulty: Sequence[bool], bounds: Sequence[Decimal]) -> list[str]:
    """Which cells are at fault → the stretches they make, in words."""
    found: list[str] = []
    cells = [cell for cell, bad in enumerate(faulty) if bad]
    for first in (cell for cell in cells if cell == 0 or not faulty[cell - 1]):
        last = next(
            c for c in range(first, len(faulty)) if c + 1 == len(faulty) or not faulty[c + 1]
        )
        low = bounds[(first - 1) // 2] if first else None  # a cell on a bound begins there
        high = bounds[last // 2] if last // 2 < len(bounds) else None
        if first == last and first % 2:
            found.append(f"ved {high}")
        elif low is None or high is None:
            found.append(
                "overalt" if low is high else f"over {low}" if high is None else f"under {high}"
            )
        else:
            found.append(f"mellom {low} og {high}")
    return found


def _red_outermost(zones: Sequence[Zone]) -> bool:
    """Whether every red cell is joined to an end of the scale by red cells alone."""
    reds = [cell for cell, zone in enumerate(zones) if zone == "red"]
    first_other = next((cell for cell, zone in enumerate(zones) if zone != "red"), len(zones))
    last_other = next((c for c in range(len(zones) - 1, -1, -1) if zones[c] != "red"), -1)
    return all(cell < first_other or cell > last_other for cell in reds)

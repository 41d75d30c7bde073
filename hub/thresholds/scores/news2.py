"""NEWS2: points per parameter.

Needs clinical sign-off before use (data/scores.csv: second-hand table). Scale 2 for SpO2 only when a clinician has
chosen it.
Source: Royal College of Physicians, NEWS2 (2017), Chart 1; dho/data/scores.csv rows `news2`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

PARAMETERS: Final = (
    "resp_rate", "spo2", "oxygen", "systolic", "pulse", "consciousness", "temperature",
)  # fmt: skip
CODED: Final = ("oxygen", "consciousness")
NUMBERS: Final = tuple(name for name in PARAMETERS if name not in CODED)

Steps = tuple[tuple[str | None, int], ...]
"""(highest value of the step, points), lowest step first; None = no upper end."""

_SCALE_2: Final[Steps] = (("83", 3), ("85", 2), ("87", 1))
CHART: Final[dict[str, Steps]] = {
    "resp_rate": (("8", 3), ("11", 1), ("20", 0), ("24", 2), (None, 3)),
    "spo2 scale 1": (("91", 3), ("93", 2), ("95", 1), (None, 0)),
    "spo2 scale 2 on air": (*_SCALE_2, (None, 0)),
    "spo2 scale 2 on oxygen": (*_SCALE_2, ("92", 0), ("94", 1), ("96", 2), (None, 3)),
    "systolic": (("90", 3), ("100", 2), ("110", 1), ("219", 0), (None, 3)),
    "pulse": (("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), (None, 3)),
    "temperature": (("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), (None, 2)),
}
CODES: Final[dict[str, dict[str, int]]] = {
    "oxygen": {"no": 0, "yes": 2},
    "consciousness": {"A": 0, "C": 3, "V": 3, "P": 3, "U": 3},
}


def points_of(
    numbers: Mapping[str, tuple[Decimal, str | None]], codes: Mapping[str, str], spo2_scale: int
) -> dict[str, int]:
    """Numbers in canonical units with their comparators, and codes → points by parameter.

    What is not known or not in the chart is left out; a comparator gives the most points its interval touches (§4.5).
    """
    points = {name: table[codes[name]] for name, table in CODES.items() if codes.get(name) in table}
    for name in NUMBERS:
        given = numbers.get(name)
        if given is not None:
            points[name] = _points(CHART[_row(name, codes.get("oxygen"), spo2_scale)], *given)
    return points


def _row(name: str, oxygen: str | None, spo2_scale: int) -> str:
    if name != "spo2":
        return name
    if spo2_scale == 1:
        return "spo2 scale 1"
    # Not known to be on oxygen: the points that are sure (§5.11, the lower bound)
    return f"spo2 scale 2 on {'oxygen' if oxygen == 'yes' else 'air'}"


def _points(steps: Steps, value: Decimal, comparator: str | None) -> int:
    at = next(
        i for i, (highest, _) in enumerate(steps) if highest is None or value <= Decimal(highest)
    )
    if comparator is None:
        return steps[at][1]
    if comparator == ">" and steps[at][0] is not None and value == Decimal(steps[at][0] or 0):
        at += 1  # above the highest value of a step is the next step
    touched = steps[: at + 1] if comparator[0] == "<" else steps[at:]
    return max(points for _, points in touched)

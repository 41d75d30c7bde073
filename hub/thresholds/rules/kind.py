"""What a rule kind is: the shape every row of the registry has.

Source: dho/thresholds.md §5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from hub.thresholds.plan import Rule
from hub.thresholds.zones import Zone


class Reading(Struct, frozen=True):
    """The valid numbers of one observation. Shape: name of measure or component → (number, unit as received)."""

    values: dict[str, tuple[Decimal, str]]
    comparator: str | None = None


class Finding(Struct, frozen=True):
    """What one rule says of one reading.

    Shape: `reason` "" when it does not fire; `name` is the measure or component that decided; `value` is in `unit`,
    the unit of the rule; `bound` the limit crossed; `incomplete` says a component the rule needs is missing
    (`zone` none when nothing could be judged); `calm` says green by the margin of auto_resolve, None = not counted.
    """

    zone: Zone
    reason: str
    name: str
    value: Decimal | None
    unit: str
    bound: tuple[str, Decimal] | None = None
    incomplete: bool = False
    calm: bool | None = None


Judge = Callable[[Reading], Finding | None]
"""A reading → the finding; None when the rule does not cover it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the registry.

    Shape: `measure_of` the measure that patient and general rule are compared by (§4.9); `triggers` the measures of
    the observations it judges; `faults` what is wrong with a rule, in Norwegian (§2.3); `is_off` whether the rule says "no
    limit wanted"; `compile` a rule → its judge, None when its unit is at fault (§4.4).
    """

    measure_of: Callable[[Rule], str]
    triggers: Callable[[Rule], tuple[str, ...]]
    faults: Callable[[Rule], tuple[str, ...]]
    is_off: Callable[[Rule], bool]
    compile: Callable[[Rule], Judge | None]

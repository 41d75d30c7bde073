"""What a rule kind is: the shape every row of the registry has, and what a rule sees of one value and of the past.

Source: dho/thresholds.md §5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from hub.thresholds.history import History, Operand, Sample
from hub.thresholds.plan import Rule
from hub.thresholds.spans import Span
from hub.thresholds.zones import Zone


class Reading(Struct, frozen=True):
    """What one valid observation says.

    Shape: `values` name of measure or component → (number, unit as received); `comparators` by the same names, of those that are
    intervals (§4.5); `code` and `items` for answers; an item that was not answered, or not with a number, is None.
    """

    values: dict[str, tuple[Decimal, str]] = {}
    comparators: dict[str, str] = {}
    code: str | None = None
    items: dict[str, Decimal | None] | None = None


class Finding(Struct, frozen=True):
    """What one rule says of one reading.

    Shape: `reason` "" when it does not fire; `name` is the measure or component that decided; `value` is in `unit`,
    the unit of the rule; `bound` the limit crossed; `incomplete` says a component the rule needs is missing
    (`zone` none when nothing could be judged); `calm` says green by the margin of auto_resolve, None = not counted;
    `words` what was compared, in Norwegian, where it is not simply the value; `operands` the values of the window;
    `comparator` that of the value, where it is an interval.
    """

    zone: Zone
    reason: str
    name: str
    value: Decimal | None
    unit: str
    bound: tuple[str, Decimal] | None = None
    incomplete: bool = False
    calm: bool | None = None
    words: str = ""
    operands: tuple[Operand, ...] = ()
    comparator: str | None = None


class Moment(Struct, frozen=True):
    """The trigger's place among the patient's values. Shape: `sample` is the trigger itself; `history` holds it too."""

    sample: Sample
    history: History


Judge = Callable[[Reading, Moment], Finding | None]
"""A reading and its moment → the finding; None when the rule does not cover it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of the past a rule reads beside its trigger.

    Shape: `names` the measures and components it reads, none = only the trigger; `window` None with names = as far as
    there are values; `count` how many values, where that is what limits it.
    """

    names: tuple[str, ...] = ()
    window: Span | None = None
    count: int | None = None


HERE = Reach()


class RuleFaultError(Exception):
    """A rule that cannot be compiled: a field it needs is missing or makes no sense. The others still judge (S10)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the registry.

    Shape: `subject_of` what patient and general rule are compared by (§4.9), the measure where there is one; `triggers`
    the measures of the observations it judges (`#…` = judged by the clock or after the others); `faults` what is wrong
    with a rule, in Norwegian (§2.3); `is_off` whether the rule says "no limit wanted"; `compile` a rule → its judge, None
    when its unit is at fault (§4.4), RuleFaultError when another field is.
    """

    subject_of: Callable[[Rule], str]
    triggers: Callable[[Rule], tuple[str, ...]]
    faults: Callable[[Rule], tuple[str, ...]]
    is_off: Callable[[Rule], bool]
    compile: Callable[[Rule], Judge | None]
    reach: Callable[[Rule], Reach] = lambda _: HERE

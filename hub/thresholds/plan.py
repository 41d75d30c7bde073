"""Rules, plan versions and general limits.

Source: dho/thresholds.md §2.2–2.5, §5; field names of dho/cases/README.md.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from hub.thresholds.measurement import ContextValue
from hub.thresholds.spans import Span
from hub.thresholds.zones import Zone


class Band(Struct, frozen=True, omit_defaults=True):
    """A zone between bounds (§2.3). Shape: at most one of gt|ge and one of lt|le. Units: those of the rule."""

    zone: Zone
    gt: Decimal | None = None
    ge: Decimal | None = None
    lt: Decimal | None = None
    le: Decimal | None = None


class Where(Struct, frozen=True, omit_defaults=True):
    """The values that count in `n_of_m` (§5.5). Shape and units as a band."""

    gt: Decimal | None = None
    ge: Decimal | None = None
    lt: Decimal | None = None
    le: Decimal | None = None


class AutoResolve(Struct, frozen=True):
    """§7.5: `count` consecutive greens at least `margin` inside the band close a yellow alert."""

    count: int
    margin: Decimal


class Escalate(Struct, frozen=True):
    """§5.7: `count` misses in a row raise the zone to `zone`."""

    count: int
    zone: Zone


class Part(Struct, frozen=True):
    """§5.12: a rule that must have fired at `min_zone` or worse."""

    rule: str
    min_zone: Zone


class Rule(Struct, frozen=True, omit_defaults=True):
    """One rule of a plan or of the general limits.

    Shape: which fields a kind uses stands in rule_fields.py; `bands` for kinds with one value, `components` (name →
    bands) for panels; `measure` is None where the kind implies it (composite_bp, questionnaire, score); `overridable`
    None = rule of a plan, True = general rule, False = floor (§2.5); `as_percent` is `as: percent` of the case format,
    `answers` its `map`, `parts` its `all`.
    """

    id: str
    kind: str
    measure: str | None = None
    unit: str | None = None
    bands: tuple[Band, ...] = ()
    components: dict[str, tuple[Band, ...]] = {}
    when: dict[str, ContextValue] = {}
    quiet: timedelta | None = None
    auto_resolve: AutoResolve | None = None
    overridable: bool | None = None
    version: int | None = None
    approved_by: str | None = None
    zone: Zone | None = None
    window: Span | None = None
    direction: str | None = None
    baseline: str | None = None
    fixed: Decimal | None = None
    as_percent: bool = False
    min_points: int | None = None
    min_span: Span | None = None
    n: int | None = None
    m: int | None = None
    where: Where | None = None
    window_days: int | None = None
    drop_first_day: bool = False
    min_readings: int | None = None
    min_days: int | None = None
    times: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    early: Span | None = None
    grace: Span | None = None
    escalate: Escalate | None = None
    form: str | None = None
    item: str | None = None
    items: tuple[str, ...] = ()
    total: bool = False
    multiply: Decimal | None = None
    reversed: bool = False
    item_max: Decimal | None = None
    answers: dict[str, Zone] = {}
    score: str | None = None
    spo2_scale: int | None = None
    within: Span | None = None
    parts: tuple[Part, ...] = ()


class PlanVersion(Struct, frozen=True, omit_defaults=True):
    """One approved version of an EBP, in force from `valid_from` (inclusive) to `valid_to` (exclusive) (§2.4)."""

    id: str
    version: int
    valid_from: datetime
    rules: tuple[Rule, ...] = ()
    valid_to: datetime | None = None
    mode: Literal["active", "observe"] = "active"
    safety_net: bool = True
    last_review: date | None = None
    review_interval: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None

"""Rules, plan versions and general limits.

Source: dho/thresholds.md §2.2–2.5; field names of dho/cases/README.md.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from hub.thresholds.measurement import ContextValue
from hub.thresholds.zones import Zone


class Band(Struct, frozen=True, omit_defaults=True):
    """A zone between bounds (§2.3). Shape: at most one of gt|ge and one of lt|le. Units: those of the rule."""

    zone: Zone
    gt: Decimal | None = None
    ge: Decimal | None = None
    lt: Decimal | None = None
    le: Decimal | None = None


class AutoResolve(Struct, frozen=True):
    """§7.5: `count` consecutive greens at least `margin` inside the band close a yellow alert."""

    count: int
    margin: Decimal


class Rule(Struct, frozen=True, omit_defaults=True):
    """One rule of a plan or of the general limits.

    Shape: `bands` for kinds with one value, `components` (name → bands) for panels; `measure` is None where the kind
    implies it (composite_bp); `overridable` None = rule of a plan, True = general rule, False = floor (§2.5).
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

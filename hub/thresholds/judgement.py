"""What the engine says of one observation: its zone, the rules that fired, and everything that explains them.

Source: dho/thresholds.md §2.7, §3.3, §11.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from hub.thresholds.history import Operand
from hub.thresholds.zones import Standing, Zone

Suppression = Literal["", "on-hold", "historical"]


class Firing(Struct, frozen=True, omit_defaults=True):
    """One rule fired on one observation version; keyed by (observation, version, rule).

    Shape: `suppressed` says why it raises nothing by itself, "" = it raises; `name` the measure or component;
    `received` value and unit as they came; `value` in `unit`, the rule's unit; `bound` the limit crossed; `source`
    plan version, general limit or floor in words; `text` the Norwegian line of §11; `operands` the other values the
    rule used, with their ids (§11); `parts` the (rule, observation) a combination rests on. `observation` is an observation id, `slot:<instant>` or `plan:<version>`.
    """

    rule: str
    observation: str
    version: int
    effective: datetime
    zone: Zone
    reason: str
    text: str
    suppressed: Suppression = ""
    flags: tuple[str, ...] = ()
    name: str = ""
    received: tuple[str, str] | None = None
    value: Decimal | None = None
    unit: str = ""
    bound: tuple[str, Decimal] | None = None
    plan: str | None = None
    plan_version: int | None = None
    rule_version: int | None = None
    approved_by: str | None = None
    source: str = ""
    operands: tuple[Operand, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def technical(self) -> bool:
        """Whether it belongs to the stream for resource persons and support (§3.4)."""
        return self.rule.startswith("sys.")


class Trace(Struct, frozen=True, omit_defaults=True):
    """One rule that judged an observation, fired or not. Shape: `watching` = would-be zone only (§4.10)."""

    rule: str
    origin: str
    zone: Zone
    reason: str
    value: Decimal | None
    unit: str
    watching: bool = False
    calm: bool | None = None


class Judgement(Struct, frozen=True, omit_defaults=True):
    """The answer for one observation (§4).

    Shape: `zone` is that of the newest version; `effective` is the instant it was judged for (§4.2), None when it was
    not judged; `kin` are the observations it is a new version of by identifier, or the first one it duplicates.
    """

    observation: str
    version: int
    measure: str
    zone: Standing
    effective: datetime | None = None
    plan: str | None = None
    plan_version: int | None = None
    flags: tuple[str, ...] = ()
    firings: tuple[Firing, ...] = ()
    trace: tuple[Trace, ...] = ()
    kin: tuple[str, ...] = ()

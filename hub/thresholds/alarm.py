"""Alerts and the steps people take on them.

Source: dho/thresholds.md §7.1–7.4 (states), §2.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from unicodedata import category

from msgspec import Struct
from msgspec.structs import replace

from hub.problems import Problem, ProblemCode
from hub.thresholds.measurement import Event, StepKind
from hub.thresholds.zones import RANK, Zone

State = Literal["open", "acknowledged", "mitigated", "closed", "auto-resolved", "withdrawn"]

# §7.1: steps may be skipped, never reversed. The same step again adds its note and action, nothing else.
# What is not in the table is refused. Upgrades (§7.3) and side exits are not human steps: see merge.py.
STEPS: Final[dict[tuple[State, StepKind], State]] = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "mitigate"): "mitigated",
    ("open", "close"): "closed",
    ("acknowledged", "acknowledge"): "acknowledged",
    ("acknowledged", "mitigate"): "mitigated",
    ("acknowledged", "close"): "closed",
    ("mitigated", "mitigate"): "mitigated",
    ("mitigated", "close"): "closed",
    # Putting off moves no state: it holds back what the clock would tell (§7.6)
    ("open", "snooze"): "open",
    ("acknowledged", "snooze"): "acknowledged",
    ("mitigated", "snooze"): "mitigated",
}
LONGEST_SNOOZE: Final = timedelta(hours=24)
"""A yellow that may wait longer than to the next day is dealt with by closing it."""
LIVE: Final[frozenset[State]] = frozenset({"open", "acknowledged", "mitigated"})


class Evidence(Struct, frozen=True, omit_defaults=True):
    """One firing an alert rests on, keyed by observation version × rule.

    Shape: `observation` is an observation, `slot:<instant>` or `plan:<version>`; `filled` = a slot of a red alert that a
    late value has filled (§5.7).
    """

    observation: str
    version: int
    zone: Zone
    reason: str
    effective: datetime
    text: str
    flags: tuple[str, ...] = ()
    filled: bool = False


def lead_of(evidence: Sequence[Evidence]) -> Evidence:
    """What an alert rests on → the one that gives it its zone, reason and text: the earliest of the worst."""
    # An alert may rest on thousands: what most of them differ in is looked at first, without a call for each
    worst = max({e.zone for e in evidence}, key=RANK.__getitem__)
    those = [e for e in evidence if e.zone == worst]
    earliest = min([e.effective for e in those])
    first = [e for e in those if e.effective == earliest]
    return min(first, key=lambda e: (len(e.observation), e.observation))


class Calm(Struct, frozen=True):
    """A value judged by the rule of an alert that may resolve itself: whether it is green by the margin (§7.5)."""

    observation: str
    effective: datetime
    ok: bool


class Alert(Struct, frozen=True, omit_defaults=True):
    """An episode of firings for one (patient, rule) (§2.7).

    Shape: `id` is rule/observation/version of the firing that raised it, so raising it again after a crash gives
    the same id; `waiting_since` is when it was raised or last upgraded; `red_step` is how many steps had been taken
    when it last became red; `steps` are the accepted ones; `past` are observations that were evidence before a correction;
    `measure` is what was expected or measured, "" in alerts of before it was kept; `snoozed_until` holds back reminders.
    """

    id: str
    rule: str
    zone: Zone
    reason: str
    text: str
    state: State
    raised_at: datetime
    waiting_since: datetime
    evidence: tuple[Evidence, ...]
    flags: tuple[str, ...] = ()
    steps: tuple[Event, ...] = ()
    red_step: int = 0
    ended_at: datetime | None = None
    plan: str | None = None
    plan_version: int | None = None
    rule_version: int | None = None
    approved_by: str | None = None
    calm: tuple[Calm, ...] = ()
    past: tuple[str, ...] = ()
    measure: str = ""
    snoozed_until: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether new firings join it."""
        return self.state in LIVE

    @property
    def technical(self) -> bool:
        """Whether it belongs to resource persons and support (§3.4)."""
        return self.rule.startswith("sys.")


def take_step(alert: Alert, event: Event) -> tuple[Alert, Problem | None]:
    """An alert and a human step → (the alert after it, None), or (the alert as it was, why it is refused).

    Problems: BUSINESS_RULE.
    """
    target = STEPS.get((alert.state, event.type))
    if target is None:
        return alert, _refused("Varselet er allerede kommet lenger, eller det er avsluttet.")
    if not _is_said(event.by):
        return alert, _refused("Det mangler hvem som utførte handlingen.")
    if target == "closed" and alert.zone == "red":
        if not _is_said(event.note):
            return alert, _refused("Et rødt varsel lukkes med et notat.")
        if not any(_is_said(step.action) for step in (*alert.steps[alert.red_step :], event)):
            return alert, _refused("Et rødt varsel lukkes først når et tiltak er beskrevet.")
    until = None
    if event.type == "snooze":
        problem = _no_snooze(alert, event)
        if problem is not None:
            return alert, problem
        until = event.until
    ended = event.at if target == "closed" else None
    steps = (*alert.steps, event)
    return replace(alert, state=target, steps=steps, ended_at=ended, snoozed_until=until), None


def _is_said(text: str | None) -> bool:
    """A note or an action → whether there is a sign in it that can be seen: blanks of any kind say nothing."""
    return any(category(sign)[0] not in "CZ" for sign in text or "")


def _no_snooze(alert: Alert, event: Event) -> Problem | None:
    """Why an alert cannot be put off; None when it can: yellow only, and not for long."""
    if alert.zone != "yellow":
        return _refused("Bare gule varsler kan utsettes; et rødt varsel må noen ta seg av.")
    if event.until is None or event.until <= event.at:
        return _refused("Det må sies til når varselet utsettes, og det må være senere enn nå.")
    if event.until - event.at > LONGEST_SNOOZE:
        return _refused("Et varsel kan utsettes i høyst 24 timer.")
    return None


def apply_event(
    alerts: tuple[Alert, ...], event: Event
) -> tuple[tuple[Alert, ...], Alert | None, Problem | None]:
    """A patient's alerts and a human step → (alerts, the alert that moved, why it was refused).

    Problems: BUSINESS_RULE when the rule has no alert that is not closed.
    """
    live = live_alert(alerts, event.rule)
    if live is None:
        return alerts, None, _refused("Det finnes ikke noe åpent varsel for regelen.")
    after, problem = take_step(live, event)
    if problem is not None:
        return alerts, None, problem
    return tuple(after if alert.id == live.id else alert for alert in alerts), after, None


def live_alert(alerts: tuple[Alert, ...], rule: str) -> Alert | None:
    """A patient's alerts and a rule → the one that is not closed; there is at most one (§7.3)."""
    for alert in alerts:
        if alert.rule == rule and alert.state in LIVE:
            return alert
    return None


def _refused(detail: str) -> Problem:
    return Problem(ProblemCode.BUSINESS_RULE, detail)

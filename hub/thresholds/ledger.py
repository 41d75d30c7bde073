"""The alerts of a patient while one arrival is worked into them, and what became of each.

Source: dho/thresholds.md §7.3, §7.4, §8.3, §9.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hub.thresholds.alarm import Alert, Evidence, lead_of, live_alert
from hub.thresholds.book import Book
from hub.thresholds.calm import calm_down
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.shift import FiringKey
from hub.thresholds.zones import RANK

ChangeKind = Literal["raise", "join", "upgrade", "lower", "withdraw", "auto-resolve", "update"]

_MARKS: Final = frozenset({"amended", "recomputed"})
MISSING: Final = "missing"


class AlertChange(Struct, frozen=True):
    """One alert that an arrival changed.

    Shape: `alert` after the change; `before` None when it was raised; raise and upgrade notify (S11); join = new
    evidence only; update = flags, text or evidence, nothing a person must react to.
    """

    kind: ChangeKind
    alert: Alert
    before: Alert | None = None


@dataclass(slots=True)
class Ledger:
    """The alerts while one arrival is merged; lives inside one call."""

    book: Book
    at: datetime
    alerts: dict[str, Alert]
    touched: dict[str, Alert | None] = field(default_factory=dict[str, "Alert | None"])
    corrected: set[str] = field(default_factory=set[str])
    risen: set[FiringKey] = field(default_factory=set[FiringKey])

    def put(self, alert: Alert) -> None:
        """Keeps an alert and what it was before this arrival."""
        self.touched.setdefault(alert.id, self.alerts.get(alert.id))
        self.alerts[alert.id] = alert

    def live(self, rule: str) -> Alert | None:
        """The alert of the rule that is not closed."""
        return live_alert(tuple(self.alerts.values()), rule)


def finish(
    ledger: Ledger, after: Mapping[str, Judgement]
) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...]]:
    """A ledger and the judgements that may calm an alert (§7.5) → (all alerts, what changed)."""
    for alert_id in tuple(ledger.touched):
        _settle(ledger, alert_id)
    for alert in tuple(ledger.alerts.values()):
        calmed = calm_down(ledger.book, alert, after, ledger.at)
        if calmed != alert:
            ledger.put(calmed)
    changes = tuple(
        AlertChange(_kind(was, ledger.alerts[alert_id]), ledger.alerts[alert_id], was)
        for alert_id, was in ledger.touched.items()
        if was != ledger.alerts[alert_id]
    )
    return tuple(ledger.alerts.values()), changes


def _settle(ledger: Ledger, alert_id: str) -> None:
    """Zone, reason, flags and state from the evidence that is left (§7.3, §8.3, §9.2)."""
    alert, was = ledger.alerts[alert_id], ledger.touched[alert_id]
    if not alert.evidence:
        if was is None or not was.evidence:
            del ledger.alerts[alert_id], ledger.touched[alert_id]
            return
        # §5.7: missing values that came late resolve the alert; everything else was wrong and is withdrawn (§9.1)
        state = "auto-resolved" if was.evidence[0].reason == MISSING else "withdrawn"
        ledger.alerts[alert_id] = replace(
            alert, evidence=was.evidence, state=state, ended_at=ledger.at
        )
        return
    here = {item.observation for item in alert.evidence}
    left = [] if was is None else [e.observation for e in was.evidence if e.observation not in here]
    alert = replace(alert, past=with_flags(tuple(n for n in alert.past if n not in here), *left))
    lead = lead_of(alert.evidence)
    marks = [flag for flag in alert.flags if flag in _MARKS]
    rise = RANK[lead.zone] - RANK[alert.zone]
    if rise and alert_id in ledger.corrected:
        marks.append("amended")
    elif rise < 0 and lead.reason != MISSING:
        marks.append("recomputed")
    flags = with_flags((), *(flag for item in alert.evidence for flag in item.flags), *marks)
    alert = replace(alert, zone=lead.zone, reason=lead.reason, text=lead.text, flags=flags)
    if rise > 0:
        alert = replace(
            alert,
            state="open",
            waiting_since=ledger.at,
            snoozed_until=None,
            red_step=len(alert.steps) if lead.zone == "red" else alert.red_step,
        )
    ledger.alerts[alert_id] = alert


def new_alert(ledger: Ledger, firing: Firing) -> Alert:
    """A firing → the alert it raises."""
    name = f"{firing.rule}/{firing.observation}/{firing.version}"
    again = sum(1 for alert_id in ledger.alerts if alert_id.partition("#")[0] == name)
    return Alert(
        f"{name}#{again + 1}" if again else name,
        firing.rule,
        firing.zone,
        firing.reason,
        firing.text,
        "open",
        ledger.at,
        ledger.at,
        (evidence_of(firing),),
        firing.flags,
        plan=firing.plan,
        plan_version=firing.plan_version,
        rule_version=firing.rule_version,
        approved_by=firing.approved_by,
        measure=firing.name,
    )


def evidence_of(firing: Firing) -> Evidence:
    """A firing → what an alert cites of it."""
    return Evidence(
        firing.observation,
        firing.version,
        firing.zone,
        firing.reason,
        firing.effective,
        firing.text,
        firing.flags,
    )


def with_flags(flags: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """Flags and more → each once."""
    return tuple(dict.fromkeys((*flags, *more)))


def _kind(was: Alert | None, now: Alert) -> ChangeKind:
    if now.state == "withdrawn":
        return "withdraw"
    if was is None:
        return "raise"
    if now.state == "auto-resolved":
        return "auto-resolve"
    if RANK[now.zone] != RANK[was.zone]:
        return "upgrade" if RANK[now.zone] > RANK[was.zone] else "lower"
    had = {item.observation for item in was.evidence}
    return "update" if had.issuperset([item.observation for item in now.evidence]) else "join"

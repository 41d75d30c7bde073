"""Firings before and after an arrival → what happens to the alerts.

Source: dho/thresholds.md §3.4, §7.3–7.5, §8.2, §9.1, §9.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from hub.thresholds.alarm import Alert, Evidence, lead_of, live_alert
from hub.thresholds.book import Book
from hub.thresholds.calm import calm_down
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.shift import FiringKey, Shift
from hub.thresholds.zones import RANK

ChangeKind = Literal["raise", "join", "upgrade", "lower", "withdraw", "auto-resolve", "update"]

_MARKS = frozenset({"amended", "recomputed"})


class AlertChange(Struct, frozen=True):
    """One alert that an arrival changed.

    Shape: `alert` after the change; `before` None when it was raised; raise and upgrade notify (S11); join = new
    evidence only; update = flags, text or evidence, nothing a person must react to.
    """

    kind: ChangeKind
    alert: Alert
    before: Alert | None = None


MISSING = "missing"


@dataclass(slots=True)
class _Ledger:
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


def firings_by_key(judgements: Iterable[Judgement]) -> dict[FiringKey, Firing]:
    """Judgements → their firings by (observation, rule)."""
    return {(f.observation, f.rule): f for judgement in judgements for f in judgement.firings}


def merge_firings(
    book: Book, alerts: tuple[Alert, ...], shift: Shift, at: datetime
) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...]]:
    """What an arrival changed → (alerts, changes).

    Shape: what vanishes of the observations the arrival is a version of was corrected (§9), what vanishes of others was
    recomputed (§8.2); `at` is when it was received.
    """
    old = firings_by_key(shift.before.values()) | dict(shift.slots_before)
    new = firings_by_key(shift.after.values()) | dict(shift.slots_after)
    kin = _kin(shift.after.values())
    ledger = _Ledger(book, at, {alert.id: alert for alert in alerts})
    for key, firing in new.items():
        if old.get(key) != firing:
            same = kin.get(firing.observation, {firing.observation})
            if _rises(firing, same, shift.before, old):
                ledger.risen.add(key)
            _add(ledger, firing, same, own=key[0] in shift.own)
    for key, firing in old.items():
        if key not in new:
            _remove(ledger, firing, corrected=key[0] in shift.own)
    return _finish(ledger, {**shift.later, **shift.after})


def merge_due(
    book: Book, alerts: tuple[Alert, ...], firings: Iterable[Firing], at: datetime
) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...]]:
    """What fell due at an instant: missing slots, overdue reviews → (alerts, changes)."""
    ledger = _Ledger(book, at, {alert.id: alert for alert in alerts})
    for firing in firings:
        _add(ledger, firing, {firing.observation}, own=False)
    return _finish(ledger, {})


def _finish(
    ledger: _Ledger, after: Mapping[str, Judgement]
) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...]]:
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


def _kin(judgements: Iterable[Judgement]) -> dict[str, set[str]]:
    """Observations that are the same measurement: versions by identifier, and duplicates with the first of them."""
    kin: dict[str, set[str]] = {}
    for judgement in judgements:
        for other in judgement.kin:
            kin.setdefault(judgement.observation, {judgement.observation}).add(other)
            kin.setdefault(other, {other}).add(judgement.observation)
    return kin


def _add(ledger: _Ledger, firing: Firing, kin: set[str], *, own: bool) -> None:
    """A new or changed firing: joins, replaces what it corrects, raises, or stays silent."""
    live = ledger.live(firing.rule)
    if live is not None:
        was = [item for item in live.evidence if item.observation in kin]
        if was or not (firing.suppressed or _is_dealt_with(ledger, firing, kin)):
            if was and not own and _stays(live, max(RANK[e.zone] for e in was), firing):
                if live.zone != "red" or firing.reason != MISSING:
                    ledger.put(replace(live, flags=_with(live.flags, "recomputed")))
                return
            if was and firing.suppressed:  # what would not be raised now does not stay (§8.1, §8.3)
                _drop(ledger, live, firing, kin, own=own)
                return
            if was and own:
                ledger.corrected.add(live.id)
            kept = tuple(item for item in live.evidence if item.observation not in kin)
            ledger.put(replace(live, evidence=(*kept, _evidence(firing))))
            return
    if firing.suppressed or _is_dealt_with(ledger, firing, kin):
        return
    if live is None and not _is_quiet(ledger, firing):
        ledger.put(_raise(ledger, firing))


def _drop(ledger: _Ledger, live: Alert, firing: Firing, kin: set[str], *, own: bool) -> None:
    """A firing that is suppressed now, as a value corrected from red to yellow while on hold (§4.7) → out of the alert.

    Whatever order the versions come in, nothing stands that the newest one alone would not have raised (S4).
    """
    if not own:
        _remove(ledger, firing, corrected=False)
        return
    ledger.corrected.add(live.id)
    kept = tuple(item for item in live.evidence if item.observation not in kin)
    ledger.put(replace(live, evidence=kept))


def _stays(live: Alert, had: int, firing: Firing) -> bool:
    """Whether a milder firing than before leaves the alert: somebody acts on it (§8.2), or it is a red of missing values (§5.7)."""
    milder = RANK[firing.zone] < had
    return milder and (live.state != "open" or (firing.reason == MISSING and live.zone == "red"))


def _rises(
    firing: Firing,
    kin: set[str],
    before: Mapping[str, Judgement],
    old: Mapping[FiringKey, Firing],
) -> bool:
    """Whether a value that was known before fires worse than it did, or at all: taken back and given again (§7.4, §9.2)."""
    had = [RANK[old[name, firing.rule].zone] for name in kin if (name, firing.rule) in old]
    return any(name in before for name in kin) and max(had, default=-1) < RANK[firing.zone]


def _is_dealt_with(ledger: _Ledger, firing: Firing, kin: set[str]) -> bool:
    """§9.2: what does not rise above what a closed episode already held is nothing new, not for an open one either.

    What a correction or recomputation had taken away and brings back is new: nobody has seen it since (§7.4, §8.2).
    An alert of missing values that resolved itself is no human act: a slot that opens again is raised again (§9.1).
    """
    if (firing.observation, firing.rule) in ledger.risen:
        return False
    ended = {"closed"} if firing.reason == MISSING else {"closed", "auto-resolved"}
    return any(
        item.observation in kin
        and RANK[item.zone] >= RANK[firing.zone]
        and (firing.zone != "red" or item.reason == firing.reason)
        for alert in ledger.alerts.values()
        if alert.rule == firing.rule and alert.state in ended
        for item in alert.evidence
    )


def _is_quiet(ledger: _Ledger, firing: Firing) -> bool:
    """§7.4: `quiet` holds back new yellow for its time after closing, end excluded; red ignores it."""
    rule = ledger.book.rules.get(firing.rule)
    if firing.zone == "red" or rule is None or rule.quiet is None:
        return False
    return any(
        alert.state == "closed"
        and alert.ended_at is not None
        and alert.ended_at <= ledger.at < alert.ended_at + rule.quiet
        for alert in ledger.alerts.values()
        if alert.rule == firing.rule
    )


def _raise(ledger: _Ledger, firing: Firing) -> Alert:
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
        (_evidence(firing),),
        firing.flags,
        plan=firing.plan,
        plan_version=firing.plan_version,
        rule_version=firing.rule_version,
        approved_by=firing.approved_by,
        measure=firing.name,
    )


def _evidence(firing: Firing) -> Evidence:
    return Evidence(
        firing.observation,
        firing.version,
        firing.zone,
        firing.reason,
        firing.effective,
        firing.text,
        firing.flags,
    )


def _remove(ledger: _Ledger, firing: Firing, *, corrected: bool) -> None:
    """A firing that vanished: a correction always counts, a recomputation only while nobody has acted (§8.2)."""
    live = ledger.live(firing.rule)
    if live is None or all(item.observation != firing.observation for item in live.evidence):
        return
    if (
        firing.reason == MISSING and live.zone == "red"
    ):  # §5.7: it stays, the slot is shown as filled
        marked = tuple(
            replace(item, filled=True) if item.observation == firing.observation else item
            for item in live.evidence
        )
        ledger.put(replace(live, evidence=marked))
        return
    if not corrected and live.state != "open" and firing.reason != MISSING:
        ledger.put(replace(live, flags=_with(live.flags, "recomputed")))
        return
    if corrected:
        ledger.corrected.add(live.id)
    kept = tuple(item for item in live.evidence if item.observation != firing.observation)
    ledger.put(replace(live, evidence=kept))


def _settle(ledger: _Ledger, alert_id: str) -> None:
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
    alert = replace(alert, past=_with(tuple(n for n in alert.past if n not in here), *left))
    lead = lead_of(alert.evidence)
    marks = [flag for flag in alert.flags if flag in _MARKS]
    rise = RANK[lead.zone] - RANK[alert.zone]
    if rise and alert_id in ledger.corrected:
        marks.append("amended")
    elif rise < 0 and lead.reason != MISSING:
        marks.append("recomputed")
    flags = _with((), *(flag for item in alert.evidence for flag in item.flags), *marks)
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


def _with(flags: tuple[str, ...], *more: str) -> tuple[str, ...]:
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
    return "join" if any(item.observation not in had for item in now.evidence) else "update"

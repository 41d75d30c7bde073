"""Firings before and after an arrival → what happens to the alerts.

Source: dho/thresholds.md §3.4, §7.3–7.5, §8.2, §9.1, §9.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from hub.thresholds.alarm import Alert
from hub.thresholds.book import Book
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.ledger import (
    MISSING,
    AlertChange,
    Ledger,
    evidence_of,
    finish,
    new_alert,
    with_flags,
)
from hub.thresholds.rule_versions import rule_of
from hub.thresholds.shift import FiringKey, Shift
from hub.thresholds.zones import RANK


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
    ledger = Ledger(book, at, {alert.id: alert for alert in alerts})
    for key, firing in new.items():
        if old.get(key) != firing:
            same = kin.get(firing.observation, {firing.observation})
            if _rises(firing, same, shift.before, old):
                ledger.risen.add(key)
            _add(ledger, firing, same, own=key[0] in shift.own)
    for key, firing in old.items():
        if key not in new:
            _remove(ledger, firing, corrected=key[0] in shift.own)
    if not shift.own.isdisjoint(shift.before):
        _take_back(ledger, shift, new)
    return finish(ledger, {**shift.later, **shift.after})


def merge_due(
    book: Book, alerts: tuple[Alert, ...], firings: Iterable[Firing], at: datetime
) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...]]:
    """What fell due at an instant: missing slots, overdue reviews → (alerts, changes)."""
    ledger = Ledger(book, at, {alert.id: alert for alert in alerts})
    for firing in firings:
        _add(ledger, firing, {firing.observation}, own=False)
    return finish(ledger, {})


def _kin(judgements: Iterable[Judgement]) -> dict[str, set[str]]:
    """Observations that are the same measurement: versions by identifier, and duplicates with the first of them."""
    kin: dict[str, set[str]] = {}
    for judgement in judgements:
        for other in judgement.kin:
            kin.setdefault(judgement.observation, {judgement.observation}).add(other)
            kin.setdefault(other, {other}).add(judgement.observation)
    return kin


def _add(ledger: Ledger, firing: Firing, kin: set[str], *, own: bool) -> None:
    """A new or changed firing: joins, replaces what it corrects, raises, or stays silent."""
    live = ledger.live(firing.rule)
    if live is not None:
        was = [item for item in live.evidence if item.observation in kin]
        if was or not (firing.suppressed or _is_dealt_with(ledger, firing, kin)):
            if was and not own and _stays(live, max(RANK[e.zone] for e in was), firing):
                if live.zone == "red" and firing.reason == MISSING:
                    ledger.put(_shown(live, firing, filled=False))
                else:
                    ledger.put(replace(live, flags=with_flags(live.flags, "recomputed")))
                return
            if was and firing.suppressed:  # what would not be raised now does not stay (§8.1, §8.3)
                _drop(ledger, live, firing, kin, own=own)
                return
            if was and own:
                ledger.corrected.add(live.id)
            kept = tuple(item for item in live.evidence if item.observation not in kin)
            ledger.put(replace(live, evidence=(*kept, evidence_of(firing))))
            return
    if firing.suppressed or _is_dealt_with(ledger, firing, kin):
        return
    if live is None and not _is_quiet(ledger, firing):
        ledger.put(new_alert(ledger, firing))


def _drop(ledger: Ledger, live: Alert, firing: Firing, kin: set[str], *, own: bool) -> None:
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


def _take_back(ledger: Ledger, shift: Shift, new: Mapping[FiringKey, Firing]) -> None:
    """A correction → its observations leave the alerts that cite them and that it gives no reason for, also where the rules have changed since.

    Shape: what is taken back leaves all of them (§9.1), what is mended those whose rule was asked and did not fire (§9.2); of a rule that is
    gone nobody can say that.
    """
    judged = {name: shift.after[name] for name in shift.own if name in shift.after}
    for alert in [alert for alert in ledger.alerts.values() if alert.live]:
        kept = tuple(
            item
            for item in alert.evidence
            if (item.observation, alert.rule) in new
            or not _gives_no_reason(judged.get(item.observation), alert.rule)
        )
        if len(kept) < len(alert.evidence):
            ledger.corrected.add(alert.id)
            ledger.put(replace(alert, evidence=kept))


def _gives_no_reason(judged: Judgement | None, rule: str) -> bool:
    return judged is not None and (
        judged.zone == "retracted" or any(trace.rule == rule for trace in judged.trace)
    )


def _is_dealt_with(ledger: Ledger, firing: Firing, kin: set[str]) -> bool:
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


def _is_quiet(ledger: Ledger, firing: Firing) -> bool:
    """§7.4: `quiet` of the version that fires holds back new yellow for its time after closing, end excluded; red ignores it."""
    rule = rule_of(ledger.book, firing.rule, firing.plan, firing.plan_version)
    if firing.zone == "red" or rule is None or rule.quiet is None:
        return False
    return any(
        alert.state == "closed"
        and alert.ended_at is not None
        and alert.ended_at <= ledger.at < alert.ended_at + rule.quiet
        for alert in ledger.alerts.values()
        if alert.rule == firing.rule
    )


def _remove(ledger: Ledger, firing: Firing, *, corrected: bool) -> None:
    """A firing that vanished: a correction always counts, a recomputation only while nobody has acted (§8.2)."""
    live = ledger.live(firing.rule)
    if live is None or all(item.observation != firing.observation for item in live.evidence):
        return
    if (
        firing.reason == MISSING and live.zone == "red"
    ):  # §5.7: it stays, the slot is shown as filled
        ledger.put(_shown(live, firing, filled=True))
        return
    if not corrected and live.state != "open" and firing.reason != MISSING:
        ledger.put(replace(live, flags=with_flags(live.flags, "recomputed")))
        return
    if corrected:
        ledger.corrected.add(live.id)
    kept = tuple(item for item in live.evidence if item.observation != firing.observation)
    ledger.put(replace(live, evidence=kept))


def _shown(live: Alert, firing: Firing, *, filled: bool) -> Alert:
    """A red alert and one of its slots → the same with the slot shown as filled, or as open again (§5.7, §9.1)."""
    evidence = tuple(
        replace(item, filled=filled) if item.observation == firing.observation else item
        for item in live.evidence
    )
    return replace(live, evidence=evidence)

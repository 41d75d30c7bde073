"""Firings from moment to moment → alerts and notifications (thresholds.md §7, §8, §9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.kinds import Rule
from tests.oracle.known import Case, known_at
from tests.oracle.moments import elapsed, instant
from tests.oracle.numbers import ORDER, exact, worse
from tests.oracle.verdict import Firing, judge_all, judged_by, review_due, slots

STEPS = ("open", "acknowledged", "mitigated", "closed")
ENDED = ("closed", "withdrawn", "auto-resolved")


@dataclass
class Alert:
    """One episode of one rule."""

    rule: str
    zone: str
    reason: str
    began: datetime
    evidence: dict[str, str] = field(default_factory=dict)
    cited: set[str] = field(default_factory=set)
    state: str = "open"
    acted: bool = False
    restarted: datetime | None = None
    taken: datetime | None = None
    ended: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether it is not over."""
        return self.state not in ENDED


@dataclass
class Run:
    """One case from its first moment to its last."""

    case: Case
    zone: ZoneInfo
    alerts: list[Alert] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def live(self, rule: str) -> Alert | None:
        """The open episode of a rule."""
        return next((a for a in self.alerts if a.rule == rule and a.live), None)

    def note(self, at: datetime, kind: str, rule: str) -> None:
        """One notification."""
        self.notes.append({"at": at, "kind": kind, "rule": rule})


def evaluate(case: Case) -> dict[str, Any]:
    """A case → its verdict in the shape of `expected`."""
    zone = ZoneInfo(case["patient"]["timezone"])
    now = instant(case["now"], zone)
    run = Run(case, zone)
    known: dict[tuple[str, str], Firing] = {}
    for moment in _moments(case, zone, now):
        _timers(run, moment)
        zones, firings = judge_all(case, moment)
        found = {(f.rule, f.evidence): f for f in firings}
        _compare(run, known, found, moment)
        known = found
        _auto_resolve(run, moment)
        for event in (e for e in case["events"] if instant(e["at"], zone) == moment):
            _step(run, event, moment)
    zones, _ = judge_all(case, now)
    return {
        "zones": zones,
        "alerts": [
            {
                "rule": a.rule,
                "zone": a.zone,
                "reason": a.reason,
                "state": a.state,
                "evidence": sorted(a.cited),
            }
            for a in run.alerts
        ],
        "notifications": sorted(run.notes, key=lambda n: (n["at"], n["kind"], n["rule"])),
    }


def _moments(case: Case, zone: ZoneInfo, now: datetime) -> list[datetime]:
    found = {instant(o["received"], zone) for o in case["observations"]}
    found |= {instant(e["at"], zone) for e in case["events"]}
    found |= {nominal + elapsed(rule["grace"]) for rule, nominal, _ in slots(case, zone, now)}
    found |= {review_due(p, zone) for p in case["plans"]}
    periods = case["patient"]["status_periods"]
    found |= {instant(p[k], zone) for p in periods for k in ("from", "to") if p[k]}
    for plan in case["plans"]:
        found |= {instant(plan[k], zone) for k in ("valid_from", "valid_to") if plan[k]}
    return [*sorted(m for m in found if m < now), now]


def _compare(
    run: Run,
    known: dict[tuple[str, str], Firing],
    found: dict[tuple[str, str], Firing],
    at: datetime,
) -> None:
    touched: dict[str, None] = {}
    own = _corrected(run, at)
    for key in known:
        if key not in found or not found[key].raises:
            alert = run.live(key[0])
            if alert is None or _is_kept(alert, key[1], own):
                continue
            if alert.evidence.pop(key[1], None) is not None:
                touched[key[0]] = None
    for key, firing in found.items():
        before = known.get(key)
        alert = run.live(firing.rule)
        milder = before is not None and worse(before.zone, firing.zone)
        if milder and alert is not None and _is_kept(alert, firing.evidence, own):
            continue
        if firing.raises and before is not None and before.raises and before.zone != firing.zone:
            alert = run.live(firing.rule)
            if alert is not None and firing.evidence in alert.evidence:
                alert.evidence[firing.evidence] = firing.zone
                touched[firing.rule] = None
                if worse(firing.zone, alert.zone):
                    _upgrade(run, alert, firing, at)
            elif worse(firing.zone, before.zone):
                _join_or_raise(run, firing, at)
        elif firing.raises and (before is None or not before.raises):
            _join_or_raise(run, firing, at)
    for rule in touched:
        _settle(run, rule, at)
    for alert in (a for a in run.alerts if a.live):
        _name(alert, found)


def _corrected(run: Run, at: datetime) -> set[str]:
    """The observations of which a version came at this moment, or one with the same identifier (§9)."""
    came = [o for o in run.case["observations"] if instant(o["received"], run.zone) == at]
    names = {o["identifier"] for o in came if o.get("identifier")}
    same = [o for o in run.case["observations"] if o.get("identifier") in names]
    return {o["id"] for o in came + same}


def _is_kept(alert: Alert, evidence: str, own: set[str]) -> bool:
    """What is worked out anew and becomes milder or goes leaves an alert somebody acts on as it is (§8.2)."""
    return alert.state != "open" and evidence not in own and not evidence.startswith("slot:")


def _name(alert: Alert, found: dict[tuple[str, str], Firing]) -> None:
    """The reason is that of the earliest of the worst firings, whatever came first; at one instant the first by its id (§8.3)."""
    standing = [found[alert.rule, e] for e in alert.evidence if (alert.rule, e) in found]
    worst = [f for f in standing if f.zone == alert.zone]
    if worst:
        alert.reason = min(worst, key=lambda f: (f.at, len(f.evidence), f.evidence)).reason


def _settle(run: Run, rule: str, at: datetime) -> None:
    """Evidence has gone or become milder: withdrawn when nothing is left, lowered to the worst that is left (§9)."""
    alert = run.live(rule)
    if alert is None:
        return
    slot = any(e.startswith("slot:") for e in alert.cited)
    if not alert.evidence:
        if slot and alert.zone == "red":
            return
        alert.state, alert.ended = ("auto-resolved" if slot else "withdrawn"), at
        return
    worst = max(alert.evidence.values(), key=ORDER.index)
    if worse(alert.zone, worst) and not slot:
        alert.zone = worst


def _join_or_raise(run: Run, firing: Firing, at: datetime) -> None:
    alert = run.live(firing.rule)
    if alert is None:
        if firing.zone == "yellow" and _quiet(run, firing.rule, at):
            return
        alert = Alert(firing.rule, firing.zone, firing.reason, at)
        run.alerts.append(alert)
        alert.restarted = at
        run.note(at, "raise", firing.rule)
    elif worse(firing.zone, alert.zone):
        _upgrade(run, alert, firing, at)
    alert.evidence[firing.evidence] = firing.zone
    alert.cited.add(firing.evidence)


def _upgrade(run: Run, alert: Alert, firing: Firing, at: datetime) -> None:
    alert.zone, alert.reason, alert.state = firing.zone, firing.reason, "open"
    alert.acted, alert.restarted, alert.taken = False, at, None
    if {"at": at, "kind": "raise", "rule": alert.rule} not in run.notes:
        run.note(at, "upgrade", alert.rule)  # what one arrival raises and worsens is told once


def _rule(case: Case, name: str) -> Rule:
    rules = [r for p in case["plans"] for r in p["rules"]] + case["general_limits"]
    return next((r for r in rules if r["id"] == name), {})


def _quiet(run: Run, name: str, at: datetime) -> bool:
    quiet = _rule(run.case, name).get("quiet")
    closed = [a.ended for a in run.alerts if a.rule == name and a.state == "closed" and a.ended]
    return bool(quiet) and any(at < end + elapsed(quiet) for end in closed)


def _step(run: Run, event: dict[str, Any], at: datetime) -> None:
    alert = run.live(event["rule"])
    if alert is None:
        return
    wanted = {"acknowledge": "acknowledged", "mitigate": "mitigated", "close": "closed"}[
        event["type"]
    ]
    if STEPS.index(wanted) < STEPS.index(alert.state):
        return
    acted = alert.acted or bool(event.get("action"))
    if wanted == "closed" and alert.zone == "red" and not (event.get("note") and acted):
        return
    if wanted == "acknowledged" and alert.state == "open":
        alert.taken = at
    run.notes = [n for n in run.notes if n not in _stopped(alert, at)]
    alert.state, alert.acted = wanted, acted
    if wanted == "closed":
        alert.ended = at


def _stopped(alert: Alert, at: datetime) -> list[dict[str, Any]]:
    """What a step stops that falls due at the very same instant (§7.6: timers stop at acknowledge)."""
    return [{"at": at, "kind": kind, "rule": alert.rule} for kind in ("remind", "escalate")]


def _timers(run: Run, until: datetime) -> None:
    """Reminders that came due before this moment (§7.6)."""
    for alert in run.alerts:
        timers = run.case.get("routing", {}).get("timers", {}).get(alert.zone)
        if not timers or not alert.live:
            continue
        due: list[tuple[datetime, str]] = []
        if alert.state == "open" and alert.restarted:
            due = [
                (alert.restarted + elapsed(timers[k]), k)
                for k in ("remind", "escalate")
                if k in timers
            ]
        elif alert.state == "acknowledged" and alert.taken and "act" in timers:
            act = elapsed(timers["act"])
            due = [(alert.taken + act, "remind"), (alert.taken + 2 * act, "escalate")]
        for at, kind in due:
            note = {"at": at, "kind": kind, "rule": alert.rule}
            if at <= until and note not in run.notes:
                run.notes.append(note)


def _auto_resolve(run: Run, moment: datetime) -> None:
    """A yellow alert whose rule opted in ends after so many greens well inside the green band (§7.5)."""
    for alert in [a for a in run.alerts if a.live and a.zone == "yellow"]:
        rule = _rule(run.case, alert.rule)
        wish = rule.get("auto_resolve")
        if not wish or not alert.evidence:
            continue
        values = [v for v in known_at(run.case, moment) if v.valid and v.measure == rule["measure"]]
        last = max(v.at for v in values if v.id in alert.evidence)
        later = sorted(
            (v for v in values if v.at > last and judged_by(run.case, rule, v.at, run.zone)),
            key=lambda v: v.at,
        )
        well = [_well_inside(v.number(rule["unit"]), rule, wish) for v in later]
        runs = (well[at : at + wish["count"]] for at in range(len(well) - wish["count"] + 1))
        if any(all(run) for run in runs):  # also one that a late value completes behind the newest
            alert.state, alert.ended = "auto-resolved", moment


def _well_inside(value: Any, rule: Rule, wish: dict[str, Any]) -> bool:
    margin = exact(str(wish["margin"]))
    for band in (b for b in rule["bands"] if b["zone"] == "green"):
        low, high = band.get("ge", band.get("gt")), band.get("le", band.get("lt"))
        above = low is None or value >= exact(str(low)) + margin
        below = high is None or value <= exact(str(high)) - margin
        if above and below:
            return True
    return False

"""Everything that is known at a moment → zones of the observations and the firings of the rules (thresholds.md §3-§6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.kinds import Rule, covers, difference_known, fire, measure_of, unit_fault
from tests.oracle.known import Case, Value, known_at
from tests.oracle.moments import before, elapsed, instant, local, parts, plus_months
from tests.oracle.moments import covers as spans
from tests.oracle.numbers import ORDER

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Firing:
    """A rule that fired. Shape: `evidence` is an observation, slot:… or plan:…; `raises` False when it is suppressed."""

    rule: str
    zone: str
    reason: str
    evidence: str
    at: datetime
    raises: bool = True


def status_at(case: Case, at: datetime, zone: ZoneInfo) -> str:
    """The patient's status at an instant."""
    found = [p for p in case["patient"]["status_periods"] if spans(p, at, zone, "from", "to")]
    return found[-1]["status"] if found else "ended"


def plan_at(case: Case, at: datetime, zone: ZoneInfo) -> dict[str, Any] | None:
    """The plan version in force at an instant (§4.8)."""
    found = [p for p in case["plans"] if spans(p, at, zone, "valid_from", "valid_to")]
    return found[-1] if found else None


def rule_set(case: Case, plan: dict[str, Any] | None) -> list[tuple[Rule, bool]]:
    """A plan version → its rules and the general limits that stand beside it, each with whether it is a floor (§4.9)."""
    own: list[Rule] = [] if plan is None else plan["rules"]
    taken = {(r["kind"], measure_of(r)) for r in own}
    rules = [(r, False) for r in own]
    for general in case["general_limits"]:
        floor = not general["overridable"]
        if floor or (general["kind"], measure_of(general)) not in taken:
            rules.append((general, floor))
    return rules


def judge_all(case: Case, moment: datetime) -> tuple[dict[str, str], list[Firing]]:
    """A case and a moment → the zone of every observation, and all firings."""
    zone = ZoneInfo(case["patient"]["timezone"])
    values = known_at(case, moment)
    series = [v for v in values if v.valid]
    zones: dict[str, str] = {}
    firings: list[Firing] = []
    for value in values:
        zones[value.id], found = _judge(case, value, series, zone)
        firings += found
    for made in _combinations(case, firings, values, zone):
        firings.append(made)
        if ORDER.index(zones[made.evidence]) < ORDER.index(made.zone):
            zones[made.evidence] = made.zone
    firings += _missing(case, values, moment, zone) + _stale(case, moment, zone)
    return zones, firings


def _judge(
    case: Case, value: Value, series: list[Value], zone: ZoneInfo
) -> tuple[str, list[Firing]]:
    found = [Firing(rule, z, reason, value.id, value.at) for rule, reason, z in value.system]

    def system(name: str, reason: str) -> None:
        found.append(Firing(f"sys.{name}", "yellow", reason, value.id, value.at))

    if not value.valid:
        return value.zone, found
    status = status_at(case, value.at, zone)
    if status in ("ended", "deceased"):
        system("ended", "admin.after-end")
        return "none", found
    plan = plan_at(case, value.at, zone)
    if plan is None and status == "active":
        system("no-plan", "plan.none")
    observed = plan is not None and plan["mode"] == "observe"
    results: list[tuple[str, str, str]] = []
    faulty = False
    for rule, floor in rule_set(case, plan):
        if not covers(rule, value) or rule.get("bands") == []:
            continue
        if not _in_context(rule, value):
            continue
        if unit_fault(rule):
            system("unit", "technical.unit")
            faulty = True
            continue
        if rule["kind"] == "composite_bp" and (
            len(value.raw["components"]) < 2
            or ("pulse_pressure" in rule["bands"] and not difference_known(value))
        ):
            system("incomplete", "technical.incomplete")
        if observed and not (floor and plan["safety_net"]):  # type: ignore[index]
            continue  # §5.13: what is technical is always on; §4.10: the rest is only noted
        result = fire(rule, value, series, zone)
        if result is not None:
            results.append((rule["id"], *result))
    old = value.received - value.at > timedelta(days=14)
    for name, judged, reason in _most_severe(case, plan, value, results):
        if judged in ("yellow", "red"):
            raises = judged == "red" or (status != "on-hold" and not old)
            found.append(Firing(name, judged, reason, value.id, value.at, raises))
    worst = max((z for _, z, _ in results), key=ORDER.index, default="none")
    if observed:
        return (worst if worst in ("yellow", "red") else "black"), list(dict.fromkeys(found))
    if not results and faulty:
        worst = "invalid"
    return worst, list(dict.fromkeys(found))


def judged_by(case: Case, rule: Rule, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a rule of a plan judges what is measured then: only so is a value green by it (§3.3)."""
    plan = plan_at(case, at, zone)
    return (
        plan is not None
        and plan["mode"] == "active"
        and rule["id"] in {r["id"] for r in plan["rules"]}
        and status_at(case, at, zone) in ("active", "on-hold")
    )


def _in_context(rule: Rule, value: Value) -> bool:
    """Whether the context a rule asks for is met, or unknown (§5.1)."""
    context = value.raw.get("context", {})
    return all(
        key not in context or context[key] == wanted for key, wanted in rule.get("when", {}).items()
    )


def _most_severe(
    case: Case, plan: Any, value: Value, results: list[tuple[str, str, str]]
) -> list[tuple[str, str, str]]:
    """Of rules whose context is unknown only the most severe candidate speaks, the first of equals."""
    unknown = {
        rule["id"]
        for rule, _ in rule_set(case, plan)
        if any(key not in value.raw.get("context", {}) for key in rule.get("when", {}))
    }
    doubtful = [r for r in results if r[0] in unknown]
    if not doubtful:
        return results
    worst = max(doubtful, key=lambda r: ORDER.index(r[1]))
    return [r for r in results if r[0] not in unknown or r is worst]


def _combinations(
    case: Case, firings: list[Firing], values: list[Value], zone: ZoneInfo
) -> list[Firing]:
    made: list[Firing] = []
    for trigger in firings:
        plan = plan_at(case, trigger.at, zone)
        if plan is None or plan["mode"] == "observe":
            continue
        for rule in (r for r in plan["rules"] if r["kind"] == "combination"):
            start = before(trigger.at, rule["within"], zone)
            wanted = [(w["rule"], ORDER.index(w["min_zone"])) for w in rule["all"]]
            mine = [w for w in wanted if w[0] == trigger.rule and ORDER.index(trigger.zone) >= w[1]]
            others = all(
                any(
                    f.rule == name and ORDER.index(f.zone) >= least and start <= f.at <= trigger.at
                    for f in firings
                )
                for name, least in wanted
            )
            if mine and others:
                made.append(
                    Firing(rule["id"], rule["zone"], "combination", trigger.evidence, trigger.at)
                )
    return list(dict.fromkeys(made))


def slots(case: Case, zone: ZoneInfo, until: datetime) -> list[tuple[Rule, datetime, str]]:
    """The expected slots whose deadline has come by `until`: (rule, nominal instant, name), by time (§5.7)."""
    found: list[tuple[Rule, datetime, str]] = []
    for plan in case["plans"]:
        start = instant(plan["valid_from"], zone)
        for rule in (r for r in plan["rules"] if r["kind"] == "missing"):
            day = start.astimezone(zone).date() - timedelta(days=1)
            while day <= until.astimezone(zone).date() + timedelta(days=1):
                for clock in rule["times"]:
                    nominal = local(day, time.fromisoformat(clock), zone)
                    listed = rule.get("days") is None or WEEKDAYS[day.weekday()] in rule["days"]
                    due = nominal + elapsed(rule["grace"]) <= until
                    if listed and due and _expected(case, plan, nominal, zone):
                        found.append(
                            (rule, nominal, f"slot:{nominal.astimezone(zone).isoformat()}")
                        )
                day += timedelta(days=1)
    return sorted(found, key=lambda s: s[1])


def _expected(case: Case, plan: dict[str, Any], nominal: datetime, zone: ZoneInfo) -> bool:
    return (
        plan_at(case, nominal, zone) is plan
        and plan["mode"] == "active"
        and status_at(case, nominal, zone) == "active"
        and not any(spans(d, nominal, zone, "from", "to") for d in case.get("downtime", ()))
    )


def _missing(case: Case, values: list[Value], moment: datetime, zone: ZoneInfo) -> list[Firing]:
    fired: list[Firing] = []
    row: dict[str, int] = {}
    for rule, nominal, name in slots(case, zone, moment):
        early, grace = elapsed(rule["early"]), elapsed(rule["grace"])
        short = early + grace < timedelta(days=1)
        filled = any(
            v.measure == rule["measure"]
            and v.fills
            and (v.fills_short or not short)
            and nominal - early <= v.at <= nominal + grace
            for v in values
        )
        row[rule["id"]] = 0 if filled else row.get(rule["id"], 0) + 1
        if not filled:
            escalate = rule.get("escalate")
            zone_now = rule["zone"]
            if escalate and row[rule["id"]] >= escalate["count"]:
                zone_now = escalate["zone"]
            fired.append(Firing(rule["id"], zone_now, "missing", name, nominal))
    return fired


def _stale(case: Case, moment: datetime, zone: ZoneInfo) -> list[Firing]:
    """Each version is asked for once, when it is overdue, in force and judged by; nothing takes that back (§5.8, §7.1)."""
    return [
        Firing(r["id"], "yellow", "plan.review-overdue", f"plan:{plan['version']}", at)
        for plan in case["plans"]
        for r in plan["rules"]
        if r["kind"] == "stale_plan"
        for at in _asked_for(case, plan, zone)[:1]
        if at <= moment
    ]


def _asked_for(case: Case, plan: dict[str, Any], zone: ZoneInfo) -> list[datetime]:
    """The moments from which a version may be asked for: its review is due, it is in force and active, and so is the patient."""
    periods = case["patient"]["status_periods"]
    edges = [review_due(plan, zone), instant(plan["valid_from"], zone)]
    edges += [instant(p[k], zone) for p in periods for k in ("from", "to") if p[k]]
    return sorted(
        at
        for at in edges
        if at >= edges[0]
        and plan_at(case, at, zone) is plan
        and plan["mode"] == "active"
        and status_at(case, at, zone) == "active"
    )


def review_due(plan: dict[str, Any], zone: ZoneInfo) -> datetime:
    """A plan version → local midnight of the day its review is due (§5.8)."""
    months, days, _ = parts(plan.get("review_interval") or "P3M")
    day = plus_months(datetime.fromisoformat(plan["last_review"]).date(), months, days)
    return local(day, time(0), zone)

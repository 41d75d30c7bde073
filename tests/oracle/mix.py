"""A number → a case in which several things happen at once: two or three rule kinds, pauses, new plan versions, observing, downtime.

`generate.py` looks at one rule kind at a time; the sentences of thresholds.md are misread where two of them meet.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.oracle.generate import KINDS, Maker, events, floor, odd
from tests.oracle.known import Case
from tests.oracle.moments import instant

Rule = dict[str, Any]
MIXED = ("absolute", "bp", "delta", "n_of_m", "average", "missing", "form", "symptom", "score", "stale", "calm", "context", "trend")  # fmt: skip
STATUSES = ("on-hold", "on-hold", "ended", "deceased")


def make_mixed(seed: int) -> Case:
    """A number → a case without `expected`."""
    maker = Maker(seed + 50_000_000)
    kinds = maker.dice.sample(MIXED, maker.dice.choice((2, 2, 3)))
    rules: list[Rule] = []
    for kind in kinds:
        found, series = KINDS[kind](maker)
        rules += _named(found, kind)
        for make in series:
            make(maker)
    plans = _versions(maker, rules)
    events_wanted = maker.chance(0.5)
    if not events_wanted or maker.chance(0.4):
        odd(maker, "missing")
        _odder(maker)
    last = max(instant(o["received"], maker.zone) for o in maker.observations)
    now = last + timedelta(minutes=maker.dice.choice((0, 1, 90, 60 * 30)))
    case: Case = {
        "id": f"M{seed}", "kind": "+".join(kinds), "title": "mixed",
        "patient": {"id": "p", "timezone": "Europe/Oslo", "status_periods": _periods(maker)},
        "general_limits": _limits(maker),
        "plans": plans,
        "events": events(maker, rules, now, always=True) if events_wanted else [],
        "now": maker.text(now),
    }  # fmt: skip
    maker.dice.shuffle(maker.observations)
    case["observations"] = maker.observations
    if "missing" in kinds and maker.chance(0.3):
        begin = maker.start + timedelta(hours=maker.dice.randrange(60))
        end = begin + timedelta(hours=maker.dice.choice((6, 12, 13)))
        case["downtime"] = [{"from": maker.text(begin), "to": maker.text(end)}]
    return case


def _odder(maker: Maker) -> None:
    """What comes in steps: announced first, preliminary first, taken back and sent anew, weeks late, a day without a time."""
    for one in list(maker.observations):
        again = [o for o in maker.observations if o["id"] == one["id"]]
        if len(again) > 1 or one.get("identifier") or one.get("device") or not maker.chance(0.1):
            continue
        received = instant(one["received"], maker.zone)
        later = maker.text(
            maker.free(received + timedelta(minutes=maker.dice.choice((2, 50, 800))))
        )
        match maker.dice.randrange(6):
            case 0:
                one["status"] = "preliminary"
                maker.observations.append(
                    {**one, "status": "final", "version": 2, "received": later}
                )
            case 1:
                bare = {k: one[k] for k in ("id", "measure", "effective", "received")}
                one["received"], one["version"] = later, 2
                maker.observations.append({**bare, "status": "registered"})
            case 2:
                maker.observations.append(
                    {**one, "status": "entered-in-error", "version": 2, "received": later}
                )
                last = maker.free(received + timedelta(minutes=900))
                maker.observations.append(
                    {**one, "status": "amended", "version": 3, "received": maker.text(last)}
                )
            case 3 if one["effective"] is not None:
                old = received - timedelta(days=14, seconds=maker.dice.choice((-1, 0, 1)))
                one["effective"] = maker.text(old)
            case 4 if one["effective"] is not None:
                at = instant(one["effective"], maker.zone).astimezone(maker.zone)
                one["effective"] = at.date().isoformat()
                one["received"] = maker.text(maker.free(received + timedelta(days=1)))
            case _:
                pass


def _named(rules: list[Rule], kind: str) -> list[Rule]:
    """Rules under names no other kind gives its own."""
    made = [{**rule, "id": f"{rule['id']}-{kind}"} for rule in rules]
    for rule in made:
        if "all" in rule:
            rule["all"] = [{**part, "rule": f"{part['rule']}-{kind}"} for part in rule["all"]]
    return made


def _versions(maker: Maker, rules: list[Rule]) -> list[dict[str, Any]]:
    """One version of the plan, or two in a row: the second may only observe, or lack some of the rules."""
    plan = {
        "id": "ebp", "version": 1, "valid_from": maker.text(maker.start - timedelta(days=2)), "valid_to": None, "mode": "active",
        "safety_net": maker.chance(0.7), "last_review": maker.text(maker.start)[:10], "review_interval": maker.dice.choice(("P3M", "P1D", "P2D")),
        "rules": rules,
    }  # fmt: skip
    if maker.chance(0.15):
        plan["mode"] = "observe"
    if maker.chance(0.5):
        return [plan]
    change = maker.text(maker.start + timedelta(hours=maker.dice.randrange(60)))
    kept = [rule for rule in rules if "all" in rule or maker.chance(0.8)]
    second = {**plan, "version": 2, "valid_from": change, "rules": kept, "mode": "active"}
    if maker.chance(0.3):
        second["mode"] = "observe"
    if maker.chance(0.3):
        second["last_review"] = change[:10]
    if maker.chance(0.2):
        second["valid_to"] = maker.text(instant(change, maker.zone) + timedelta(hours=20))
    plan["valid_to"] = change
    return [plan, second]


def _periods(maker: Maker) -> list[dict[str, Any]]:
    first = maker.text(maker.start - timedelta(days=90))
    if maker.chance(0.5):
        return [{"status": "active", "from": first, "to": None}]
    change = maker.start + timedelta(hours=maker.dice.randrange(60))
    back = change + timedelta(hours=maker.dice.choice((6, 18, 40)))
    status = maker.dice.choice(STATUSES)
    last = "active" if status == "on-hold" else status
    return [
        {"status": "active", "from": first, "to": maker.text(change)},
        {"status": status, "from": maker.text(change), "to": maker.text(back)},
        {"status": last, "from": maker.text(back), "to": None},
    ]


def _limits(maker: Maker) -> list[Rule]:
    found: list[Rule] = [floor()] if maker.chance(0.5) else []
    for name in ("bp", "delta", "symptom", "score"):
        if maker.chance(0.2):
            rules = KINDS[name](maker)[0]
            found += [
                {**rule, "id": f"g-{name}-{rule['id']}", "overridable": maker.chance(0.6)}
                for rule in rules
                if "all" not in rule
            ]
    return found

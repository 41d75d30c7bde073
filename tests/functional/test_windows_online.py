"""The rule kinds that look back, on answers and on each other, in the running hub (thresholds.md §5.3, §5.5, §5.10, §5.12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hub.mapping import urls
from hub.thresholds.plan import Band, Part, Rule, Where
from hub.thresholds.spans import Span
from tests.builders import observation
from tests.functional.followed import Followed

WEIGHT = "29463-7"
GAIN = Rule(
    "gain", "delta", "weight", "kg", (Band("yellow", gt=Decimal(2)), Band("red", gt=Decimal(3))),
    direction="up", baseline="min", window=Span(days=3),
)  # fmt: skip
MEAN = Rule(
    "mean", "average", "weight", "kg",
    components={"weight": (Band("green", lt=Decimal(90)), Band("yellow", ge=Decimal(90)))},
    window_days=3, min_readings=3, min_days=1,
)  # fmt: skip
TWICE = Rule("twice", "n_of_m", "weight", "kg", n=2, m=3, where=Where(gt=Decimal(95)), zone="red")
BREATH = Rule("breath", "symptom", "sym:dyspnoea", answers={"none": "green", "more": "yellow"})
BOTH = Rule(
    "both", "combination", within=Span(seconds=86400), zone="red",
    parts=(Part("gain", "yellow"), Part("breath", "yellow")),
)  # fmt: skip


def at(day: int, hour: int = 8) -> str:
    return f"2026-11-{day:02}T{hour:02}:00:00+01:00"


def symptom(who: str, code: str, when: str) -> dict[str, Any]:
    body = observation(who, WEIGHT, "1", "kg", at=when)
    del body["valueQuantity"]
    coding = {"system": urls.MEASURE_CODES, "code": "sym:dyspnoea"}
    return body | {"code": {"coding": [coding]}, "valueString": code}


def test_rules_that_look_back_judge_each_value_as_it_comes(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, GAIN, MEAN, TWICE, BREATH, BOTH)

    first = followed.send(who, "80", WEIGHT, "kg", at=at(18))
    gained = followed.send(who, "82.5", WEIGHT, "kg", at=at(20))
    felt = followed.client.create(symptom(who, "more", at(20, 9)))
    followed.work()

    assert ("green", "yellow", "red") == tuple(map(followed.zone, (first, gained, felt)))
    assert followed.reasons(who) == [
        ("combination", "red"),
        ("delta.up", "yellow"),
        ("symptom", "yellow"),
    ]

    followed.change(first, status="entered-in-error")
    assert followed.reasons(who) == [("symptom", "yellow")]
    assert ("green", "yellow") == tuple(map(followed.zone, (gained, felt)))


def test_a_value_that_comes_late_is_seen_by_those_after_it(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, GAIN, MEAN, TWICE)

    last = followed.send(who, "96.1", WEIGHT, "kg", at=at(20, 9))
    assert "green" == followed.zone(last)
    followed.send(who, "96", WEIGHT, "kg", at=at(20, 8))
    followed.send(who, "95.9", WEIGHT, "kg", at=at(20, 7))

    assert "red" == followed.zone(last)
    assert followed.reasons(who) == [("average.weight.high", "yellow"), ("n_of_m", "red")]
    (mean,) = [i for i in followed.alerts(who) if "average" in str(i["code"])]
    assert mean["detail"].startswith("Vekt har gjennomsnitt 96,0 kg av 3 målinger: gul grense")


def test_a_rule_that_only_the_clock_can_fire_is_no_fault_of_the_plan(followed: Followed) -> None:
    who = followed.person()
    due = Rule(
        "due", "missing", "weight", times=("08:00",), grace=Span(seconds=7200), zone="yellow"
    )
    followed.plan(who, GAIN, due)

    assert "green" == followed.zone(followed.send(who, "80", WEIGHT, "kg"))
    assert [] == followed.tasks(who, "plan-unreadable")

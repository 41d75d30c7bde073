"""Implausible values of one patient, in any order, at any distance: the hub ends with what the engine says of all at once.

What the hub reads for each is the nearest on each side, not all of the hour: a storm of them stays cheap.
Source: dho/thresholds.md §4.6, §8.3, §9.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.flows import neighbours
from hub.flows.mark_for_judging import read_measurement
from hub.thresholds.engine import decide
from hub.thresholds.measurement import Patient
from hub.thresholds.plan import PlanVersion
from tests.builders import observation, quantity
from tests.functional.followed import SPO2_RULE, SPRING, Followed, newest, standing

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTES = (-3, 0, 20, 59, 60, 61, 100, 119, 121, 180)
"""Before noon; -3 is a clock that is ahead, but not by enough to be told, -40 one that is."""
NEW = st.tuples(
    st.sampled_from(["12", "12", "13", "94", "86", "%"]),
    st.sampled_from((*MINUTES, -40)),
    st.integers(0, 3),
    st.sampled_from(["", "a", "b"]),
)
CHANGE = st.tuples(st.sampled_from(["12", "94", ""]), st.integers(0, 9))
STEPS = st.lists(st.one_of(NEW, NEW, NEW, CHANGE, st.none()), min_size=4, max_size=16)
CALM = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def act(followed: Followed, who: str, made: list[str], step: Any) -> None:
    """A value (what, minutes before noon, supplier's number, device), a change of one (to what, "" = taken back), or judging."""
    followed.clock.at += timedelta(seconds=1)
    if step is None:
        followed.work()
    elif len(step) == 4:
        value, minutes, number, device = step
        more: dict[str, Any] = {"at": (NOON - timedelta(minutes=minutes)).isoformat()}
        if number:
            more["identifier"] = [{"system": "urn:x", "value": f"{who}-{number}"}]
        if device:
            more["device"] = {"identifier": {"system": "urn:d", "value": device}}
        # A value without a unit is invalid, too, but not implausible
        given = {"value": "90", "unit": None} if value == "%" else {"value": value}
        made.append(followed.client.create(observation(who, **given, **more)))
    elif made:
        value, number = step
        name = made[number % len(made)]
        body = followed.client.get(name).json()
        new: dict[str, Any] = (
            {"status": "amended", "valueQuantity": quantity(value)}
            if value
            else {"status": "entered-in-error"}
        )
        assert followed.client.put(name, {**body, **new}).status_code == 200


@given(STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=CALM)
def test_implausible_values_in_any_order_are_judged_as_all_at_once(
    followed: Followed, steps: list[Any]
) -> None:
    followed.clock.at = NOON
    who, made = followed.person(), list[str]()
    followed.plan(who, SPO2_RULE)
    for step in steps:
        act(followed, who, made, step)
    followed.work()

    marks, alerts = followed.judged(who)
    inputs = [read_measurement(m.input) for m in marks]
    plan = PlanVersion("ebp", 2, SPRING, (SPO2_RULE,), approved_by="Rolig Testlege")
    told = decide(Patient(who.partition("/")[2]), [plan], [], None, (), inputs, (), followed.clock.at)  # fmt: skip
    assert {n: j.zone for n, j in told.judgements.items()} == {
        name: mark.zone for name, mark in newest(marks).items()
    }
    assert standing(told.alerts) == standing(alerts)
    repeated = {n for n, j in told.judgements.items() if repeats(j.firings)}
    stored = {n for n, m in newest(marks).items() if b"sys.implausible-repeat" in m.verdict}
    assert repeated == stored


def repeats(firings: Any) -> bool:
    """Firings → whether an implausible value is not alone."""
    return any(f.rule == "sys.implausible-repeat" for f in firings)


def test_a_storm_of_implausible_values_reads_a_few_for_each(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    read = Counter[int]()

    def counting(data: bytes) -> Any:
        read[number] += 1
        return read_measurement(data)

    monkeypatch.setattr(neighbours, "read_measurement", counting)
    for number in range(60):
        at = NOON - timedelta(seconds=40 * number)
        followed.send(who, "12", at=at.isoformat())

    assert max(read.values()) <= 5


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_what_is_left_of_three_implausible_values_is_still_a_red(
    followed: Followed, gone: int
) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    made = [
        followed.send(who, "12", at=(NOON - timedelta(minutes=25 * n)).isoformat())
        for n in range(3)
    ]
    followed.change(made[gone], status="entered-in-error")

    marks, alerts = followed.judged(who)
    left = {name.partition("/")[2] for n, name in enumerate(made) if n != gone}
    stored = {n for n, m in newest(marks).items() if b"sys.implausible-repeat" in m.verdict}
    assert left == stored
    assert "red" in {zone for rule, zone, _, _ in standing(alerts) if rule.endswith("repeat")}

"""What the running hub ends with is what the engine says of the whole story at once, in whatever order values came.

Source: architecture D5 ("must agree"); dho/thresholds.md §8.3, §13 S2-S4.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.flows.mark_for_judging import read_measurement
from hub.thresholds.engine import decide
from hub.thresholds.measurement import Patient
from hub.thresholds.plan import PlanVersion
from tests.builders import observation, quantity
from tests.functional.followed import PULSE_RULE, SPO2_RULE, SPRING, Followed, newest, standing

VALUES = ("94", "90", "86", "85", "12")
SUPPLIED = ((), ("1",), ("2",), ("3",), ("1", "2"))
"""The identifiers a value may carry."""
# What is done: a new value (value, minutes before noon, which identifiers), or a correction of an earlier one
NEW = st.tuples(
    st.just("new"), st.sampled_from(VALUES), st.sampled_from((0, 20, 45, 400)), st.integers(0, 4)
)
CHANGE = st.tuples(st.just("change"), st.sampled_from((*VALUES, "")), st.integers(0, 9), st.just(0))
BREAK = st.tuples(st.just("judge"), st.just(""), st.just(0), st.just(0))


def act(followed: Followed, who: str, made: list[str], step: tuple[str, str, int, int]) -> None:
    """One step of the story, over HTTP."""
    kind, value, number, supplier = step
    followed.clock.at += timedelta(seconds=1)
    if kind == "judge":
        followed.work()
    elif kind == "new":
        at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC) - timedelta(minutes=number)
        named = [{"system": "urn:x", "value": f"{who}-{n}"} for n in SUPPLIED[supplier]]
        more: dict[str, Any] = {"identifier": named} if named else {}
        made.append(
            followed.client.create(observation(who, value=value, at=at.isoformat(), **more))
        )
    elif made:
        name = made[number % len(made)]
        body = followed.client.get(name).json()
        changed = (
            {**body, "status": "amended", "valueQuantity": quantity(value)}
            if value
            else {**body, "status": "entered-in-error"}
        )
        assert followed.client.put(name, changed).status_code == 200


# The same with so little to choose from that most values are copies of others
COPY = st.tuples(
    st.just("new"), st.sampled_from(("94", "86")), st.sampled_from((0, 20)), st.integers(0, 4)
)
UNDO = st.tuples(
    st.just("change"), st.sampled_from(("94", "86", "")), st.integers(0, 9), st.just(0)
)


@given(
    st.one_of(
        st.lists(st.one_of(NEW, NEW, CHANGE, BREAK), min_size=3, max_size=12),
        st.lists(st.one_of(COPY, COPY, COPY, UNDO, BREAK), min_size=3, max_size=12),
    )
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_hub_and_the_engine_tell_the_same_story(
    followed: Followed, steps: list[tuple[str, str, int, int]]
) -> None:
    followed.clock.at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    who, made = followed.person(), list[str]()
    followed.plan(who, SPO2_RULE, PULSE_RULE)
    for step in steps:
        act(followed, who, made, step)
    followed.work()

    marks, alerts = followed.judged(who)
    inputs = [read_measurement(m.input) for m in marks]
    zones = {name: m.zone for name, m in newest(marks).items()}
    plan = PlanVersion("ebp", 2, SPRING, (SPO2_RULE, PULSE_RULE), approved_by="Rolig Testlege")
    verdict = decide(
        Patient(who.partition("/")[2]), [plan], [], None, (), inputs, (), followed.clock.at
    )
    assert {n: j.zone for n, j in verdict.judgements.items()} == zones
    assert standing(verdict.alerts) == standing(alerts)
    issues = [i["status"] for i in followed.alerts(who)]
    assert len([a for a in alerts if a.live]) == issues.count("preliminary") + issues.count(
        "amended"
    )

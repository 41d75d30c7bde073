"""Values in windows that are remembered: judged as they are stored, and never otherwise than by everything that is stored.

Source: dho/thresholds.md §4.1, §5.3–5.7, §8.2, §8.3, §9; architecture D5 ("must agree").
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.flows.mark_for_judging import read_measurement
from hub.thresholds.engine import decide
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import Patient
from hub.thresholds.plan import Band, PlanVersion, Rule, Where
from hub.thresholds.spans import Span
from tests.builders import Json, observation, quantity
from tests.functional.followed import SPRING, Followed, absolute, newest, standing
from tests.functional.hub_client import Client

WEIGHT = "29463-7"
BEGIN = datetime(2026, 11, 10, 6, 0, tzinfo=UTC)
GAIN = Rule(
    "gain", "delta", "weight", "kg", (Band("yellow", gt=Decimal(2)), Band("red", gt=Decimal(4))),
    direction="up", baseline="min", window=Span(days=2),
)  # fmt: skip
SLOPE = Rule(
    "slope", "trend", "weight", "kg", (Band("yellow", gt=Decimal(3)),),
    direction="up", window=Span(days=3), min_points=3, min_span=Span(seconds=43200),
)  # fmt: skip
TWICE = Rule(
    "twice", "n_of_m", "weight", "kg", n=2, m=3, where=Where(ge=Decimal(83)), zone="yellow"
)
MEAN = Rule(
    "mean", "average", "weight", "kg",
    components={"weight": (Band("green", lt=Decimal(83)), Band("yellow", ge=Decimal(83)))},
    window_days=2, min_readings=2, min_days=1,
)  # fmt: skip
ALONE = absolute("alone", "weight", "kg", ("green", None, "86"), ("red", "86", None))
DAILY = Rule(
    "daily", "missing", "weight", times=("08:00",), early=Span(seconds=7200),
    grace=Span(seconds=7200), zone="yellow",
)  # fmt: skip
RULES = (GAIN, SLOPE, TWICE, MEAN, ALONE)
VALUES = ("80", "81", "82", "83.5", "85", "87")
SOME = (RULES, (GAIN, ALONE), (SLOPE, MEAN), (TWICE, ALONE), (MEAN, GAIN))

# A new value (kg, minutes since it was measured, supplier id, which hub takes it), a correction, a transaction that fails
NEW = st.tuples(
    st.just("new"), st.sampled_from(VALUES), st.sampled_from((0, 0, 0, 1, 600, 3000, 6000)),
    st.sampled_from((0, 0, 0, 1, 2)), st.integers(0, 1),
)  # fmt: skip
CHANGE = st.tuples(
    st.just("change"),
    st.sampled_from((*VALUES, "")),
    st.integers(0, 9),
    st.just(0),
    st.integers(0, 1),
)
FAIL = st.tuples(st.just("fail"), st.just("85"), st.just(0), st.just(0), st.integers(0, 1))
ODD = st.tuples(
    st.just("odd"), st.just("80"), st.sampled_from((0, 600)), st.just(0), st.integers(0, 1)
)
PAUSE = st.tuples(st.just("pause"), st.just(""), st.sampled_from((1, 4)), st.just(0), st.just(0))
TURN = st.tuples(st.just("judge"), st.just(""), st.just(0), st.just(0), st.integers(0, 1))
Step = tuple[str, str, int, int, int]


def weight(who: str, value: str, at: datetime, **more: Any) -> Json:
    return observation(who, WEIGHT, value, "kg", at=at.isoformat(), **more)


def act(hubs: list[Client], followed: Followed, who: str, made: list[str], step: Step) -> None:
    """One step of the story, over HTTP."""
    kind, value, number, supplier, hub = step
    client = hubs[hub % len(hubs)]
    at = followed.clock.at - timedelta(minutes=number)
    if kind == "pause":
        followed.clock.at += timedelta(days=number)
    elif kind == "odd":
        made.append(client.create(observation(who, WEIGHT, value, "stein", at=at.isoformat())))
    elif kind == "judge":
        client.runner.run(client.hub.work.runner.drain())
    elif kind == "new":
        same = (
            {"identifier": [{"system": "urn:x", "value": f"{who}-{supplier}"}]} if supplier else {}
        )
        made.append(client.create(weight(who, value, at, **same)))
        followed.clock.at += timedelta(hours=5)
    elif kind == "fail":
        entries: list[Json] = [
            {"resource": weight(who, value, at), "request": {"method": "POST", "url": "Observation"}},
            {"resource": weight(who, "86", at), "request": {"method": "PUT", "url": "Observation/gone", "ifMatch": 'W/"7"'}},
        ]  # fmt: skip
        answer = client.post(
            "", {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        )
        assert answer.status_code >= 400
    elif made:
        name = made[number % len(made)]
        body = client.get(name).json()
        changed = (
            {**body, "status": "amended", "valueQuantity": quantity(value, "kg")}
            if value
            else {**body, "status": "entered-in-error"}
        )
        assert client.put(name, changed).status_code == 200
        followed.clock.at += timedelta(seconds=1)


def zone(followed: Followed, name: str) -> str:
    """An Observation → its zone, "" while it waits."""
    return followed.zone(name)


def settled(followed: Followed, who: str, rules: tuple[Rule, ...] = RULES) -> str:
    """A patient with the rules and one judged value, so that the next is judged among what is remembered."""
    followed.clock.at = BEGIN
    followed.plan(who, *rules)
    first = followed.send(who, "80", WEIGHT, "kg", at=BEGIN.isoformat())
    followed.clock.at += timedelta(hours=5)
    return first


def put(followed: Followed, who: str, value: str, **more: Any) -> str:
    """A value measured now → accepted while the worker rests."""
    made = followed.client.create(weight(who, value, followed.clock.at, **more))
    followed.clock.at += timedelta(hours=5)
    return made


def test_a_value_in_a_remembered_window_is_judged_as_it_is_stored(followed: Followed) -> None:
    who = followed.person()
    settled(followed, who)
    made = [put(followed, who, value) for value in ("80", "81", "80.5", "81.5")]

    assert ["green"] * 4 == [zone(followed, name) for name in made]
    risen = put(followed, who, "83")
    assert "" == zone(followed, risen)
    followed.work()
    assert "yellow" == zone(followed, risen)
    assert [("delta.up", "yellow")] == followed.reasons(who)


def test_what_waits_unjudged_makes_what_follows_wait(followed: Followed) -> None:
    who = followed.person()
    settled(followed, who)
    risen = put(followed, who, "84.5")
    after = put(followed, who, "80")

    assert ("", "") == (zone(followed, risen), zone(followed, after))
    followed.work()
    assert ("red", "green") == (zone(followed, risen), zone(followed, after))
    assert "green" == zone(followed, put(followed, who, "80.5"))


def test_a_correction_of_an_older_value_is_seen_by_the_next(followed: Followed) -> None:
    who = followed.person()
    settled(followed, who)
    old = put(followed, who, "80")
    followed.work()
    body = followed.client.get(old).json() | {"status": "amended", "valueQuantity": quantity("78", "kg")}  # fmt: skip
    assert 200 == followed.client.put(old, body).status_code
    risen = put(followed, who, "81")
    followed.work()

    assert "yellow" == zone(followed, risen)


def test_a_deleted_value_is_left_out_by_the_next(followed: Followed) -> None:
    who = followed.person()
    first = settled(followed, who)
    followed.clock.at += timedelta(hours=1)
    put(followed, who, "81.9")
    followed.work()
    assert followed.client.request("DELETE", first).status_code in (200, 204)
    calm = put(followed, who, "82.5")
    followed.work()

    assert "green" == zone(followed, calm)


def test_a_value_late_for_the_time_it_was_expected_waits(followed: Followed) -> None:
    who = followed.person()
    followed.clock.at = datetime(2026, 11, 10, 7, 0, tzinfo=UTC)
    followed.plan(who, *RULES, DAILY)
    followed.send(who, "80", WEIGHT, "kg", at=followed.clock.at.isoformat())
    followed.clock.at += timedelta(days=1)
    due = followed.client.create(weight(who, "80", followed.clock.at))
    followed.clock.at += timedelta(days=1, hours=3)
    late = followed.client.create(weight(who, "80", followed.clock.at - timedelta(hours=3)))

    assert ("green", "") == (zone(followed, due), zone(followed, late))


def test_a_value_from_before_what_was_read_waits(followed: Followed) -> None:
    who = followed.person()
    followed.clock.at = BEGIN
    followed.plan(who, GAIN, ALONE)
    followed.send(who, "78", WEIGHT, "kg", at=BEGIN.isoformat())
    followed.clock.at += timedelta(days=4)
    followed.send(who, "80", WEIGHT, "steiner", at=followed.clock.at.isoformat())
    followed.clock.at += timedelta(hours=1)
    late = followed.client.create(weight(who, "81", BEGIN + timedelta(hours=36)))
    followed.work()

    assert "yellow" == zone(followed, late)


@given(
    st.sampled_from(SOME),
    st.lists(
        st.one_of(NEW, NEW, NEW, NEW, CHANGE, FAIL, ODD, PAUSE, TURN, TURN), min_size=4, max_size=16
    ),
)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_comes_the_verdicts_are_those_of_the_whole_story(
    followed: Followed,
    make_client: Callable[..., Client],
    hubs: list[Client],
    rules: tuple[Rule, ...],
    steps: list[Step],
) -> None:
    if not hubs:
        hubs += [followed.client, make_client()]
    who = followed.person()
    made = [settled(followed, who, rules)]
    for step in steps:
        act(hubs, followed, who, made, step)
    followed.work()

    marks, alerts = followed.judged(who)
    inputs = [read_measurement(m.input) for m in marks]
    verdicts = {
        n: msgspec.msgpack.decode(m.verdict, type=Judgement) for n, m in newest(marks).items()
    }
    plan = PlanVersion("ebp", 2, SPRING, rules, approved_by="Rolig Testlege")
    whole = decide(
        Patient(who.partition("/")[2]), [plan], [], None, (), inputs, (), followed.clock.at
    )
    told = {name: said(judgement) for name, judgement in whole.judgements.items()}
    assert told == {name: said(judgement) for name, judgement in verdicts.items()}
    assert standing(whole.alerts) == standing(alerts)


def said(judgement: Judgement) -> tuple[Any, ...]:
    """What a verdict says, the values it rests on included."""
    fired = {(f.rule, f.zone, f.reason, f.value, f.operands) for f in judgement.firings}
    trace = {(t.rule, t.zone, t.reason, t.value) for t in judgement.trace}
    return (judgement.zone, judgement.effective, judgement.flags, fired, trace)


@pytest.fixture
def hubs() -> list[Client]:
    """The hubs that work on one database, made when they are needed."""
    return []

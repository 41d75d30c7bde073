"""The two drivers agree, and the safety properties hold (§8.3, §13)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.thresholds.engine import State, step
from hub.thresholds.measurement import Component, Measurement
from hub.thresholds.record import judge_all
from hub.thresholds.units import CONVERSIONS
from hub.thresholds.zones import RANK

FEW = settings(max_examples=120, deadline=None)
MORNING = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=1)))

numbers = st.sampled_from(["85", "90", "95", "20", "x", "87.9", "88", "0.9"])


@st.composite
def logs(draw, size=8):
    """Versions of a few observations: corrections, copies, retractions, odd units and clocks, each received at its own time."""
    found: list[Measurement] = []
    for number in range(draw(st.integers(1, size))):
        name = draw(st.sampled_from(["a", "b", "c", "d"]))
        effective = MORNING + timedelta(minutes=30 * draw(st.integers(0, 5)))
        found.append(
            Measurement(
                name,
                "spo2",
                draw(st.sampled_from([effective, effective, effective, None])),
                MORNING + timedelta(hours=3, minutes=number),
                draw(st.sampled_from(["final", "final", "final", "amended", "entered-in-error"])),
                number,
                draw(st.sampled_from([(), (), ("x|1",)])),
                draw(st.sampled_from(["d1", "d2", None])),
                draw(numbers),
                draw(st.sampled_from(["%", "%", "%", "1", None])),
            )
        )
    return found


def _live(build, alerts):
    return sorted(build.row(alert) for alert in alerts if alert.live)


def _online(book, log):
    state = State(book)
    for m in log:
        state, _ = step(state, m, m.received)
    return state


@FEW
@given(logs(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_zones_and_live_alerts_of_the_whole(
    build, log, shuffler: random.Random
):
    plan = build.plan(build.absolute())
    verdict = build.decide(*log, plans=[plan])
    book = build.book([plan], periods=build.periods(("active", build.start, None)))
    shuffled = list(log)
    shuffler.shuffle(shuffled)

    state = _online(book, shuffled)

    zones = {name: j.zone for name, j in judge_all(book, state.neighbours).items()}
    assert build.zones(verdict) == zones
    assert _live(build, verdict.alerts) == _live(build, state.alerts)


@FEW
@given(logs())
def test_the_same_input_twice_changes_nothing(build, log):
    book = build.book([build.plan(build.absolute())])
    state = _online(book, log)

    for m in log:
        again, changes = step(state, m, MORNING + timedelta(days=1))
        assert (state, (), ()) == (again, changes.rejudged, changes.alerts)


@FEW
@given(logs())
def test_replay_from_the_stored_inputs_gives_identical_alerts(build, log):
    codec = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(list[Measurement])
    stored = codec[1].decode(codec[0].encode(log))

    assert build.decide(*log) == build.decide(*stored)


@FEW
@given(logs())
def test_no_red_is_lost(build, log):
    verdict = build.decide(*log)

    for name, judgement in verdict.judgements.items():
        if judgement.zone == "red":
            assert any(
                alert.zone == "red"
                and alert.live
                and name in {e.observation for e in alert.evidence}
                for alert in verdict.alerts
            )


@FEW
@given(logs())
def test_every_live_alert_cites_evidence_that_exists(build, log):
    verdict = build.decide(*log)

    for alert in verdict.alerts:
        assert {e.observation for e in alert.evidence} <= {m.id for m in log}
        assert alert.evidence


@FEW
@given(
    st.decimals("30", "100", places=1),
    st.decimals("0", "20", places=1),
)
def test_worsening_a_value_never_lowers_its_zone(build, value: Decimal, fall: Decimal):
    plan = build.plan(build.absolute())
    worse = max(Decimal(30), value - fall)

    verdict = build.decide(
        build.value("a", str(value)), build.value("b", str(worse), build.at(1)), plans=[plan]
    )

    assert RANK[verdict.judgements["b"].zone] >= RANK[verdict.judgements["a"].zone]


@pytest.mark.parametrize("rule_unit", ["mmol/L", "mg/dL"])
@FEW
@given(value=st.decimals("0.7", "49", places=1))
def test_every_unit_gives_the_same_zone(build, rule_unit: str, value: Decimal):
    bands = {
        "mmol/L": "red <3.0, yellow >=3.0 <3.9, green >=3.9 <=10.0, red >10.0",
        "mg/dL": "red <54, yellow >=54 <70, green >=70 <=180, red >180",
    }[rule_unit]
    plan = build.plan(build.glucose_rule(bands, unit=rule_unit))
    # A clinician's number: what the meter would show in the unit of the rule
    shown = CONVERSIONS["glucose", "mmol/L", "mg/dL"](value)
    back = CONVERSIONS["glucose", "mg/dL", "mmol/L"](shown)
    ruled = shown if rule_unit == "mg/dL" else back

    verdict = build.decide(
        build.value("a", str(ruled), measure="glucose", unit=rule_unit),
        build.value("b", str(shown), build.at(1), measure="glucose", unit="mg/dL"),
        plans=[plan],
    )

    assert verdict.judgements["a"].zone == verdict.judgements["b"].zone


def test_what_cannot_be_judged_is_never_silent(build):
    for m in (
        build.value("o", "85", unit=None),
        build.value("o", "85", measure="nope"),
        build.value("o", "x"),
    ):
        assert build.decide(m).alerts
    assert build.decide(build.value("o", "85"), plans=[]).alerts


def test_what_is_received_after_now_has_not_happened(build):
    verdict = build.decide(
        build.value("a", "85", build.at(0)), build.value("b", "85", build.at(2)), now=build.at(1)
    )

    assert build.zones(verdict) == {"a": "red"}


def test_the_trigger_of_an_older_version_is_superseded(build):
    book = build.book([build.plan(build.absolute())])
    state, _ = step(
        State(book), build.value("o", "95", received=build.at(1), version=2), build.at(1)
    )

    state, changes = step(state, build.value("o", "85", version=1), build.at(2))

    assert (changes.judgement.zone, state.alerts) == ("superseded", ())


def test_changes_say_what_happened_to_alerts(build):
    book = build.book([build.plan(build.absolute())])
    state = State(book)
    kinds: list[str] = []
    for number, (name, value) in enumerate(
        [("a", "90"), ("b", "91"), ("c", "85"), ("c", "90"), ("a", "95"), ("b", "95"), ("c", "95")]
    ):
        m = build.value(
            name,
            value,
            effective=build.at(0, days=ord(name)),
            received=build.at(number, days=110),
            version=number,
        )
        state, changes = step(state, m, m.received)
        kinds += [change.kind for change in changes.alerts]

    assert kinds == ["raise", "join", "upgrade", "lower", "update", "update", "withdraw"]


def test_the_alert_carries_what_explains_it(build):
    book = build.book(
        [build.plan(build.absolute(version=3, approved_by="Dr. Fastlege"), version=2)]
    )

    _, changes = step(State(book), build.value("o", "0.86", unit="1"), build.at(0))

    (firing,) = changes.judgement.firings
    assert firing.received == ("0.86", "1")
    assert (Decimal(86), "%", ("<", Decimal(88))) == (firing.value, firing.unit, firing.bound)
    assert (
        firing.plan, firing.plan_version, firing.rule_version, firing.approved_by
    ) == ("ebp", 2, 3, "Dr. Fastlege")  # fmt: skip
    assert firing.text == "SpO2 86 % (mottatt 0,86) er under rød grense (< 88 %), EBP v2"


def test_no_float_enters_the_engine(build):
    m = Measurement("o", "bp", MORNING, MORNING, components=(Component("systolic", "120", "kPa"),))

    assert b"120" in msgspec.json.encode(m)
    assert msgspec.json.decode(msgspec.json.encode(m), type=Measurement) == m

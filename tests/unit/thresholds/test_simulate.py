"""Two plans over the same values (§8.3): what fires now, what a draft would fire."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.thresholds.book import Limits
from hub.thresholds.engine import decide
from hub.thresholds.measurement import Patient
from hub.thresholds.plan import Band, Rule
from hub.thresholds.simulate import draft_book, needed_since, outcome, simulate
from hub.thresholds.simulation_text import (
    changed_values,
    render_simulation,
    simulation_document,
    summary,
)
from hub.thresholds.spans import EARLIEST, Span

WIDER = "red <80, yellow >=80 <85, green >=85"
NONE = Limits()


@pytest.fixture
def story(build):
    """Ten days with one value a day: 95, 91, 87, 95, …"""
    return [
        build.value(f"o{day}", ("95", "91", "87")[day % 3], build.at(days=day)) for day in range(10)
    ]


def test_a_draft_with_wider_limits_fires_less_often(build, story):
    book = build.book([build.plan(build.absolute())])
    draft = draft_book(book, build.plan(build.absolute(WIDER), version=2), (), NONE, build.start)

    found = simulate(book, draft, story, (), build.start, build.at(days=30))

    assert {"red": 3, "yellow": 3} == dict(found.current.fired)
    assert {} == dict(found.draft.fired)
    assert "Utslag nå: 3 gule, 3 røde. Med utkastet: ingen." == summary(found)
    assert ["o1", "o2", "o4", "o5", "o7", "o8"] == [
        now.observation for now, _ in changed_values(found)
    ]
    told = "\n".join(render_simulation(found, build.oslo))
    assert "OBS: 3" in told
    assert "NOTE: 3" in "\n".join(render_simulation(found, build.oslo, "en"))


def test_only_values_of_the_time_asked_for_count(build, story):
    book = build.book([build.plan(build.absolute())])

    found = outcome(book, story, (), build.at(days=1), build.at(days=3))

    assert ["o1", "o2"] == [value.observation for value in found.values]
    assert ["yellow", "red"] == [firing.zone for firing in found.firings]


def test_a_draft_stands_where_the_plans_it_replaces_stood(build, story):
    later = build.plan(build.absolute(), valid_from=build.at(days=5))
    book = build.book([later])

    draft = draft_book(book, build.plan(build.absolute(WIDER), version=2), (), NONE, build.start)

    zones = {
        v.observation: v.zone
        for v in outcome(draft, story, (), build.start, build.at(days=30)).values
    }
    assert ("none", "green") == (zones["o4"], zones["o5"])


def test_another_plan_stays_in_force_beside_the_draft(build):
    book = build.book([build.plan(build.absolute())])
    pulse = build.plan(build.pulse_rule())
    other = type(pulse)("puls", 1, build.start, pulse.rules)

    both = draft_book(book, other, (), NONE, build.start)
    alone = draft_book(book, other, ("ebp",), NONE, build.start)

    assert {"ebp", "puls"} == {plan.id for plan in both.plans}
    assert {"puls"} == {plan.id for plan in alone.plans}


def test_a_measurement_that_did_not_come_fires_in_the_time_asked_for(build):
    missing = Rule(
        "m", "missing", "spo2", times=("08:00",), grace=Span(seconds=7200), zone="yellow"
    )
    book = build.book([build.plan(missing)])
    log = [build.value("o1", "95", build.at(days=1))]

    found = outcome(book, log, (), build.at(hours=-1), build.at(days=3))

    assert ["missing", "missing", "missing"][:2] == [f.reason for f in found.firings][:2]
    assert {build.at(), build.at(days=2)} == {f.effective for f in found.firings}


def test_what_a_window_reads_before_the_time_asked_for_is_needed_too(build):
    gain = Rule(
        "g", "delta", "weight", "kg", (Band("yellow", gt=Decimal(2)),),
        direction="up", baseline="min", window=Span(days=3),
    )  # fmt: skip
    first = Rule("f", "delta", "weight", "kg", gain.bands, direction="up", baseline="first")

    within = needed_since([build.book([build.plan(gain)])], ["weight"], build.morning)
    ever = needed_since([build.book([build.plan(first)])], ["weight"], build.morning)

    assert build.morning - timedelta(days=3) >= within > EARLIEST
    assert EARLIEST == ever


@given(st.lists(st.sampled_from(["79", "84", "87.9", "88", "91", "92", "99", "x"]), max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_plan_in_force_as_its_own_draft_changes_nothing_and_agrees_with_the_engine(values):
    from tests.unit.thresholds.conftest import Build

    build = Build()
    log = [build.value(f"o{n}", value, build.at(hours=n)) for n, value in enumerate(values)]
    plan = build.plan(build.absolute())
    book = build.book([plan])

    found = simulate(
        book, draft_book(book, plan, (), NONE, build.start), log, (), build.start, build.at(days=9)
    )

    assert found.current == found.draft
    verdict = decide(
        Patient("p", "Europe/Oslo", ()), [plan], (), None, (), log, (), build.at(days=9)
    )
    assert {v.observation: v.zone for v in found.current.values} == {
        name: judged.zone for name, judged in verdict.judgements.items()
    }
    assert len(values) == simulation_document(found)["values"]

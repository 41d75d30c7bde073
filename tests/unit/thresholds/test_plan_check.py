"""Plans are checked before they are approved (§2.3)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from hub.problems import ProblemCode
from hub.thresholds.plan import Part, PlanVersion, Rule, Where
from hub.thresholds.plan_check import check_parts, validate_plan
from hub.thresholds.spans import Span
from tests.unit.thresholds.conftest import bands


def test_a_sound_plan_has_no_problem(build):
    plan = build.plan(build.absolute(), build.pulse_rule(), build.glucose_rule(), build.bp_rule())

    assert validate_plan(plan) == ()


def test_no_limit_wanted_is_no_fault(build):
    assert validate_plan(build.plan(build.absolute("", unit=None))) == ()


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"unit": "furlong"}, "furlong"),
        ({"unit": None}, "mangler"),
        ({"measure": "sp02"}, "ukjent"),
        ({"text": "red <88, green >=90"}, "hull"),
        ({"text": "red <90, green >=88"}, "overlapper"),
        ({"text": "yellow <88, red >=88 <92, green >=92"}, "ytterst"),
    ],
)
def test_what_must_be_mended_is_said_with_the_rule(build, fields, word):
    (problem,) = validate_plan(build.plan(build.absolute(**fields)))

    assert (problem.code, problem.where) == (ProblemCode.BUSINESS_RULE, "r")
    assert word in problem.detail


def test_blood_pressure_is_checked_part_by_part(build):
    rule = build.bp_rule(systolic="red <90, green >=100", wrist="green <100, red >=100")

    details = [problem.detail for problem in validate_plan(build.plan(rule))]

    assert "systolic: Det er et hull i områdene, mellom 90 og 100." in details
    assert any("wrist" in text for text in details)


def test_an_unknown_kind_and_a_rule_twice_and_a_backward_plan_are_said(build):
    plan = build.plan(
        Rule("x", "astrology"),
        build.absolute(),
        build.absolute(),
        valid_to=build.start - timedelta(1),
    )

    codes = [problem.code for problem in validate_plan(plan)]

    assert codes == [
        ProblemCode.BUSINESS_RULE,
        ProblemCode.NOT_SUPPORTED,
        ProblemCode.BUSINESS_RULE,
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "red <0.88, green >=0.88"}, "mellom 30 og 100 %. Er enheten riktig?"),
        ({"text": "green <=100, yellow >100"}, "Et gult område kan aldri slå ut"),
        ({"text": "red <30, green >=30"}, "Et rødt område kan aldri slå ut"),
        ({"measure": "glucose", "unit": "mg/dL", "text": "red <3.0, green >=3.0"}, "mg/dL"),
    ],
)
def test_a_limit_no_value_can_cross_is_told_as_a_wrong_unit_may_be_why(build, fields, words):
    (problem,) = validate_plan(build.plan(build.absolute(**fields)))

    assert words in problem.detail


@pytest.mark.parametrize("text", ["green <100, yellow >=100", "red <=30, green >30"])
def test_a_limit_at_the_end_of_what_is_possible_can_be_crossed(build, text):
    assert validate_plan(build.plan(build.absolute(text))) == ()


def test_parts_of_a_pressure_and_means_have_limits_that_can_be_crossed(build):
    parts = {"systolic": bands("green <16, red >=16")}
    mean = Rule(
        "m", "average", "bp", "kPa", components=parts, window_days=7, min_readings=1, min_days=1
    )

    assert validate_plan(build.plan(mean)) == ()
    (problem,) = validate_plan(
        build.plan(replace(mean, components={"systolic": bands("red <5, green >=5")}))
    )
    assert (
        "systolic: Et rødt område kan aldri slå ut: Systolisk blodtrykk er mellom 5,3 og 40,0 kPa"
        in problem.detail
    )
    (problem,) = validate_plan(build.plan(build.bp_rule(systolic="green <400, red >=400")))
    assert "systolic: Et rødt område kan aldri slå ut" in problem.detail


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Where(gt=Decimal(90), lt=Decimal(85)), "Ingen verdi kan telle"),
        (Where(lt=Decimal("0.9")), "Er enheten riktig?"),
    ],
)
def test_values_that_cannot_count_are_told(build, where, words):
    rule = Rule("n", "n_of_m", "spo2", "%", n=1, m=2, where=where, zone="yellow")

    (problem,) = validate_plan(build.plan(rule))

    assert words in problem.detail


@pytest.mark.parametrize("kind", ["delta", "trend"])
def test_a_time_of_nothing_is_told(build, kind):
    rule = Rule("d", kind, "weight", "kg", bands("yellow >2"), direction="up", window=Span())
    if kind == "trend":
        rule = replace(rule, min_points=2)

    assert any("er tomt" in problem.detail for problem in validate_plan(build.plan(rule)))


def test_a_schedule_without_a_time_while_the_plan_holds_is_told(build):
    rule = Rule("m", "missing", "spo2", times=("08:00",), days=("mon",), grace=Span(seconds=3600))
    tuesday = datetime(2026, 3, 3, tzinfo=UTC)

    def plan(days: int) -> PlanVersion:
        return build.plan(rule, valid_from=tuesday, valid_to=tuesday + timedelta(days))

    (problem,) = validate_plan(plan(2))
    assert "har ingen tidspunkter så lenge planen gjelder" in problem.detail
    assert validate_plan(plan(7)) == ()
    assert validate_plan(plan(700)) == ()


@pytest.mark.parametrize(("zone", "count"), [("yellow", 1), ("red", 0)])
def test_a_combination_that_asks_for_more_than_its_part_can_be_is_told(zone, count):
    part = Rule("n", "n_of_m", "spo2", "%", n=1, m=2, where=Where(lt=Decimal(90)), zone=zone)
    both = Rule("c", "combination", within=Span(days=1), zone="red", parts=(Part("n", "red"),))

    found = check_parts((part, both), ())

    assert count == len(found)
    assert all("som aldri blir rød" in problem.detail for problem in found)

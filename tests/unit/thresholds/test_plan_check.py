"""Plans are checked before they are approved (§2.3)."""

from datetime import timedelta

import pytest

from hub.problems import ProblemCode
from hub.thresholds.plan import Rule
from hub.thresholds.plan_check import validate_plan


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

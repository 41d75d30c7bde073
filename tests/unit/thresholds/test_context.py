"""The context rules ask for: whether one applies, and whether several leave nothing open."""

from __future__ import annotations

import pytest

from hub.thresholds.context import covers, fit


@pytest.mark.parametrize(
    ("when", "context", "wanted"),
    [
        ({}, {}, "yes"),
        ({"on_oxygen": True}, {"on_oxygen": True}, "yes"),
        ({"on_oxygen": True}, {"on_oxygen": False}, "no"),
        ({"on_oxygen": True}, {}, "unknown"),
        ({"on_oxygen": True}, {"on_oxygen": None}, "unknown"),
        ({"on_oxygen": True, "fasting": True}, {"fasting": False}, "no"),
        ({"on_oxygen": True, "fasting": True}, {"fasting": True}, "unknown"),
    ],
)
def test_a_rule_applies_does_not_or_it_is_not_known(when, context, wanted):
    assert fit(when, context) == wanted


@pytest.mark.parametrize(
    ("whens", "context", "wanted"),
    [
        ([], {}, False),
        ([{}], {}, True),
        ([{"on_oxygen": True}], {}, False),
        ([{"on_oxygen": True}, {"on_oxygen": False}], {}, True),
        ([{"on_oxygen": True}, {"on_oxygen": False, "fasting": True}], {}, False),
        ([{"on_oxygen": True}, {"on_oxygen": False, "fasting": True}], {"fasting": True}, True),
        ([{"site": "arm"}, {"site": "leg"}], {}, False),
        ([{"site": "arm"}, {"site": "leg"}, {}], {}, True),
    ],
)
def test_rules_leave_something_open_or_nothing(whens, context, wanted):
    assert covers(whens, context) is wanted


def test_more_possibilities_than_can_be_looked_at_are_left_open():
    whens = [{f"k{n}": True for n in range(9)}, {f"k{n}": False for n in range(9)}, {}]

    assert covers(whens, {}) is False

"""Values that were missed for years: judged in time that grows with them, and told as if they had been worked in one by one (§5.7, §7.3)."""

from __future__ import annotations

import sys
from datetime import datetime
from itertools import count

import pytest

from hub.thresholds.plan import Escalate, Rule
from hub.thresholds.spans import Span

AWAITED = Rule(
    "r", "missing", "spo2", times=("08:00",), early=Span(seconds=3600), grace=Span(seconds=3600),
    zone="yellow", escalate=Escalate(3, "red"),
)  # fmt: skip


def of_years(build, years):
    """A plan that was approved so many years ago, and no value at all."""
    plan = build.plan(AWAITED, valid_from=datetime(2026 - years, 3, 2, tzinfo=build.oslo))
    return build.decide(plans=[plan], now=build.at(12))


def calls_of(build, years):
    """The same → how many Python calls it takes, and how many values of evidence are copied at most."""
    calls = count()
    sys.setprofile(lambda _frame, event, _arg: next(calls) if event == "call" else None)
    try:
        of_years(build, years)
    finally:
        sys.setprofile(None)
    return next(calls)


def test_twice_as_many_misses_take_twice_the_work(build):
    of_years(build, 1)
    two, four = calls_of(build, 2), calls_of(build, 4)

    assert four < 2.2 * two
    assert four < 150 * 4 * 365


def test_a_miss_of_thirty_years_is_one_red_alert_told_twice(build):
    verdict = of_years(build, 30)

    (alert,) = verdict.alerts
    assert ("red", "open", 10_958) == (alert.zone, alert.state, len(alert.evidence))
    assert ["raise", "upgrade"] == [n.kind for n in verdict.notifications][:2]
    assert sorted(e.effective for e in alert.evidence) == [e.effective for e in alert.evidence]


@pytest.mark.parametrize("step", ["acknowledge", "close"])
def test_a_step_between_the_misses_is_taken_where_it_was(build, step):
    plan = build.plan(AWAITED, valid_from=build.at(days=-9))
    told = {"note": "ringt", "action": "ringt"}
    verdict = build.decide(
        plans=[plan], events=[build.event(step, build.at(days=-4), **told)], now=build.at(12)
    )

    rows = [(a.zone, a.state, len(a.evidence)) for a in verdict.alerts]
    assert rows == ([("red", "acknowledged", 10)] if step == "acknowledge" else [("red", "closed", 5), ("red", "open", 5)])  # fmt: skip

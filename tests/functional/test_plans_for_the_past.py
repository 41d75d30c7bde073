"""A plan that is approved for a time that has passed: what came since is judged by it, and people are told.

Source: dho/thresholds.md §2.4, §4.8, §8.2, §8.3, §13 S1; docs/adr/0041-a-plan-for-the-past-judges-anew.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.thresholds.plan import PlanVersion
from tests.functional.followed import SPO2_RULE, SPRING, Followed, absolute

MORNING = "2026-11-21T08:00:00+01:00"
LATER = "2026-11-21T09:00:00+01:00"
MILD = absolute(
    "spo2", "spo2", "%", ("red", None, "70"), ("yellow", "70", "75"), ("green", "75", None)
)


def test_a_red_that_came_before_its_plan_is_raised_when_the_plan_comes(followed: Followed) -> None:
    who = followed.person(**followed.gp())
    low, fine = followed.send(who, "87", at=MORNING), followed.send(who, "97", at=MORNING)
    assert followed.zone(low) != "red"
    told = len(followed.messages())

    followed.plan(who, SPO2_RULE)
    followed.work()

    assert (followed.zone(low), followed.zone(fine)) == ("red", "green")
    assert ("absolute.low", "red") in followed.reasons(who)
    assert len(followed.messages()) == told + 1
    before = followed.alerts(who)
    followed.work()
    assert followed.alerts(who) == before


def test_the_plan_may_come_before_its_requests(followed: Followed) -> None:
    who = followed.person()
    low = followed.send(who, "87", at=MORNING)
    plan = PlanVersion("ebp", 2, SPRING, (SPO2_RULE,), approved_by="Dr", approved_at=SPRING)
    made = plan_to_fhir(plan, who.partition("/")[2], new_id=followed.clock.new_id)
    for resource in (made.care_plan, *made.requests):
        assert followed.put(resource).status_code == 201
        followed.work()

    assert followed.zone(low) == "red"
    assert ("absolute.low", "red") in followed.reasons(who)


def test_an_alert_by_a_version_that_no_longer_counts_then_is_withdrawn(followed: Followed) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE)
    low = followed.send(who, "87", at=MORNING)
    assert followed.reasons(who) == [("absolute.low", "red")]
    assert made.care_plan.period is not None
    ended = msgspec.structs.replace(made.care_plan.period, end="2026-11-01T00:00:00Z")
    over = msgspec.structs.replace(made.care_plan, status="completed", period=ended)
    assert followed.put(over).status_code == 200
    followed.plan(who, MILD, version=3, start=datetime(2026, 11, 1, tzinfo=UTC))
    followed.work()

    assert followed.zone(low) == "green"
    assert ("absolute.low", "red") not in followed.reasons(who)
    assert {issue["status"] for issue in followed.alerts(who)} >= {"entered-in-error"}


@pytest.mark.parametrize("status", ["completed", "entered-in-error"])
def test_a_plan_that_goes_leaves_its_reds_to_people(followed: Followed, status: str) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE)
    low, mild = followed.send(who, "87", at=MORNING), followed.send(who, "90", at=LATER)
    assert made.care_plan.period is not None
    ended = msgspec.structs.replace(made.care_plan.period, end="2026-11-01T00:00:00Z")
    over = msgspec.structs.replace(made.care_plan, status=status, period=ended)
    assert followed.put(over).status_code == 200
    for _ in range(2):
        followed.work()

        assert ("red", "none") == (followed.zone(low), followed.zone(mild))
        assert [("absolute.low", "red"), ("plan.none", "yellow")] == followed.reasons(who)
    followed.send(who, "86", at="2026-11-21T10:00:00+01:00")
    assert ("absolute.low", "red") in followed.reasons(who)
    (issue,) = [i for i in followed.alerts(who) if i["severity"] == "high"]
    told = followed.client.get(f"DetectedIssue/{issue['id']}/$explain")
    assert 200 == told.status_code


def test_a_red_of_a_plan_that_goes_is_withdrawn_when_its_value_is_taken_back(
    followed: Followed,
) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE)
    low = followed.send(who, "87", at=MORNING)
    assert made.care_plan.period is not None
    ended = msgspec.structs.replace(made.care_plan.period, end="2026-11-01T00:00:00Z")
    followed.put(msgspec.structs.replace(made.care_plan, status="completed", period=ended))
    followed.work()

    followed.change(low, status="entered-in-error")

    assert ("absolute.low", "red") not in followed.reasons(who)


def test_a_plan_for_later_changes_nothing(followed: Followed) -> None:
    who = followed.person()
    low = followed.send(who, "87", at=MORNING)
    before = followed.zone(low), followed.alerts(who)
    followed.plan(who, SPO2_RULE, start=followed.clock.now() + timedelta(days=3))
    followed.work()

    assert (followed.zone(low), followed.alerts(who)) == before

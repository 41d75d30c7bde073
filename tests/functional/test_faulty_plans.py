"""Plans and limits at the door and at work: what is wrong is refused or told, never passed over.

Source: dho/thresholds.md §2.3, §2.4, §4.8; architecture D6.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from hub.fhir.codec import encode
from hub.mapping.general_limits import general_limits_to_fhir
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.mapping.rule_to_extension import rule_to_extension
from hub.thresholds.plan import PlanVersion, Rule
from tests.builders import Json
from tests.functional.followed import (
    SPO2_RULE,
    Followed,
    absolute,
)

RED = "SpO2 86 % er under rød grense (< 88 %), EBP v2"


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan: SpO2 red below 88, yellow below 92."""
    name = followed.person()
    followed.plan(name, SPO2_RULE)
    return name


def at(hour: int, minute: int = 0) -> str:
    """A time of the morning of the test's day."""
    return f"2026-11-21T{hour:02}:{minute:02}:00+01:00"


HOLE = absolute("spo2", "spo2", "%", ("red", None, "88"), ("green", "92", None))
"""Limits with nothing between 88 and 92."""


def with_gap(followed: Followed, who: str) -> Any:
    """A plan whose bands leave a hole, as resources."""
    plan = PlanVersion("ebp", 1, datetime(2026, 1, 1, tzinfo=UTC), (HOLE,), approved_by="Dr")
    return plan_to_fhir(plan, who.partition("/")[2], new_id=followed.clock.new_id)


def test_rules_with_a_gap_are_refused_at_the_door(followed: Followed) -> None:
    made = with_gap(followed, followed.person())
    answer = followed.put(made.requests[0])

    assert 422 == answer.status_code
    assert "Det er et hull i områdene, mellom 88 og 92." == answer.json()["issue"][0]["diagnostics"]
    assert 404 == followed.client.get(f"ServiceRequest/{made.requests[0].id}").status_code


def test_a_plan_that_nobody_approved_is_refused(followed: Followed) -> None:
    made = with_gap(followed, followed.person())
    version = made.care_plan.extension[0]
    kept = tuple(p for p in version.extension if p.url != "approvedBy")
    plan = msgspec.structs.replace(
        made.care_plan, extension=(msgspec.structs.replace(version, extension=kept),)
    )

    assert 422 == followed.put(plan).status_code


def test_an_approved_plan_is_ended_but_not_changed(followed: Followed) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE)
    plan, request = made.care_plan, made.requests[0]
    milder = with_rule(request, "75")

    assert 422 == followed.put(milder).status_code
    assert 422 == followed.put(msgspec.structs.replace(plan, activity=())).status_code
    assert 422 == followed.client.request("DELETE", f"CarePlan/{plan.id}").status_code
    assert 422 == followed.client.request("DELETE", f"ServiceRequest/{request.id}").status_code
    assert plan.period is not None
    period = msgspec.structs.replace(plan.period, end="2026-11-20T00:00:00+01:00")
    over = msgspec.structs.replace(plan, status="completed", period=period)
    assert 200 == followed.put(over).status_code
    assert "none" == followed.zone(followed.send(who, "86"))


def test_the_rules_of_an_approved_plan_stand_by_whatever_way_they_are_changed(
    followed: Followed,
) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE)
    plan, request = made.care_plan, made.requests[0]
    draft = msgspec.structs.replace(request, status="draft")
    wrong = msgspec.structs.replace(plan, status="entered-in-error")

    assert 422 == followed.put(msgspec.structs.replace(plan, status="draft")).status_code
    assert 200 == followed.put(draft).status_code
    assert 422 == followed.put(with_rule(draft, "75")).status_code
    assert 200 == followed.put(wrong).status_code
    assert 422 == followed.put(with_rule(draft, "75")).status_code
    assert 422 == followed.client.request("DELETE", f"ServiceRequest/{request.id}").status_code
    # Who took it for another's by mistake takes that back, and finds what was approved
    assert 200 == followed.put(plan).status_code
    assert "red" == followed.zone(followed.send(who, "86"))


def test_a_mistaken_plan_is_deleted_before_its_measures(followed: Followed) -> None:
    made = followed.plan(followed.person(), SPO2_RULE)
    followed.put(msgspec.structs.replace(made.care_plan, status="entered-in-error"))
    plan, request = f"CarePlan/{made.care_plan.id}", f"ServiceRequest/{made.requests[0].id}"

    assert [422, 204, 204] == [
        followed.client.request("DELETE", name).status_code for name in (request, plan, request)
    ]


@pytest.mark.parametrize(
    "link",
    [
        {"reference": "#inside"},
        {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"},
        {"identifier": {"system": "urn:x", "value": "1"}},
    ],
)
def test_a_measure_that_would_not_be_found_is_refused(followed: Followed, link: Json) -> None:
    """The plan would be taken, and its red limits would judge nothing."""
    made = as_json(followed, followed.person(), SPO2_RULE)
    plan, (request,) = made
    if "reference" in link and link["reference"].startswith("#"):
        plan["contained"] = [{**request, "id": "inside"}]
    plan["activity"] = [{"reference": link}]

    answer = followed.client.put(f"CarePlan/{plan['id']}", plan)

    assert 422 == answer.status_code
    assert ["CarePlan.activity[0].reference"] == answer.json()["issue"][0]["expression"]


def test_an_activity_that_is_no_measure_needs_no_link_to_one(followed: Followed) -> None:
    who = followed.person()
    plan, (request,) = as_json(followed, who, SPO2_RULE)
    task = {"resourceType": "Task", "id": "ring", "status": "requested", "intent": "order"}
    plan["contained"] = [task]
    plan["activity"] += [
        {"reference": {"reference": "#ring"}},
        {"reference": {"type": "Appointment", "identifier": {"value": "1"}}},
        {"reference": {"display": "Gå tur"}},
    ]
    for resource in (request, plan):
        name = f"{resource['resourceType']}/{resource['id']}"
        assert 201 == followed.client.put(name, resource).status_code

    assert "red" == followed.zone(followed.send(who, "86"))


def test_limits_in_a_plan_that_is_not_marked_as_one_are_refused(followed: Followed) -> None:
    plan, _ = as_json(followed, followed.person(), SPO2_RULE)
    del plan["category"]

    answer = followed.client.put(f"CarePlan/{plan['id']}", plan)

    assert 422 == answer.status_code
    assert ["CarePlan.category"] == answer.json()["issue"][0]["expression"]


@pytest.mark.parametrize("milder_first", [True, False])
def test_a_version_that_is_there_twice_is_told_and_the_worse_counts(
    followed: Followed, *, milder_first: bool
) -> None:
    who = followed.person()
    milder = absolute("spo2", "spo2", "%", ("red", None, "80"), ("green", "80", None))
    for rule in (milder, SPO2_RULE) if milder_first else (SPO2_RULE, milder):
        followed.plan(who, rule)

    assert "red" == followed.zone(followed.send(who, "86"))
    (task,) = followed.tasks(who, "plan-unreadable")
    assert "Versjon 2 av planen ebp finnes to ganger" in task["description"]


def test_a_version_that_was_sent_twice_by_mistake_is_one(followed: Followed) -> None:
    who = followed.person()
    for _ in range(2):
        followed.plan(who, SPO2_RULE)
    followed.send(who, "86")

    assert [("absolute.low", "red")] == followed.reasons(who)
    assert [] == followed.tasks(who, "plan-unreadable")


def as_json(followed: Followed, who: str, rule: Rule) -> tuple[Json, list[Json]]:
    """A patient and a rule → an approved plan as a supplier sends it, and its requests."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    plan = PlanVersion("ebp", 1, start, (rule,), approved_by="Dr", approved_at=start)
    made = plan_to_fhir(plan, who.partition("/")[2], new_id=followed.clock.new_id)
    sent = msgspec.json.decode(encode(made.care_plan))
    return sent, [msgspec.json.decode(encode(each)) for each in made.requests]


def with_rule(request: Any, limit: str) -> Any:
    """A ServiceRequest for SpO2 → the same with another red limit."""
    rule = absolute("spo2", "spo2", "%", ("red", None, limit), ("green", limit, None))
    return msgspec.structs.replace(request, extension=(rule_to_extension(rule, 1),))


def test_a_request_of_no_approved_plan_may_be_changed_and_deleted(followed: Followed) -> None:
    made = with_gap(followed, followed.person())
    request = with_rule(made.requests[0], "85")

    assert 201 == followed.put(request).status_code
    assert 200 == followed.put(with_rule(request, "80")).status_code
    assert 204 == followed.client.request("DELETE", f"ServiceRequest/{request.id}").status_code


def test_a_plan_mistaken_for_anothers_is_marked_so_and_judges_no_more(followed: Followed) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE)
    wrong = msgspec.structs.replace(made.care_plan, status="entered-in-error")

    assert 200 == followed.put(wrong).status_code
    assert "none" == followed.zone(followed.send(who, "86"))


def test_a_plan_with_a_measure_that_is_not_here_makes_one_task(followed: Followed) -> None:
    who = followed.person()
    made = with_gap(followed, who)
    assert 201 == followed.put(made.care_plan).status_code
    names = [followed.send(who, "86", at=at(8, n)) for n in range(3)]

    (task,) = followed.tasks(who, "plan-unreadable")
    assert "som ikke finnes" in task["description"]
    assert ["none"] * 3 == [followed.zone(n) for n in names]
    # The measure comes after it: the next value is judged by it, and the Task is the person's to close
    assert 201 == followed.put(with_rule(made.requests[0], "88")).status_code
    assert "red" == followed.zone(followed.send(who, "86", at=at(9)))
    assert 1 == len(followed.tasks(who, "plan-unreadable"))


def test_a_faulty_plan_of_one_patient_is_nobody_elses_matter(followed: Followed, who: str) -> None:
    other = followed.person()
    followed.put(with_gap(followed, other).care_plan)
    followed.send(other, "86")
    followed.send(who, "86")

    assert [] == followed.tasks(who, "plan-unreadable")
    assert RED == followed.alerts(who)[0]["detail"]


def test_faulty_general_limits_are_refused(followed: Followed) -> None:
    for definition in general_limits_to_fhir([HOLE], new_id=followed.clock.new_id):
        assert 422 == followed.put(definition).status_code


def test_general_limits_judge_who_has_no_plan(followed: Followed) -> None:
    floor = absolute(
        "gulv", "spo2", "%", ("red", None, "80"), ("green", "80", None), overridable=False
    )
    for definition in general_limits_to_fhir([floor], new_id=followed.clock.new_id):
        assert 201 == followed.put(definition).status_code
    who = followed.person()

    assert "red" == followed.zone(followed.send(who, "79"))
    assert any("sikkerhetsgrense" in i["detail"] for i in followed.alerts(who))

"""Series nobody expects, through the door of the running hub: two measures in one value, values of the dead and the unborn."""

from __future__ import annotations

from hub.thresholds.plan import Part, Rule
from hub.thresholds.spans import Span
from tests.builders import observation
from tests.functional.followed import Followed, absolute
from tests.functional.test_windows_online import BOTH, BREATH, GAIN, at, symptom

SPO2, WEIGHT = "59408-5", "29463-7"


def test_two_measures_in_one_value_are_told_and_none_is_picked(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, absolute("oxygen", "spo2", "%", ("red", None, "88"), ("green", "88", None)))  # fmt: skip
    body = observation(who, SPO2, "80", "%", at=at(21))
    body["code"]["coding"].append({"system": "http://loinc.org", "code": WEIGHT})

    made = followed.client.create(body)
    followed.work()

    assert "invalid" == followed.zone(made)
    assert [("technical.code-conflict", "yellow")] == followed.reasons(who)


def test_a_value_measured_after_death_is_told_to_the_coordinator_alone(followed: Followed) -> None:
    who = followed.person(deceasedDateTime="2026-11-20T10:00:00+01:00")
    followed.plan(who, absolute("oxygen", "spo2", "%", ("red", None, "88"), ("green", "88", None)))  # fmt: skip

    before = followed.send(who, "80", at=at(20, 9))
    after = followed.send(who, "80", at=at(20, 11))

    assert ["red", "none"] == [followed.zone(before), followed.zone(after)]
    assert [("absolute.low", "red"), ("admin.after-end", "yellow")] == followed.reasons(who)


def test_a_value_measured_before_birth_has_no_plan_and_that_is_said(followed: Followed) -> None:
    who = followed.person(birthDate="1950-01-02")
    followed.plan(who, absolute("oxygen", "spo2", "%", ("red", None, "88"), ("green", "88", None)))  # fmt: skip

    followed.send(who, "80", at="1949-12-31T08:00:00+01:00")

    assert ("plan.none", "yellow") in followed.reasons(who)


def test_a_combination_of_a_combination_is_raised_as_values_come_one_by_one(
    followed: Followed,
) -> None:
    who = followed.person()
    low = absolute("oxygen", "spo2", "%", ("red", None, "88"), ("green", "88", None))
    parts = (Part("both", "red"), Part(low.id, "yellow"))
    whole = Rule("all", "combination", within=Span(seconds=172800), zone="red", parts=parts)
    followed.plan(who, GAIN, BREATH, BOTH, low, whole)

    followed.send(who, "85", at=at(20))
    followed.send(who, "80", WEIGHT, "kg", at=at(20, 9))
    followed.client.create(symptom(who, "more", at(21)))
    followed.work()
    followed.send(who, "83", WEIGHT, "kg", at=at(21, 9))

    rules = {alert.rule for alert in followed.judged(who)[1]}
    assert {"both", "all"} <= rules


def test_a_copy_stands_once_the_first_of_the_two_is_taken_back(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, absolute("oxygen", "spo2", "%", ("red", None, "88"), ("green", "88", None)))  # fmt: skip
    first, copy = (followed.send(who, "80", at=at(21)) for _ in range(2))
    assert ["red", "duplicate"] == [followed.zone(first), followed.zone(copy)]

    followed.change(first, status="entered-in-error")

    assert ["retracted", "red"] == [followed.zone(first), followed.zone(copy)]
    assert [("absolute.low", "red")] == followed.reasons(who)

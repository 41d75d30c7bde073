"""A value comes in → zone, alert, Flag and Task, exactly as the text of the rules says, through the whole hub.

Source: dho/thresholds.md §4, §7, §8.1, §9.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.flows import judge_observations
from hub.thresholds.measurement import Measurement
from tests.builders import Json, observation, quantity
from tests.functional.followed import (
    PRESSURE_RULE,
    PULSE_RULE,
    SPO2_RULE,
    SUGAR_RULE,
    Followed,
    absolute,
    pressure,
    zone_of,
)

PULSE, SUGAR = "8867-4", "15074-8"
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


# Zones and alerts


def test_green_raises_nothing(followed: Followed, who: str) -> None:
    name = followed.send(who, "94")

    assert "green" == followed.zone(name)
    assert ([], [], []) == (followed.alerts(who), followed.flags(who), followed.tasks(who))


def test_red_raises_an_alert_a_flag_and_a_task(followed: Followed, who: str) -> None:
    name = followed.send(who, "86")

    (issue,) = followed.alerts(who)
    assert "red" == followed.zone(name)
    assert ("preliminary", "high", RED) == (issue["status"], issue["severity"], issue["detail"])
    assert "5.2.1" == issue["code"]["coding"][0]["code"]
    assert [{"reference": name}] == issue["implicated"]
    assert who == issue["patient"]["reference"]
    (flag,) = followed.client.search(f"Flag?patient={who}")
    assert ("active", RED) == (flag["status"], flag["code"]["text"])
    task = followed.task_of(issue)
    assert ("requested", "stat", RED) == (task["status"], task["priority"], task["description"])


def test_yellow_is_moderate_and_urgent(followed: Followed, who: str) -> None:
    name = followed.send(who, "90")

    (issue,) = followed.alerts(who)
    assert "yellow" == followed.zone(name) == zone_of(issue)
    assert "moderate" == issue["severity"]
    assert "urgent" == followed.task_of(issue)["priority"]


def test_further_values_of_a_rule_join_its_open_alert(followed: Followed, who: str) -> None:
    names = [followed.send(who, "90", at=at(8, n)) for n in range(3)]

    (issue,) = followed.alerts(who)
    assert names == [e["reference"] for e in issue["implicated"]]
    assert ["active"] == followed.flags(who)


def test_a_worse_value_upgrades_the_alert_in_place(followed: Followed, who: str) -> None:
    followed.send(who, "90", at=at(8))
    (before,) = followed.alerts(who)
    task = followed.task_of(before)
    followed.client.put(f"Task/{task['id']}", {**task, "status": "accepted"})
    followed.send(who, "86", at=at(9))

    (issue,) = followed.alerts(who)
    assert (before["id"], "red", "high") == (issue["id"], zone_of(issue), issue["severity"])
    task = followed.task_of(issue)
    assert ("requested", "stat") == (task["status"], task["priority"])
    assert "oppgradert" in task["note"][-1]["text"]


def test_a_milder_value_leaves_the_alert_red(followed: Followed, who: str) -> None:
    followed.send(who, "86", at=at(8))
    followed.send(who, "90", at=at(9))

    (issue,) = followed.alerts(who)
    assert ("red", RED, 2) == (zone_of(issue), issue["detail"], len(issue["evidence"]))


def test_each_rule_has_an_alert_of_its_own(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE, PULSE_RULE)
    followed.send(who, "86")
    followed.send(who, "110", PULSE, "/min")

    assert [("absolute.high", "yellow"), ("absolute.low", "red")] == followed.reasons(who)


def test_blood_pressure_is_judged_by_its_worse_part(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, PRESSURE_RULE)
    name = followed.client.create(pressure(who, "182", "95"))
    followed.work()

    (issue,) = followed.alerts(who)
    assert "red" == followed.zone(name)
    assert "Systolisk blodtrykk 182 mmHg er over rød grense (≥ 180 mmHg), EBP v2" == issue["detail"]


def test_half_a_blood_pressure_is_judged_and_told(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, PRESSURE_RULE)
    followed.client.create(pressure(who, "182", None))
    followed.work()

    assert [("bp.systolic.high", "red"), ("technical.incomplete", "yellow")] == followed.reasons(
        who
    )


def test_two_patients_do_not_mix(followed: Followed, who: str) -> None:
    other = followed.person()
    followed.plan(other, absolute("spo2", "spo2", "%", ("red", None, "80"), ("green", "80", None)))
    followed.send(who, "86")
    followed.send(other, "86")

    assert 1 == len(followed.alerts(who))
    assert [] == followed.alerts(other)


# Units, numbers and times


@pytest.mark.parametrize(("value", "zone"), [("53", "red"), ("54", "yellow"), ("71", "green")])
def test_mg_per_dl_meets_limits_in_mmol_per_l(followed: Followed, value: str, zone: str) -> None:
    who = followed.person()
    followed.plan(who, SUGAR_RULE)

    assert zone == followed.zone(followed.send(who, value, SUGAR, "mg/dL"))


@pytest.mark.parametrize(("value", "zone"), [("21.2", "green"), ("21.3", "yellow"), ("24", "red")])
def test_kpa_meets_limits_in_mmhg(followed: Followed, value: str, zone: str) -> None:
    who = followed.person()
    followed.plan(who, PRESSURE_RULE)
    name = followed.client.create(pressure(who, value, "10", "kPa"))
    followed.work()

    assert zone == followed.zone(name)


def test_the_reason_shows_a_converted_value_as_it_came(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SUGAR_RULE)
    followed.send(who, "50", SUGAR, "mg/dL")

    (issue,) = followed.alerts(who)
    assert (
        "Blodsukker 2,8 mmol/L (mottatt 50 mg/dL) er under rød grense (< 3,0 mmol/L), EBP v2"
        == issue["detail"]
    )


@pytest.mark.parametrize("unit", [None, "mmol", "percent"])
def test_a_missing_or_unknown_unit_is_never_guessed(
    followed: Followed, who: str, unit: str | None
) -> None:
    name = followed.send(who, "86", unit=unit)

    assert "invalid" == followed.zone(name)
    assert [("technical.unit", "yellow")] == followed.reasons(who)
    (issue,) = followed.alerts(who)
    assert "technical-alert" == followed.task_of(issue)["code"]["coding"][0]["code"]


def test_thirty_digits_are_judged_as_they_stand(followed: Followed, who: str) -> None:
    below = followed.send(who, "87.9999999999999999999999999999", at=at(8))
    above = followed.send(who, "88.0000000000000000000000000001", at=at(9))

    assert ("red", "yellow") == (followed.zone(below), followed.zone(above))


def test_an_impossible_value_is_a_technical_matter_and_twice_a_red(
    followed: Followed, who: str
) -> None:
    followed.send(who, "12", at=at(8))
    assert [("technical.implausible", "yellow")] == followed.reasons(who)
    followed.send(who, "11", at=at(8, 30))

    assert ("technical.implausible-repeat", "red") in followed.reasons(who)


def test_a_value_that_is_missing_is_told(followed: Followed, who: str) -> None:
    body = observation(who, dataAbsentReason={"coding": [{"code": "error"}]})
    del body["valueQuantity"]
    followed.client.create(body)
    followed.work()

    assert [("technical.data-absent", "yellow")] == followed.reasons(who)


def test_a_future_value_is_judged_as_of_receipt_and_told(followed: Followed, who: str) -> None:
    name = followed.send(who, "86", at="2026-11-21T14:00:00+01:00")

    assert "red" == followed.zone(name)
    assert [("absolute.low", "red"), ("technical.clock-skew", "yellow")] == followed.reasons(who)


def test_five_minutes_ahead_are_let_pass(followed: Followed, who: str) -> None:
    followed.send(who, "94", at="2026-11-21T13:05:00+01:00")

    assert [] == followed.reasons(who)


def test_a_value_without_a_time_is_judged_as_of_receipt_and_told(
    followed: Followed, who: str
) -> None:
    body = observation(who, value="86")
    del body["effectiveDateTime"]
    followed.client.create(body)
    followed.work()

    assert [("absolute.low", "red"), ("technical.no-time", "yellow")] == followed.reasons(who)


def flags_of(issue: Json) -> list[str]:
    parts = issue["evidence"][-1]["extension"][0]["extension"]
    return [p["valueCode"] for p in parts if p["url"] == "flag"]


def test_a_late_value_is_judged_and_flagged(followed: Followed, who: str) -> None:
    followed.send(who, "86", at="2026-11-21T06:59:00+01:00")

    (issue,) = followed.alerts(who)
    assert ["late"] == flags_of(issue)


def test_an_old_red_is_raised_and_an_old_yellow_only_kept(followed: Followed, who: str) -> None:
    yellow = followed.send(who, "90", at="2026-11-01T08:00:00+01:00")
    assert ("yellow", []) == (followed.zone(yellow), followed.alerts(who))
    followed.send(who, "86", at="2026-11-01T09:00:00+01:00")

    (issue,) = followed.alerts(who)
    assert ["late", "historical"] == flags_of(issue)


def test_an_ancient_value_stops_nobody(followed: Followed, who: str) -> None:
    name = followed.send(who, "86", at="1826-11-21T08:00:00+01:00")

    assert "none" == followed.zone(name), "no plan was in force then"
    assert [("plan.none", "yellow")] == followed.reasons(who)
    assert "red" == followed.zone(followed.send(who, "86"))


# Plans


def test_without_a_plan_the_hub_says_so_once(followed: Followed) -> None:
    who = followed.person()
    names = [followed.send(who, "86", at=at(8, n)) for n in range(2)]

    assert ["none", "none"] == [followed.zone(n) for n in names]
    assert [("plan.none", "yellow")] == followed.reasons(who)


def test_the_plan_of_the_effective_time_decides(followed: Followed) -> None:
    who, change = followed.person(), datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    strict = absolute("spo2", "spo2", "%", ("red", None, "92"), ("green", "92", None))
    followed.plan(who, strict, version=1, end=change)
    followed.plan(who, SPO2_RULE, version=2, start=change)
    before = followed.send(who, "91", at="2026-11-21T07:59:59.999+01:00")
    after = followed.send(who, "91", at="2026-11-21T08:00:00+01:00")

    assert ("red", "yellow") == (followed.zone(before), followed.zone(after))
    assert "EBP v1" in followed.alerts(who)[0]["detail"]


def test_a_plan_takes_effect_for_the_next_value(followed: Followed, who: str) -> None:
    mild = absolute("spo2", "spo2", "%", ("red", None, "70"), ("green", "70", None))
    assert "red" == followed.zone(followed.send(who, "86", at=at(8)))
    followed.plan(who, mild, version=3, start=datetime(2026, 11, 21, 7, 30, tzinfo=UTC))

    assert "green" == followed.zone(followed.send(who, "86", at=at(9)))


def test_black_measurements_raise_nothing(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE, mode="observe")

    assert "black" == followed.zone(followed.send(who, "86"))
    assert [] == followed.alerts(who)


def test_on_hold_a_red_is_raised_and_a_yellow_is_not(followed: Followed, who: str) -> None:
    episode = {
        "resourceType": "EpisodeOfCare",
        "status": "onhold",
        "patient": {"reference": who},
        "period": {"start": "2026-11-01"},
    }
    followed.client.create(episode)
    yellow = followed.send(who, "90", at=at(8))
    assert ("yellow", []) == (followed.zone(yellow), followed.alerts(who))
    followed.send(who, "86", at=at(9))

    (issue,) = followed.alerts(who)
    assert ["on-hold"] == flags_of(issue)


def test_after_the_end_only_the_coordinator_is_told(followed: Followed, who: str) -> None:
    episode = {
        "resourceType": "EpisodeOfCare",
        "status": "finished",
        "patient": {"reference": who},
        "period": {"start": "2026-01-01", "end": "2026-11-01"},
    }
    followed.client.create(episode)

    assert "none" == followed.zone(followed.send(who, "86"))
    assert [("admin.after-end", "yellow")] == followed.reasons(who)


# Corrections and duplicates


def test_amended_to_green_withdraws_the_alert(followed: Followed, who: str) -> None:
    name = followed.send(who, "86")
    followed.change(name, status="amended", valueQuantity=quantity("96"))

    (issue,) = followed.alerts(who)
    assert ("entered-in-error", ["inactive"]) == (issue["status"], followed.flags(who))
    assert "cancelled" == followed.task_of(issue)["status"]


def test_amended_from_red_to_yellow_lowers_it(followed: Followed, who: str) -> None:
    name = followed.send(who, "86")
    followed.change(name, status="corrected", valueQuantity=quantity("90"))

    (issue,) = followed.alerts(who)
    assert ("amended", "yellow", "moderate") == (issue["status"], zone_of(issue), issue["severity"])


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_retracted_value_withdraws_its_alert(followed: Followed, who: str, status: str) -> None:
    name = followed.send(who, "86")
    followed.change(name, status=status)

    assert "retracted" == followed.zone(name)
    assert ["entered-in-error"] == [i["status"] for i in followed.alerts(who)]


def test_a_deleted_value_withdraws_its_alert(followed: Followed, who: str) -> None:
    name = followed.send(who, "86")
    assert 204 == followed.client.request("DELETE", name).status_code
    followed.work()

    assert "retracted" == followed.zone(name)
    assert ["entered-in-error"] == [i["status"] for i in followed.alerts(who)]


def test_a_value_that_is_deleted_and_brought_back_is_raised_again(
    followed: Followed, who: str
) -> None:
    name = followed.send(who, "86")
    stands = followed.client.get(name).json()
    assert 204 == followed.client.request("DELETE", name).status_code
    followed.work()
    assert 201 == followed.client.put(name, stands).status_code
    followed.work()

    assert ["entered-in-error", "preliminary"] == sorted(i["status"] for i in followed.alerts(who))


def test_a_red_that_is_taken_back_after_closing_and_given_again_is_raised_again(
    followed: Followed, who: str
) -> None:
    name = followed.send(who, "86")
    (issue,) = followed.alerts(who)
    act = {"action": {"text": "Ringte"}, "author": {"display": "Nina"}}
    closed = {**issue, "status": "final", "mitigation": [act]}
    followed.client.put(f"DetectedIssue/{issue['id']}", closed)
    followed.change(name, status="entered-in-error")
    followed.change(name, status="amended")

    assert ["final", "preliminary"] == sorted(i["status"] for i in followed.alerts(who))


def test_an_alert_with_other_evidence_stands_when_one_value_goes(
    followed: Followed, who: str
) -> None:
    first, second = (followed.send(who, "86", at=at(hour)) for hour in (8, 9))
    followed.change(first, status="entered-in-error")

    (issue,) = followed.alerts(who)
    assert ("preliminary", [{"reference": second}]) == (issue["status"], issue["implicated"])


def test_the_same_value_twice_at_once_is_stored_twice_and_judged_once(
    followed: Followed, who: str
) -> None:
    call: tuple[str, str, Any, dict[str, str]] = (
        "POST",
        "Observation",
        observation(who, value="86"),
        {},
    )
    answers = followed.client.together(call, call)
    followed.work()

    names = [f"Observation/{a.json()['id']}" for a in answers]
    assert [201, 201] == [a.status_code for a in answers]
    assert ["duplicate", "red"] == sorted(followed.zone(n) for n in names)
    (issue,) = followed.alerts(who)
    assert 1 == len(issue["evidence"])


def test_the_same_identifier_with_other_content_is_a_new_version(
    followed: Followed, who: str
) -> None:
    own: Json = {"identifier": [{"system": "urn:supplier", "value": "1"}]}
    first = followed.send(who, "86", **own)
    second = followed.send(who, "96", **own)

    assert ("green", "entered-in-error") == (
        followed.zone(second),
        followed.alerts(who)[0]["status"],
    )
    assert followed.zone(first) in ("superseded", "retracted", "green")


# The access log, and what fails


def test_what_the_hub_does_by_itself_is_in_the_access_log(followed: Followed, who: str) -> None:
    followed.send(who, "86")

    events = followed.client.search(f"AuditEvent?patient={who}&_count=200")
    made = {
        (
            e["agent"][0]["who"]["identifier"]["value"],
            e["entity"][0]["what"]["reference"].partition("/")[0],
        )
        for e in events
        if e["action"] == "C"
    }
    assert {
        ("judge", "DetectedIssue"),
        ("judge", "Flag"),
        ("judge", "Task"),
        ("send", "Task"),
    } <= made


def test_one_value_that_cannot_be_judged_stops_no_other_and_is_tried_again(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = followed.person()
    followed.plan(other, SPO2_RULE)
    step: Callable[..., Any] = judge_observations.step

    def fails(state: Any, m: Measurement, now: datetime, told: datetime | None) -> Any:
        if m.value == "86.6":
            raise ZeroDivisionError
        return step(state, m, now)

    monkeypatch.setattr(judge_observations, "step", fails)
    bad = followed.client.create(observation(who, value="86.6"))
    good = followed.client.create(observation(other, value="86"))
    later = followed.client.create(observation(who, value="90", at=at(9)))
    followed.work()
    assert ("", "red", "yellow") == (followed.zone(bad), followed.zone(good), followed.zone(later))

    monkeypatch.undo()
    followed.work()
    assert "" == followed.zone(bad), "it waits its turn"
    followed.clock.at += timedelta(seconds=2)
    followed.work()
    assert "red" == followed.zone(bad)
    assert ["red"] == [zone_of(i) for i in followed.alerts(who)]


def test_a_value_that_was_put_off_does_not_wait_for_a_clock_that_was_set_back(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(judge_observations, "step", fails)
    value = followed.client.create(observation(who, value="86"))
    followed.work()
    assert "" == followed.zone(value)

    monkeypatch.undo()
    followed.clock.at -= timedelta(hours=1)
    followed.work()
    assert "red" == followed.zone(value)
    assert ["red"] == [zone_of(i) for i in followed.alerts(who)]


def test_a_new_hub_on_the_same_folder_judges_what_was_left(
    followed: Followed, who: str, make_client: Callable[..., Any]
) -> None:
    name = followed.client.create(observation(who, value="86"))
    followed.client = make_client()
    followed.work()

    assert "red" == followed.zone(name)
    assert 1 == len(followed.alerts(who))


def test_the_value_in_the_evidence_is_the_value_that_came(followed: Followed, who: str) -> None:
    followed.send(who, "86.50")

    (issue,) = followed.alerts(who)
    parts = issue["evidence"][0]["extension"][0]["extension"]
    assert ["86.50"] == [p["valueString"] for p in parts if p["url"] == "receivedValue"]
    assert [Decimal("86.5")] == [
        Decimal(str(p["valueQuantity"]["value"])) for p in parts if p["url"] == "value"
    ]

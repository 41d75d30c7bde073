"""A patient who is followed up is not deleted, and what was begun about one who is gone is ended.

Source: architecture §2, promise 1; docs/adr/0053-a-followed-patient-is-not-deleted.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from hub.flows import watch_clock
from hub.wiring import watches
from tests.builders import WEIGHT, Json, observation
from tests.functional.followed import SPO2_RULE, Followed
from tests.functional.test_alert_steps import NURSE, step, text
from tests.functional.test_clock import MORNING, SCALE, rounds, told

ENDED = datetime(2026, 11, 21, 0, tzinfo=UTC)
ACTION = {"name": "action", "valueCodeableConcept": {"text": "Ringte pasienten"}}


def delete(followed: Followed, who: str) -> list[str]:
    """A patient → why it is not deleted; empty when it was."""
    answer = followed.client.request("DELETE", who)
    if answer.status_code == 204:
        return []
    assert answer.status_code == 422, answer.text
    return [issue["diagnostics"] for issue in answer.json()["issue"]]


def gone(followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patient → deleted while followed up, as hubs before ADR 0053 let anybody."""
    with monkeypatch.context() as patch:
        patch.setattr(watches, "guard_patient", lambda *_: None)
        assert delete(followed, who) == []


def close(followed: Followed, issue: Json) -> Any:
    """A red alert → the answer to the last of the steps that end it."""
    done = step(followed, issue, "mitigate", NURSE, ACTION)
    assert done.status_code == 200, done.text
    return step(followed, done.json(), "close", NURSE, text("note", "Pasienten har det bra"))


def test_a_patient_is_deleted_once_nothing_goes_on(followed: Followed) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE)
    followed.send(who, "86")
    (issue,) = followed.alerts(who)

    assert delete(followed, who) == [
        f"The patient has alerts that are open; close them first: DetectedIssue/{issue['id']}",
        f"The patient has a self-care plan that goes on; end it first (period.end): CarePlan/{made.care_plan.id}",
    ]
    assert close(followed, issue).status_code == 200
    followed.clock.at = MORNING
    assert made.care_plan.period is not None
    period = msgspec.structs.replace(made.care_plan.period, end="2026-11-22T06:00:00Z")
    over = msgspec.structs.replace(made.care_plan, status="completed", period=period)
    assert followed.put(over).status_code == 200
    followed.work()
    assert delete(followed, who) == []
    assert followed.client.get(who).status_code == 410


def test_a_value_that_waits_keeps_its_patient(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE, end=ENDED)
    followed.client.create(observation(who, value="86", at="2026-11-20T08:00:00+01:00"))

    assert delete(followed, who) == [
        "Values of the patient wait to be judged; try again in a moment"
    ]
    assert followed.client.get(who).status_code == 200


def test_a_condition_and_a_transaction_delete_no_more_than_a_name(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    entry = {"request": {"method": "DELETE", "url": who}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}

    assert followed.client.post("", bundle).status_code == 422
    assert followed.client.request("DELETE", f"Patient?_id={who[8:]}").status_code == 422
    assert followed.client.get(who).status_code == 200


def test_a_value_that_was_accepted_is_judged_and_its_alert_closed_without_the_patient(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    value = followed.client.create(observation(who, value="86"))
    gone(followed, who, monkeypatch)
    followed.work()

    assert followed.zone(value) == "red"
    (issue,) = followed.alerts(who)
    assert close(followed, issue).json()["status"] == "final"
    assert followed.client.post("Observation", observation(who)).status_code == 422


def test_the_clock_goes_on_for_a_patient_who_is_gone(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE, SCALE, start=datetime(2026, 11, 21, 11, tzinfo=UTC))
    rounds(followed)
    gone(followed, who, monkeypatch)
    rounds(followed, MORNING.replace(hour=9))

    assert len(told(followed, who)) == 1


def test_deadlines_that_cannot_be_judged_are_told(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = followed.person()
    followed.plan(who, SCALE, start=datetime(2026, 11, 21, 11, tzinfo=UTC))
    rounds(followed)

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(watch_clock, "tell_fallen", fails)
        rounds(followed, MORNING.replace(hour=9))
        answer = followed.client.get("/health")
    assert (answer.status_code, answer.json()["trouble"]) == (
        503,
        [
            "deadlines that could not be judged, and are tried again each minute (CLOCK_FAILED in the log): 1"
        ],
    )
    rounds(followed, MORNING.replace(hour=9, minute=1))

    assert followed.client.get("/health").json()["trouble"] == []
    assert len(told(followed, who)) == 1


def test_a_value_that_waits_long_is_told(followed: Followed) -> None:
    who = followed.person()
    followed.client.create(observation(who, WEIGHT, "80.0", "kg"))
    followed.clock.at = MORNING
    assert [
        "values that wait to be judged, the first for 64800 seconds (does a worker run?): 1"
    ] == followed.client.get("/health").json()["trouble"]

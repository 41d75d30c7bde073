"""What people do to alerts, Flags and Tasks over HTTP: acts, closing, deleting, and a red that nobody can be told of.

Source: dho/thresholds.md §7.1-7.4.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.flows.close_alert import FollowPeople
from tests.builders import Json
from tests.functional.followed import (
    SPO2_RULE,
    Followed,
)


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan: SpO2 red below 88, yellow below 92."""
    name = followed.person()
    followed.plan(name, SPO2_RULE)
    return name


def at(hour: int, minute: int = 0) -> str:
    """A time of the morning of the test's day."""
    return f"2026-11-21T{hour:02}:{minute:02}:00+01:00"


def done(issue: Json, **more: Any) -> Json:
    """A DetectedIssue as a nurse closes it."""
    act = {"action": {"text": "Ringte pasienten, legevakt varslet"}, "author": {"display": "Nina"}}
    return {**issue, "status": "final", "mitigation": [*issue.get("mitigation", []), act], **more}


def put(followed: Followed, resource: Json) -> Any:
    return followed.client.put(f"{resource['resourceType']}/{resource['id']}", resource)


def test_a_red_is_not_closed_without_an_act(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)

    answer = put(followed, {**issue, "status": "final"})
    assert 422 == answer.status_code
    assert ["preliminary"] == [i["status"] for i in followed.alerts(who)]
    assert ["active"] == followed.flags(who)


def test_closing_ends_the_flag_and_the_task_and_the_next_red_is_a_new_alert(
    followed: Followed, who: str
) -> None:
    followed.send(who, "86", at=at(8))
    (issue,) = followed.alerts(who)

    assert 200 == put(followed, done(issue)).status_code
    (closed,) = followed.alerts(who)
    assert ("final", 1) == (closed["status"], len(closed["mitigation"]))
    assert (["inactive"], "completed") == (followed.flags(who), followed.task_of(closed)["status"])

    followed.send(who, "85", at=at(9))
    assert ["final", "preliminary"] == sorted(i["status"] for i in followed.alerts(who))
    assert ["active", "inactive"] == followed.flags(who)


def test_an_act_from_before_the_red_does_not_close_it(followed: Followed, who: str) -> None:
    followed.send(who, "90", at=at(8))
    (yellow,) = followed.alerts(who)
    assert 200 == put(followed, done(yellow, status="preliminary")).status_code
    followed.send(who, "86", at=at(9))
    (red,) = followed.alerts(who)

    assert 1 == len(red["mitigation"])
    assert 422 == put(followed, {**red, "status": "final"}).status_code
    assert 200 == put(followed, done(red)).status_code


def test_an_act_written_before_closing_counts(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)
    assert 200 == put(followed, done(issue, status="preliminary")).status_code
    followed.send(who, "85", at=at(9))
    (noted,) = followed.alerts(who)

    assert 1 == len(noted["mitigation"])
    assert 200 == put(followed, {**noted, "status": "final"}).status_code
    assert ["inactive"] == followed.flags(who)


def test_a_task_that_is_taken_acknowledges_its_alert(followed: Followed, who: str) -> None:
    followed.send(who, "86", at=at(8))
    (issue,) = followed.alerts(who)
    task = followed.task_of(issue)
    assert 200 == put(followed, {**task, "status": "accepted"}).status_code
    followed.send(who, "85", at=at(9))

    (issue,) = followed.alerts(who)
    basis = next(e for e in issue["extension"] if e["url"].endswith("/dho-alert-basis"))
    state = next(p["valueCode"] for p in basis["extension"] if p["url"] == "state")
    assert ("acknowledged", "accepted") == (state, followed.task_of(issue)["status"])


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_person_does_not_withdraw_an_alert(followed: Followed, who: str, status: str) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)

    assert 422 == put(followed, {**issue, "status": status}).status_code


def test_an_open_alert_is_not_deleted_and_a_closed_one_may_be(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)
    name = f"DetectedIssue/{issue['id']}"

    assert 422 == followed.client.request("DELETE", name).status_code
    put(followed, done(issue))
    assert 204 == followed.client.request("DELETE", name).status_code


def delete_what_carries_it(followed: Followed, who: str) -> list[int]:
    """A patient → what came of deleting the Flags and Tasks of the alerts."""
    carriers = [f"Flag/{each['id']}" for each in followed.client.search(f"Flag?patient={who}")]
    carriers += [f"Task/{followed.task_of(issue)['id']}" for issue in followed.alerts(who)]
    return [followed.client.request("DELETE", name).status_code for name in carriers]


def test_the_flag_and_the_task_of_an_open_alert_are_not_deleted(
    followed: Followed, who: str
) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)

    assert [422, 422] == delete_what_carries_it(followed, who)
    put(followed, done(issue))
    assert [204, 204] == delete_what_carries_it(followed, who)


def test_a_red_goes_on_although_somebody_deleted_its_flag_and_task(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed.send(who, "86", at=at(8))
    (issue,) = followed.alerts(who)
    with monkeypatch.context() as patch:  # as hubs let anybody before they kept them
        patch.setattr(FollowPeople, "left", lambda *_: None)
        assert [204, 204] == delete_what_carries_it(followed, who)
    followed.send(who, "85", at=at(9))

    assert ["active"] == followed.flags(who)
    assert "requested" == followed.task_of(issue)["status"]


def test_a_red_without_a_gp_becomes_a_task_for_a_person(followed: Followed, who: str) -> None:
    followed.send(who, "86")

    (task,) = followed.tasks(who, "no-gp")
    (issue,) = followed.alerts(who)
    assert f"DetectedIssue/{issue['id']}" == task["focus"]["reference"]
    assert "Pasienten har ingen fastlege registrert" in task["description"]

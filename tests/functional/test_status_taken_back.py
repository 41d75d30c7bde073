"""An end, a stay or a death that turns out to be wrong: what came meanwhile is judged anew, and what was kept silent is told.

Source: dho/thresholds.md §4.7, §8.3, §13 S1; docs/adr/0041-a-plan-for-the-past-judges-anew.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import Json
from tests.functional.followed import SPO2_RULE, Followed

MORNING = "2026-11-21T08:00:00+01:00"
ENDED = {"start": "2026-01-01", "end": "2026-11-01"}


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan."""
    made = followed.person(**followed.gp())
    followed.plan(made, SPO2_RULE)
    return made


def episode(who: str, status: str, period: Json) -> Json:
    """An EpisodeOfCare of a patient."""
    kind = {"resourceType": "EpisodeOfCare"}
    return {**kind, "status": status, "patient": {"reference": who}, "period": period}


def change(followed: Followed, name: str, made: Json) -> None:
    """A resource by name and what it is from now on → stored, and what follows from it done."""
    answer = followed.client.put(name, {**made, "id": name.partition("/")[2]})
    assert answer.status_code == 200, answer.text
    followed.work()


@pytest.mark.parametrize(
    ("status", "period"),
    [("active", {"start": "2026-01-01"}), ("entered-in-error", ENDED)],
    ids=["goes on", "was a mistake"],
)
def test_a_red_behind_an_end_that_was_wrong_is_raised(
    followed: Followed, who: str, status: str, period: Json
) -> None:
    name = followed.client.create(episode(who, "finished", ENDED))
    low = followed.send(who, "86", at=MORNING)
    assert followed.reasons(who) == [("admin.after-end", "yellow")]
    told = len(followed.messages())

    change(followed, name, episode(who, status, period))

    assert followed.zone(low) == "red"
    assert ("absolute.low", "red") in followed.reasons(who)
    assert len(followed.messages()) == told + 1


def test_a_red_behind_an_end_that_is_deleted_is_raised(followed: Followed, who: str) -> None:
    name = followed.client.create(episode(who, "finished", ENDED))
    low = followed.send(who, "86", at=MORNING)
    assert followed.client.request("DELETE", name).status_code in (200, 204)
    followed.work()

    assert followed.zone(low) == "red"
    assert ("absolute.low", "red") in followed.reasons(who)


def test_a_second_episode_that_goes_on_counts_for_what_came_before_it(
    followed: Followed, who: str
) -> None:
    followed.client.create(episode(who, "finished", ENDED))
    low = followed.send(who, "86", at=MORNING)
    followed.client.create(episode(who, "active", {"start": "2026-10-15"}))
    followed.work()

    assert followed.zone(low) == "red"


def test_a_yellow_of_a_stay_that_was_shorter_is_raised(followed: Followed, who: str) -> None:
    name = followed.client.create(episode(who, "onhold", {"start": "2026-11-01"}))
    followed.send(who, "90", at=MORNING)
    assert followed.reasons(who) == []

    left = {"status": "onhold", "period": {"start": "2026-11-01", "end": "2026-11-10"}}
    change(followed, name, {**episode(who, "active", {"start": "2026-11-01"}), "statusHistory": [left]})  # fmt: skip

    assert followed.reasons(who) == [("absolute.low", "yellow")]


def test_a_red_behind_a_death_that_was_a_mistake_is_raised(followed: Followed, who: str) -> None:
    alive: Any = followed.client.get(who).json()
    change(followed, who, {**alive, "deceasedDateTime": "2026-11-01"})
    low = followed.send(who, "86", at=MORNING)
    assert followed.zone(low) == "none"

    change(followed, who, alive)

    assert followed.zone(low) == "red"


def later(followed: Followed, hours: int) -> str:
    """The clock moves on → a time five minutes before what it shows then."""
    followed.clock.at += timedelta(hours=hours)
    return (followed.clock.at - timedelta(minutes=5)).isoformat()


def test_a_death_without_a_time_stays_where_it_was_first_said(followed: Followed, who: str) -> None:
    alive: Any = followed.client.get(who).json()
    change(followed, who, {**alive, "deceasedBoolean": True})
    after = later(followed, 2)
    late = later(followed, 3)
    phone = [{"system": "phone", "value": "99 00 00 00"}]
    change(followed, who, {**alive, "deceasedBoolean": True, "telecom": phone})
    later(followed, 1)

    assert "none" == followed.zone(followed.send(who, "86", at=after))
    assert "none" == followed.zone(followed.send(who, "87", at=late))
    assert [("admin.after-end", "yellow")] == followed.reasons(who)


def test_a_death_without_a_time_keeps_the_values_before_it(followed: Followed, who: str) -> None:
    before = later(followed, 1)
    alive: Any = followed.client.get(who).json()
    change(followed, who, {**alive, "deceasedBoolean": True})
    later(followed, 5)
    change(followed, who, {**alive, "deceasedBoolean": True, "gender": "unknown"})

    assert "red" == followed.zone(followed.send(who, "86", at=before))


def test_a_red_behind_a_death_that_was_said_twice_and_taken_back_is_raised(
    followed: Followed, who: str
) -> None:
    alive: Any = followed.client.get(who).json()
    change(followed, who, {**alive, "deceasedBoolean": True})
    after = later(followed, 2)
    low = followed.send(who, "86", at=after)
    later(followed, 3)
    change(followed, who, {**alive, "deceasedBoolean": True, "gender": "unknown"})
    assert "none" == followed.zone(low)

    change(followed, who, {**alive, "deceasedBoolean": False})

    assert "red" == followed.zone(low)


def test_a_death_that_was_taken_back_and_said_again_counts_from_then(
    followed: Followed, who: str
) -> None:
    alive: Any = followed.client.get(who).json()
    change(followed, who, {**alive, "deceasedBoolean": True})
    later(followed, 2)
    change(followed, who, {**alive, "deceasedBoolean": False})
    meanwhile = later(followed, 2)
    change(followed, who, {**alive, "deceasedBoolean": True})
    after = later(followed, 2)

    assert "red" == followed.zone(followed.send(who, "86", at=meanwhile))
    assert "none" == followed.zone(followed.send(who, "85", at=after))


def test_a_stay_that_is_noted_late_takes_nothing_back(followed: Followed, who: str) -> None:
    followed.send(who, "90", at=MORNING)
    before = followed.alerts(who)
    followed.client.create(episode(who, "onhold", {"start": "2026-11-01"}))
    followed.work()

    assert followed.alerts(who) == before


def test_a_patient_written_again_is_not_judged_anew(followed: Followed, who: str) -> None:
    followed.send(who, "86", at=MORNING)
    before = followed.alerts(who)
    same: Any = followed.client.get(who).json()
    change(followed, who, {**same, "gender": "unknown"})

    assert followed.alerts(who) == before

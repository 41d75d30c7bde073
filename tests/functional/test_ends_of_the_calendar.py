"""Times at the ends of the calendar: clocks that were never set, "for ever", and zones that move them out of it. Nothing may fail.

A value that cannot be judged is tried again for ever, and a book that cannot be made judges none of the patient's values.
Source: architecture §2, promise 1; dho/thresholds.md §4.2, §13 S8, S10.
"""

from __future__ import annotations

from urllib.parse import quote

import pytest

from hub.thresholds.plan import Rule
from hub.thresholds.spans import Span
from tests.builders import SPO2, observation
from tests.functional.followed import SPO2_RULE, Followed, pressure
from tests.functional.test_windows_online import GAIN

TIMES = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31",
    "9999",
)
AWAITED = Rule(
    "awaited", "missing", "spo2", times=("08:00",), early=Span(seconds=3600), grace=Span(seconds=7200)
)  # fmt: skip
WEIGHT = "29463-7"

each_time = pytest.mark.parametrize("at", TIMES)


@each_time
def test_a_value_of_any_time_is_taken_in_and_judged(followed: Followed, at: str) -> None:
    who = followed.person(**followed.gp())
    followed.plan(who, SPO2_RULE, GAIN, AWAITED)
    period = {**observation(who, SPO2, "86"), "effectivePeriod": {"start": at, "end": at}}
    del period["effectiveDateTime"]

    made = [
        followed.send(who, "86", at=at),
        followed.send(who, "84", WEIGHT, "kg", at=at),
        followed.client.create(period),
        followed.client.create(pressure(who, "190", None, at=at)),
    ]
    followed.work()

    assert "" not in [followed.zone(name) for name in made]
    assert "red" in {zone for _, zone in followed.reasons(who)} or at.startswith("0001")


@each_time
def test_whoever_has_such_a_time_is_judged_by_what_is_sent_today(
    followed: Followed, at: str
) -> None:
    dead = followed.person(deceasedDateTime=at)
    paused = followed.person()
    for status in ("onhold", "finished"):
        period = {"start": at, "end": at}
        told = {"resourceType": "EpisodeOfCare", "patient": {"reference": paused}}
        history = [{"status": "onhold", "period": period}]
        followed.client.create(
            {**told, "status": status, "period": period, "statusHistory": history}
        )
    zones: list[str] = []
    for who in (dead, paused):
        followed.plan(who, SPO2_RULE)
        zones.append(followed.zone(followed.send(who, "86")))

    assert "" not in zones


@pytest.mark.parametrize("end", ["start", "end"])
@each_time
def test_a_plan_from_or_to_such_a_time_is_judged_by(followed: Followed, at: str, end: str) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE, AWAITED)
    followed.send(who, "86")
    name = f"CarePlan/{made.care_plan.id}"
    stands = followed.client.get(name).json()
    answer = followed.client.put(name, {**stands, "period": {**stands["period"], end: at}})
    assert answer.status_code in {200, 400, 422}, answer.text
    followed.work()

    assert followed.zone(followed.send(who, "85", at="2026-11-21T09:00:00+01:00"))
    assert followed.client.get(f"{name}/$simulate").status_code == 200


def test_a_simulation_ends_within_a_year(followed: Followed) -> None:
    who = followed.person()
    made = followed.plan(who, SPO2_RULE, AWAITED)
    answers = {
        until: followed.client.get(f"CarePlan/{made.care_plan.id}/$simulate?until={until}")
        for until in ("0001-01-01", "2027-11-20", "2028-01-01", "9999-12-31")
    }

    assert [200, 200, 400, 400] == [answer.status_code for answer in answers.values()]


@each_time
def test_searches_and_reads_take_any_time(followed: Followed, at: str) -> None:
    who = followed.person()
    made = quote(at)
    places = [f"Observation?patient={who}&date={prefix}{made}" for prefix in ("", "ne", "ap", "sa")]
    places += [f"_history?_since={made}", f"{who}/_history?_at={made}"]
    places += [f"{who}/$everything?start={made}", f"{who}/$everything?_since={made}"]
    answers = [followed.client.get(place).status_code for place in places]

    assert {200} == set(answers)


@each_time
def test_a_yellow_is_put_off_until_any_time_or_refused(followed: Followed, at: str) -> None:
    who = followed.person(**followed.gp())
    followed.plan(who, SPO2_RULE)
    followed.send(who, "90")
    (issue,) = followed.alerts(who)
    name = f"DetectedIssue/{issue['id']}"
    asked = {
        "resourceType": "Parameters",
        "parameter": [{"name": "until", "valueDateTime": at}, {"name": "note", "valueString": "?"}],
    }
    tag = followed.client.get(name).headers["etag"]
    answer = followed.client.post(f"{name}/$snooze", asked, headers={"If-Match": tag})
    followed.work()

    assert 500 > answer.status_code
    assert 200 == followed.client.get("/alerts").status_code
    assert 200 == followed.client.get(f"{name}/$explain").status_code


@each_time
def test_the_pages_show_a_value_of_any_time(followed: Followed, at: str) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    followed.send(who, "86", at=at)
    page = f"/patients/{who.partition('/')[2]}"

    assert 200 == followed.client.get(page).status_code
    assert 200 == followed.client.get(f"{page}/trend?measure=spo2").status_code

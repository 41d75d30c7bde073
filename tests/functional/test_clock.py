"""What only the clock can tell: values that do not come in time, plans that nobody reviews.

Source: dho/thresholds.md §5.7, §5.8, §13 S4, S9, S10.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from hub.flows import judge_observations
from hub.flows.mark_for_judging import read_measurement
from hub.mapping.fhir_to_downtime import RECEPTION
from hub.mapping.urls import SERVICE_CODES
from hub.thresholds.engine import decide
from hub.thresholds.measurement import Patient
from hub.thresholds.plan import Escalate, PlanVersion, Rule
from hub.thresholds.spans import Span
from tests.builders import WEIGHT, Json, observation
from tests.functional.followed import SPO2_RULE, Followed, ProcessDied
from tests.functional.test_counts import count_sql

SCALE = Rule(
    "vekt",
    "missing",
    "weight",
    times=("08:00",),
    early=Span(seconds=7200),
    grace=Span(seconds=7200),
    zone="yellow",
    escalate=Escalate(3, "red"),
)
MORNING = datetime(2026, 11, 22, 6, tzinfo=UTC)
"""07:00 in Norway on the day after that of the tests' clock; the deadline is at 10:00, 09:00 UTC."""


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient whose weight is expected at eight each morning."""
    name = followed.person()
    followed.plan(name, SPO2_RULE, SCALE, start=datetime(2026, 11, 21, 11, tzinfo=UTC))
    rounds(followed)
    return name


def rounds(followed: Followed, at: datetime | None = None) -> None:
    """The clock comes to an instant, and its round is made."""
    followed.work()
    if at is not None:
        followed.clock.at = at
    followed.client.runner.run(followed.hub.work.clock())
    followed.work()


def weigh(followed: Followed, who: str, at: datetime) -> None:
    followed.clock.at = max(followed.clock.at, at + timedelta(minutes=1))
    followed.send(who, "80.0", WEIGHT, "kg", at=at.isoformat())


def told(followed: Followed, who: str) -> list[tuple[str, str, str]]:
    """A patient → (status, severity, detail) of the alerts for the weight."""
    return [
        (i["status"], i["severity"], i["detail"])
        for i in followed.alerts(who)
        if i["code"]["coding"][0]["code"] == "5.3.2"
    ]


def test_a_value_that_does_not_come_is_missed_at_its_deadline_and_not_before(
    followed: Followed, who: str
) -> None:
    rounds(followed, MORNING.replace(hour=8, minute=59))
    assert [] == told(followed, who)
    rounds(followed, MORNING.replace(hour=9))

    ((status, severity, detail),) = told(followed, who)
    assert ("preliminary", "moderate") == (status, severity)
    assert detail.startswith("Vekt: ventet 22.11.2026 kl. 08:00 er ikke kommet")
    (issue,) = followed.alerts(who)
    assert "2026-11-22T10:00:00+01:00" == issue["identifiedDateTime"]
    firing = {p["url"]: p for p in issue["evidence"][0]["extension"][0]["extension"]}
    assert 2 == firing["planVersion"]["valueInteger"]


def test_a_value_that_comes_in_time_is_not_missed(followed: Followed, who: str) -> None:
    weigh(followed, who, MORNING.replace(minute=17))
    rounds(followed, MORNING.replace(hour=9))

    assert [] == told(followed, who)


def test_a_value_that_waits_to_be_judged_has_come(followed: Followed, who: str) -> None:
    rounds(followed, MORNING.replace(minute=18))
    value = observation(who, WEIGHT, "80.0", "kg", at=MORNING.replace(minute=17).isoformat())
    followed.client.create(value)
    followed.clock.at = MORNING.replace(hour=9)
    followed.client.runner.run(followed.hub.work.clock())

    assert [] == told(followed, who)


def test_an_implausible_value_fills_nothing(followed: Followed, who: str) -> None:
    followed.clock.at = MORNING.replace(minute=18)
    followed.send(who, "8000", WEIGHT, "kg", at=MORNING.replace(minute=17).isoformat())
    rounds(followed, MORNING.replace(hour=9))

    assert 1 == len(told(followed, who))


def test_a_late_upload_resolves(followed: Followed, who: str) -> None:
    rounds(followed, MORNING.replace(hour=9))
    weigh(followed, who, MORNING.replace(minute=30))

    assert ["cancelled"] == [status for status, _, _ in told(followed, who)]
    assert ["inactive"] == followed.flags(who)


def test_a_value_that_is_taken_back_opens_its_time_again(followed: Followed, who: str) -> None:
    followed.clock.at = MORNING.replace(minute=18)
    value = followed.send(who, "80.0", WEIGHT, "kg", at=MORNING.replace(minute=17).isoformat())
    rounds(followed, MORNING.replace(hour=9))
    followed.change(value, status="entered-in-error")

    assert 1 == len(told(followed, who))


def test_three_in_a_row_are_red_and_one_alert(followed: Followed, who: str) -> None:
    for day in range(3):
        rounds(followed, MORNING.replace(hour=9) + timedelta(days=day))

    ((_, severity, detail),) = told(followed, who)
    assert "high" == severity
    assert "(3 på rad)" in detail


def test_a_restart_catches_up_exactly_once(followed: Followed, who: str) -> None:
    for _ in range(3):
        rounds(followed, MORNING.replace(hour=10) + timedelta(days=4))

    (issue,) = followed.alerts(who)
    days = [e["code"][0]["text"][:31] for e in issue["evidence"]]
    assert 5 == len(set(days)) == len(days)
    assert "high" == issue["severity"]


def test_what_was_closed_is_not_raised_again_for_the_same_time(
    followed: Followed, who: str
) -> None:
    rounds(followed, MORNING.replace(hour=9))
    (issue,) = followed.alerts(who)
    followed.client.put(f"DetectedIssue/{issue['id']}", {**issue, "status": "final"})
    stands = followed.client.search(f"CarePlan?patient={who}")[0]
    followed.client.put(f"CarePlan/{stands['id']}", {**stands, "description": "rørt"})
    rounds(followed, MORNING.replace(hour=11))

    assert ["final"] == [status for status, _, _ in told(followed, who)]


def outage(start: datetime, end: datetime | None, code: str = RECEPTION) -> Json:
    during = {"start": start.isoformat(), **({"end": end.isoformat()} if end else {})}
    return {
        "resourceType": "HealthcareService",
        "type": [{"coding": [{"system": SERVICE_CODES, "code": code}]}],
        "notAvailable": [{"description": "Vedlikehold", "during": during}],
    }


@pytest.mark.parametrize(
    ("code", "alerts"), [(RECEPTION, 0), ("surgery", 1)], ids=["ours", "another service"]
)
def test_announced_downtime_blames_nobody(
    followed: Followed, who: str, code: str, alerts: int
) -> None:
    followed.client.create(outage(MORNING, MORNING + timedelta(hours=2), code))
    rounds(followed, MORNING.replace(hour=9))

    assert alerts == len(told(followed, who))


@pytest.mark.parametrize("hours", [None, 0, 24 * 32])
def test_downtime_is_announced_exactly(followed: Followed, hours: int | None) -> None:
    end = None if hours is None else MORNING + timedelta(hours=hours)

    assert 422 == followed.client.post("HealthcareService", outage(MORNING, end)).status_code


def test_who_is_on_hold_is_not_missed(followed: Followed, who: str) -> None:
    followed.client.create(
        {
            "resourceType": "EpisodeOfCare",
            "status": "onhold",
            "patient": {"reference": who},
            "managingOrganization": {"display": "x"},
            "period": {"start": "2026-11-21T00:00:00+01:00"},
        }
    )
    rounds(followed, MORNING.replace(hour=9))

    assert [] == told(followed, who)


def test_a_plan_that_nobody_reviews_is_told_of_once(followed: Followed) -> None:
    who = followed.person()
    stale = Rule("gjennomgang", "stale_plan", zone="yellow")
    followed.plan(who, SPO2_RULE, stale, last_review=date(2026, 8, 22))
    rounds(followed, MORNING - timedelta(days=1))
    assert [] == followed.alerts(who)
    for hours in (0, 1, 48):
        rounds(followed, MORNING + timedelta(hours=hours))

    (issue,) = followed.alerts(who)
    assert "Egenbehandlingsplanen skulle vært gjennomgått" in issue["detail"]
    assert 1 == len(issue["evidence"])


def test_a_plan_that_is_overdue_when_it_comes_is_told_of(followed: Followed) -> None:
    who = followed.person()
    stale = Rule("gjennomgang", "stale_plan", zone="yellow")
    followed.plan(who, SPO2_RULE, stale, last_review=date(2026, 1, 1))
    rounds(followed)

    assert 1 == len(followed.alerts(who))


def test_times_before_the_plan_was_known_are_not_asked_for(followed: Followed) -> None:
    """The plan is in force since spring and came today at noon: nobody could know this morning."""
    who = followed.person()
    followed.plan(who, SCALE)
    rounds(followed)

    assert [] == told(followed, who)


def test_one_who_cannot_be_judged_stops_no_other(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = followed.person()
    followed.plan(other, SCALE)
    rounds(followed)
    books = followed.hub.work.clock.judge.books
    real = books.book

    def book(session: Any, permit: Any, patient_id: str, now: datetime) -> Any:
        if f"Patient/{patient_id}" == who and followed.clock.at < MORNING.replace(hour=10):
            raise RuntimeError
        return real(session, permit, patient_id, now)

    monkeypatch.setattr(books, "book", book)
    rounds(followed, MORNING.replace(hour=9))
    assert ([], 1) == (told(followed, who), len(told(followed, other)))
    rounds(followed, MORNING.replace(hour=10))
    assert 1 == len(told(followed, who))


def test_a_missed_time_explains_itself(followed: Followed, who: str) -> None:
    rounds(followed, MORNING.replace(hour=9))
    (issue,) = followed.alerts(who)

    answer = followed.client.get(f"DetectedIssue/{issue['id']}/$explain").json()
    one = {p["name"]: p for p in answer["parameter"]}
    assert one["same"]["valueBoolean"], one["text"]["valueString"]


# A clock that stood still past a deadline: the hub was stopped, or had too much to do

STRICT = structs.replace(SCALE, id="streng", zone="red", escalate=None)


def by_the_book(followed: Followed, who: str, *rules: Rule) -> list[tuple[str, str, str]]:
    """A patient → (rule, zone, state) of the alerts that the engine has of the whole story at once."""
    marks, _ = followed.judged(who)
    start = datetime(2026, 11, 21, 11, tzinfo=UTC)
    plan = PlanVersion("ebp", 2, start, rules, approved_by="Rolig Testlege", approved_at=start)
    inputs = [read_measurement(m.input) for m in marks]
    told = decide(Patient(who.partition("/")[2]), [plan], [], None, (), inputs, (), followed.clock.at)  # fmt: skip
    return sorted((a.rule, a.zone, a.state) for a in told.alerts)


@pytest.mark.parametrize(
    ("rule", "mornings", "expected"),
    [
        (SCALE, 1, [("vekt", "yellow", "auto-resolved")]),
        (STRICT, 1, [("streng", "red", "open")]),
        (SCALE, 3, [("vekt", "red", "open")]),
    ],
    ids=["yellow", "red", "three in a row"],
)
def test_what_was_missed_while_the_clock_stood_still_is_raised_though_it_has_come_since(
    followed: Followed, rule: Rule, mornings: int, expected: list[tuple[str, str, str]]
) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE, rule, start=datetime(2026, 11, 21, 11, tzinfo=UTC))
    rounds(followed)
    measured = [MORNING + timedelta(days=n, minutes=30) for n in range(mornings)]
    followed.clock.at = measured[-1] + timedelta(hours=5)
    for at in measured:  # uploaded when all is over, before the clock looks
        followed.send(who, "80.0", WEIGHT, "kg", at=at.isoformat())
    rounds(followed)

    _, alerts = followed.judged(who)
    assert expected == sorted((a.rule, a.zone, a.state) for a in alerts)
    assert expected == by_the_book(followed, who, SPO2_RULE, rule)
    opened = [s for s, _, _ in told(followed, who)]
    assert opened == (["preliminary"] if expected[0][2] == "open" else ["cancelled"])


def test_what_came_in_time_and_was_judged_late_is_not_missed(followed: Followed, who: str) -> None:
    rounds(followed, MORNING.replace(minute=20))
    value = observation(who, WEIGHT, "80.0", "kg", at=MORNING.replace(minute=17).isoformat())
    followed.client.create(value)
    rounds(followed, MORNING.replace(hour=12))

    assert [] == told(followed, who)


def test_a_value_that_waits_and_came_late_is_told_missed_by_the_round_and_resolves(
    followed: Followed, who: str
) -> None:
    """The clock looks first, the value is judged behind it: the other way round is above."""
    rounds(followed)
    followed.clock.at = MORNING.replace(hour=10)
    value = observation(who, WEIGHT, "80.0", "kg", at=MORNING.replace(minute=17).isoformat())
    followed.client.create(value)
    followed.client.runner.run(followed.hub.work.clock())
    assert ["preliminary"] == [status for status, _, _ in told(followed, who)]
    rounds(followed)

    assert ["cancelled"] == [status for status, _, _ in told(followed, who)]


def test_a_miss_is_told_once_though_the_process_dies_behind_it(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fell due is told in the transaction of the value that came after it: both stand, or neither."""
    who = followed.person()
    followed.plan(who, SPO2_RULE, STRICT, start=datetime(2026, 11, 21, 11, tzinfo=UTC))
    rounds(followed)
    followed.clock.at = MORNING.replace(hour=10)
    value = observation(who, WEIGHT, "80.0", "kg", at=MORNING.replace(minute=17).isoformat())
    followed.client.create(value)
    deaths: list[None] = []

    def dies(*_: Any) -> Any:
        deaths.append(None)
        raise ProcessDied

    with monkeypatch.context() as patch:
        patch.setattr(judge_observations, "find_neighbours", dies)
        with pytest.raises(ProcessDied):
            followed.work()
    assert ([None], []) == (deaths, told(followed, who))
    rounds(followed)
    rounds(followed)

    (issue,) = followed.alerts(who)
    assert ("preliminary", "high", 1) == (
        issue["status"],
        issue["severity"],
        len(issue["evidence"]),
    )


@pytest.mark.parametrize("looks_first", [True, False], ids=["clock first", "value first"])
def test_an_outage_that_was_announced_blames_nobody_however_late_the_clock_looks(
    followed: Followed, who: str, *, looks_first: bool
) -> None:
    followed.client.create(outage(MORNING, MORNING + timedelta(hours=2)))
    followed.work()
    followed.clock.at = MORNING.replace(hour=10)
    value = observation(who, WEIGHT, "80.0", "kg", at=MORNING.replace(minute=17).isoformat())
    followed.client.create(value)
    if looks_first:
        followed.client.runner.run(followed.hub.work.clock())
    rounds(followed)

    assert [] == told(followed, who)


def test_a_hub_that_was_stopped_for_days_tells_each_day_as_the_engine_does(
    followed: Followed,
) -> None:
    """Longer than it had planned ahead; the first value after it is judged before the clock looks."""
    who = followed.person()
    start = datetime(2026, 11, 21, 11, tzinfo=UTC)
    followed.plan(who, SPO2_RULE, STRICT, SCALE, start=start)
    rounds(followed)
    followed.clock.at = MORNING + timedelta(days=4, minutes=20)
    for day in (1, 2, 4):
        at = MORNING + timedelta(days=day, minutes=10)
        followed.send(who, "80.0", WEIGHT, "kg", at=at.isoformat())
    rounds(followed)

    _, alerts = followed.judged(who)
    expected = by_the_book(followed, who, SPO2_RULE, STRICT, SCALE)
    assert expected == sorted((a.rule, a.zone, a.state) for a in alerts)
    assert [("streng", "red", "open"), ("vekt", "red", "open")] == expected


def test_what_is_judged_days_late_is_missed_only_where_nothing_had_come(followed: Followed) -> None:
    """The worker stood still, not the reception: each value came in time, and the first was taken back by the second's time."""
    who = followed.person()
    start = datetime(2026, 11, 21, 11, tzinfo=UTC)
    followed.plan(who, SPO2_RULE, SCALE, start=start)
    rounds(followed)
    for day in range(4):
        at = MORNING + timedelta(days=day, minutes=10)
        followed.clock.at = at + timedelta(minutes=1)
        made = followed.client.create(observation(who, WEIGHT, "80.0", "kg", at=at.isoformat()))
        if day == 0:
            followed.clock.at = at + timedelta(hours=5)
            body = followed.client.get(made).json()
            followed.client.put(made, {**body, "status": "entered-in-error"})
    rounds(followed)

    _, alerts = followed.judged(who)
    assert [("vekt", "yellow", "open")] == by_the_book(followed, who, SPO2_RULE, SCALE)
    assert [("vekt", "yellow", "open")] == [(a.rule, a.zone, a.state) for a in alerts]


@pytest.mark.embedded
def test_only_a_value_of_who_is_waited_for_asks_what_fell_due(followed: Followed, who: str) -> None:
    other = followed.person()
    followed.plan(other, SPO2_RULE)
    rounds(followed)

    def asked(person: str, value: str) -> int:
        followed.clock.at += timedelta(minutes=2)
        at = followed.clock.at.isoformat()
        found = count_sql(followed.client, lambda: followed.send(person, value, at=at))
        return sum("clock_" in statement for statement in found)

    asked(who, "95")
    assert (0, 0) == (asked(other, "95"), asked(other, "85"))
    assert (0, 2) == (asked(who, "95"), asked(who, "85"))

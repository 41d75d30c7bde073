from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hub.fhir.models.r4.datatypes import Meta, Period, Reference
from hub.fhir.models.r4.episode_of_care import EpisodeOfCare, EpisodeOfCareStatusHistory
from hub.fhir.models.r4.patient import Patient
from hub.mapping.fhir_to_patient_status import fhir_to_patient_status, livelier_from
from hub.thresholds.book import compile_book, compile_limits

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def episode(status: Any, start: str | None, end: str | None = None, *history: Any) -> EpisodeOfCare:
    return EpisodeOfCare(
        status=status,
        patient=Reference(reference="Patient/p1"),
        period=Period(start=start, end=end),
        statusHistory=tuple(
            EpisodeOfCareStatusHistory(status=was, period=Period(start=a, end=b))
            for was, a, b in history
        ),
    )


def status_at(text: str, *episodes: EpisodeOfCare, **patient: Any) -> str:
    found = fhir_to_patient_status(Patient(id="p1", **patient), episodes, now=NOW)
    return compile_book(found, [], compile_limits([])).status_at(datetime.fromisoformat(text))


def test_a_patient_without_any_episode_is_active() -> None:
    assert status_at("2026-03-01T08:00:00+01:00") == "active"


def test_history_and_present_status_follow_each_other() -> None:
    stay = episode(
        "active",
        "2026-01-01",
        None,
        ("active", "2026-01-01", "2026-02-09"),
        ("onhold", "2026-02-10T10:00:00+01:00", "2026-02-20T10:00:00+01:00"),
    )

    assert status_at("2025-12-01T08:00:00+01:00", stay) == "active"
    assert status_at("2026-02-09T23:30:00+01:00", stay) == "active"
    assert status_at("2026-02-15T08:00:00+01:00", stay) == "on-hold"
    assert status_at("2026-02-20T10:00:00+01:00", stay) == "active"


def test_a_paused_episode_is_paused_from_where_its_history_stops() -> None:
    paused = episode("onhold", "2026-01-01", None, ("active", "2026-01-01", "2026-03-01T09:00:00Z"))

    assert status_at("2026-03-01T08:59:59Z", paused) == "active"
    assert status_at("2026-03-01T09:00:00Z", paused) == "on-hold"


def test_a_finished_episode_ends_the_follow_up_after_its_last_day() -> None:
    finished = episode("finished", "2026-01-01", "2026-03-31")

    assert status_at("2026-03-31T23:59:00+02:00", finished) == "active"
    assert status_at("2026-04-01T00:00:00+02:00", finished) == "ended"


def test_of_two_episodes_the_livelier_counts() -> None:
    assert (
        status_at(
            "2026-05-01T08:00:00Z",
            episode("finished", "2026-01-01", "2026-02-01"),
            episode("active", "2026-04-01"),
        )
        == "active"
    )


def test_a_planned_episode_and_a_mistake_do_not_silence_anything() -> None:
    assert status_at("2026-05-01T08:00:00Z", episode("planned", "2026-09-01")) == "active"
    assert (
        status_at("2026-05-01T08:00:00Z", episode("entered-in-error", "2026-01-01", "2026-02-01"))
        == "active"
    )


def test_death_with_a_time_a_day_or_the_bare_fact() -> None:
    active = episode("active", "2026-01-01")

    assert (
        status_at("2026-03-02T11:59:00Z", active, deceasedDateTime="2026-03-02T12:00:00Z")
        == "active"
    )
    assert (
        status_at("2026-03-02T12:00:00Z", active, deceasedDateTime="2026-03-02T12:00:00Z")
        == "deceased"
    )
    assert status_at("2026-03-02T22:00:00+01:00", active, deceasedDateTime="2026-03-02") == "active"
    assert (
        status_at("2026-03-03T00:00:00+01:00", active, deceasedDateTime="2026-03-02") == "deceased"
    )


def test_a_death_without_a_time_is_dated_by_when_it_was_learnt_not_by_the_version_that_says_it() -> (
    None
):
    said = Patient(id="p1", deceasedBoolean=True, meta=Meta(lastUpdated="2026-03-09T10:00:00Z"))
    learnt = datetime(2026, 3, 5, 10, tzinfo=UTC)

    dated = fhir_to_patient_status(said, [], now=NOW, learnt=learnt)
    undated = fhir_to_patient_status(said, [], now=NOW)

    assert [("active", learnt), ("deceased", None)] == [(p.status, p.end) for p in dated.periods]
    assert NOW == undated.periods[-1].start


def livelier(before: list[EpisodeOfCare], after: list[EpisodeOfCare]) -> datetime | None:
    one, other = (
        fhir_to_patient_status(Patient(id="p1"), each, now=NOW) for each in (before, after)
    )
    return livelier_from(one, other)


def test_what_was_suppressed_too_long_counts_from_where_it_should_have_ended() -> None:
    ended, goes_on = (
        episode("finished", "2026-01-01", "2026-02-01"),
        episode("active", "2026-01-01"),
    )
    later = episode("finished", "2026-01-01", "2026-03-01")
    since = fhir_to_patient_status(Patient(id="p1"), [ended], now=NOW).periods[-1].start

    assert livelier([ended], [goes_on]) == since
    assert livelier([ended], [later]) == since
    assert livelier([ended], [ended, goes_on]) == since
    assert livelier([ended], []) == since


def test_what_can_only_suppress_is_not_livelier() -> None:
    stay, goes_on = episode("onhold", "2026-01-01"), episode("active", "2026-01-01")

    assert livelier([goes_on], [stay]) is None
    assert livelier([], [episode("finished", "2026-01-01", "2026-02-01")]) is None
    assert livelier([stay, goes_on], [goes_on]) is None
    assert livelier([stay], [stay]) is None

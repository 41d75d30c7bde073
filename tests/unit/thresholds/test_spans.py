"""Days before are days of the calendar, by whichever way they are reckoned (thresholds.md §5.3, §10.1-10.3)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.thresholds.spans import Span, at_local, before

ZONES = ("Europe/Oslo", "UTC", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia")
EDGES = ((3, 29), (10, 25), (4, 5), (4, 12), (11, 1), (2, 15), (3, 22))
days_and_nights = st.integers(-70 * 366 * 24 * 60, 64 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
near_an_edge = st.builds(
    lambda day, minutes: datetime(2026, *day, tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(EDGES),
    st.integers(-3000, 3000),
)
instants = days_and_nights | near_an_edge


@given(instants, st.integers(0, 400), st.integers(0, 90_000), st.sampled_from(ZONES))
def test_days_before_keep_the_time_of_the_wall_clock(
    at: datetime, days: int, seconds: int, name: str
) -> None:
    zone = ZoneInfo(name)
    local = at.astimezone(zone)
    day = local.date() - timedelta(days=days)
    clock = local.time().replace(fold=0)
    kept = at_local(day, clock, zone) if days else at
    there = (at - timedelta(days=days)).astimezone(zone)
    if there.utcoffset() == local.utcoffset() and not there.fold:
        kept = at - timedelta(days=days)
    assert before(at, Span(days=days, seconds=seconds), zone) == kept - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("at", "days", "expected"),
    [
        ("2026-03-29T06:00:00+00:00", 1, "2026-03-28T07:00:00+00:00"),
        ("2026-10-25T07:00:00+00:00", 1, "2026-10-24T06:00:00+00:00"),
        ("2026-10-25T00:30:00+00:00", 1, "2026-10-24T00:30:00+00:00"),
        ("2026-10-26T00:30:00+00:00", 1, "2026-10-24T23:30:00+00:00"),
        ("2026-07-10T12:00:00+00:00", 7, "2026-07-03T12:00:00+00:00"),
    ],
)
def test_a_day_in_which_the_clock_is_set_is_not_24_hours_long(
    at: str, days: int, expected: str
) -> None:
    found = before(datetime.fromisoformat(at), Span(days=days), ZoneInfo("Europe/Oslo"))
    assert found.isoformat() == expected


def test_before_the_calendar_begins_is_its_first_instant() -> None:
    early = datetime(1, 1, 2, tzinfo=UTC)
    assert before(early, Span(days=30), ZoneInfo("Europe/Oslo")) == datetime.min.replace(tzinfo=UTC)

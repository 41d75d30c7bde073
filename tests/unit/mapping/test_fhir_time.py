from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mapping.fhir_time import to_day, to_end, to_fhir_time, to_instant, to_start

OSLO = ZoneInfo("Europe/Oslo")


def utc(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T08:00:00+01:00", "2026-03-02T07:00:00Z"),
        ("2026-03-02T08:00:00", "2026-03-02T07:00:00Z"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),  # in the gap: the offset before it
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # in the overlap: the first time
        ("2026-03-02", None),
        ("2026-13-02T08:00:00Z", None),
        (None, None),
    ],
)
def test_a_time_without_offset_is_local(text: str | None, expected: str | None) -> None:
    at = to_instant(text, OSLO)

    assert (None if at is None else at.astimezone(UTC)) == utc(expected)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-03-02", "2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z"),
        ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-12", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z"),
        ("2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
        ("9999-12-31", "9999-12-30T23:00:00Z", None),
        ("nonsense", None, None),
        (None, None, None),
    ],
)
def test_a_period_given_in_days_holds_all_of_its_last_day(
    text: str | None, start: str | None, end: str | None
) -> None:
    for found, expected in ((to_start(text, OSLO), start), (to_end(text, OSLO), end)):
        assert (None if found is None else found.astimezone(UTC)) == utc(expected)


def test_a_month_is_no_day() -> None:
    assert to_day("2026-03-02") == date(2026, 3, 2)
    assert to_day("2026-03") is None
    assert to_day("2026-02-30") is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2999, 1, 1)))  # noqa: DTZ001 made aware below
def test_an_instant_comes_back_as_it_was(at: datetime) -> None:
    aware = at.replace(tzinfo=UTC)

    assert to_instant(to_fhir_time(aware, OSLO), OSLO) == aware
    assert to_instant(to_fhir_time(aware), UTC) == aware

"""A date as written in a search: its prefix and the time it covers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.search.dates import from_micros, micros, parse_date
from hub.fhir.search.index import date_range
from hub.problems import HubError
from tests.conftest import NOON

DAY = 86_400_000_000


def span(text: str) -> tuple[datetime, int]:
    """A date → when it begins and how many seconds it covers."""
    value = parse_date(text, "date", NOON)
    return from_micros(value.start), (value.end - value.start) // 1_000_000


@pytest.mark.parametrize(
    ("text", "start", "seconds"),
    [
        ("2026-11-21T12:00:00Z", "2026-11-21T12:00:00+00:00", 1),
        ("2026-11-21T12:00:00+01:00", "2026-11-21T11:00:00+00:00", 1),
        ("2026-11-21T12:00:00 01:00", "2026-11-21T11:00:00+00:00", 1),
        ("2026-11-21T12:00Z", "2026-11-21T12:00:00+00:00", 60),
        ("2026-11-21T12:00", "2026-11-21T11:00:00+00:00", 60),
        ("2026-07-21T12:00", "2026-07-21T10:00:00+00:00", 60),
        ("2026-11-21", "2026-11-20T23:00:00+00:00", 86_400),
        ("2026-07-21", "2026-07-20T22:00:00+00:00", 86_400),
        ("2026-03-29", "2026-03-28T23:00:00+00:00", 23 * 3600),
        ("2026-10-25", "2026-10-24T22:00:00+00:00", 25 * 3600),
        ("2026-02", "2026-01-31T23:00:00+00:00", 28 * 86_400),
        ("2028-02", "2028-01-31T23:00:00+00:00", 29 * 86_400),
        ("2026-12", "2026-11-30T23:00:00+00:00", 31 * 86_400),
        ("2026", "2025-12-31T23:00:00+00:00", 365 * 86_400),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00", 1),
    ],
)
def test_a_date_covers_as_much_as_its_precision_says(text: str, start: str, seconds: int) -> None:
    assert span(text) == (datetime.fromisoformat(start), seconds)


@pytest.mark.parametrize(
    ("fraction", "width"), [(".1", 100_000), (".123", 1000), (".123456", 1), (".123456789", 1)]
)
def test_a_fraction_covers_its_last_digit(fraction: str, width: int) -> None:
    value = parse_date(f"2026-11-21T12:00:00{fraction}Z", "date", NOON)
    assert value.end - value.start == width


@pytest.mark.parametrize("prefix", ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"])
def test_a_prefix_leaves_the_range_alone(prefix: str) -> None:
    plain, prefixed = (
        parse_date("2026-11", "date", NOON),
        parse_date(f"{prefix}2026-11", "date", NOON),
    )
    assert (prefixed.prefix, prefixed.start, prefixed.end) == (prefix, plain.start, plain.end)


def test_about_widens_by_a_tenth_of_the_distance_to_now() -> None:
    day = parse_date("2026-11-01", "date", NOON)
    about = parse_date("ap2026-11-01", "date", NOON)
    slack = (micros(NOON) - day.start) // 10
    assert (day.start - about.start, about.end - day.end) == (slack, slack)


@pytest.mark.parametrize(
    "text",
    ["", "eq", "26", "2026-1", "2026-13", "2026-00", "2026-02-30", "2026-11-21T", "2026-11-21T12", "2026-11-21T24:00", "2026-11-21T12:60", "2026-11-21T12:00:61", "2026-11-21T12:00+25:00", "0000", "x", "2026-11-21 12:00", "2026-11-21Z", "２０２６", "GE2026", "2026,"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(HubError, match="BAD_PARAMETER date"):
        parse_date(text, "date", NOON)


@given(
    st.integers(micros(datetime(1, 1, 3, tzinfo=UTC)), micros(datetime(9999, 12, 30, tzinfo=UTC)))
)
def test_microseconds_lead_there_and_back(at: int) -> None:
    assert micros(from_micros(at)) == at


@given(
    st.dates(),
    st.sampled_from([4, 7, 10]),
)
def test_a_search_and_a_resource_read_the_same_date_alike(day: object, length: int) -> None:
    text = str(day)[:length]
    value = parse_date(text, "date", NOON)
    assert (value.start, value.end) == date_range(text)


@given(
    st.integers(micros(datetime(11, 1, 1, tzinfo=UTC)), micros(datetime(9990, 1, 1, tzinfo=UTC)))
)
def test_an_instant_covers_the_same_in_a_search_and_in_a_resource(at: int) -> None:
    text = from_micros(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    value = parse_date(text, "date", NOON)
    assert (value.start, value.end) == date_range(text)

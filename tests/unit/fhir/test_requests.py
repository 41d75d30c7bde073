"""Times as HTTP and FHIR write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.requests import Stored, fhir_instant, http_date

OSLO_SUMMER = timezone(timedelta(hours=2))
INSTANTS = st.integers(-2_208_988_800_000_000, 32_472_144_000_000_000).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


@given(INSTANTS)
def test_http_dates_are_those_of_the_standard_library(at: datetime) -> None:
    assert http_date(at) == format_datetime(at, usegmt=True)


@given(INSTANTS)
def test_instants_are_utc_with_milliseconds_and_read_back(at: datetime) -> None:
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)
    text = fhir_instant(at)
    assert text.endswith("Z")
    assert len(text) == len("2026-11-21T12:00:00.000Z")
    assert datetime.fromisoformat(text) == whole


def test_other_zones_are_turned_into_utc() -> None:
    at = datetime(2026, 7, 1, 1, 30, tzinfo=OSLO_SUMMER)
    assert fhir_instant(at) == "2026-06-30T23:30:00.000Z"
    assert http_date(at) == "Tue, 30 Jun 2026 23:30:00 GMT"


def test_an_etag_is_weak_and_holds_the_version() -> None:
    assert Stored("Patient", "p", 12, datetime(2026, 1, 1, tzinfo=UTC), b"").etag == 'W/"12"'

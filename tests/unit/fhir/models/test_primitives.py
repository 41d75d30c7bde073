"""The patterns of FHIR's primitive types."""

from __future__ import annotations

import calendar
import re

from hub.fhir.models.primitives import PATTERNS


def test_the_29th_of_february_is_a_date_in_leap_years_alone() -> None:
    pattern = re.compile(PATTERNS["date"])
    wrong = [
        year
        for year in range(1, 9999)
        if bool(pattern.match(f"{year:04d}-02-29")) != calendar.isleap(year)
    ]

    assert wrong == []

"""Timers as an operator writes them, and the next check round."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.thresholds.timer_text import PROPOSED, parse_timers
from hub.thresholds.timers import Timer, next_round

OSLO = ZoneInfo("Europe/Oslo")
ROUNDS = (time(8), time(20))


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_the_proposal_is_that_of_the_standard() -> None:
    routing, faults = parse_timers(PROPOSED)

    assert faults == ()
    assert routing.timers == {
        "red": Timer(minutes(15), minutes(30), minutes(60)),
        "yellow": Timer(escalate=minutes(720), rounds=ROUNDS),
    }


def test_no_text_is_no_timers() -> None:
    assert ({}, ()) == (parse_timers("")[0].timers, parse_timers("")[1])


@pytest.mark.parametrize(
    "text",
    [
        "green=escalate 5",
        "red=escalate 0",
        "red=escalate 5;red=escalate 6",
        "red=remind 5",
        "red=escalate 5,escalate 6",
        "yellow=rounds 24:00",
        "yellow=rounds",
        "yellow",
        "red=escalate soon",
    ],
)
def test_what_cannot_be_meant_is_told(text: str) -> None:
    assert parse_timers(text)[1]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (datetime(2026, 11, 21, 6, 59, tzinfo=UTC), datetime(2026, 11, 21, 7, tzinfo=UTC)),
        (datetime(2026, 11, 21, 7, tzinfo=UTC), datetime(2026, 11, 21, 19, tzinfo=UTC)),
        (datetime(2026, 11, 21, 20, tzinfo=UTC), datetime(2026, 11, 22, 7, tzinfo=UTC)),
        (datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)),
    ],
)
def test_the_next_round_is_by_the_clock_on_the_wall(after: datetime, expected: datetime) -> None:
    assert next_round(ROUNDS, after, OSLO) == expected

"""A piece of work is followed by a rest while requests come, and by none while none do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub.workers.giving_way import MOST_S, REST, GivingWay


def rests(asked: list[int], took_s: float = 0.01) -> list[float]:
    """How many requests had come at the end of each piece → the rests."""
    counts: Iterator[int] = iter(asked)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    way = GivingWay(lambda: next(counts), sleep)

    async def work() -> None:
        for _ in asked:
            await way.rest(took_s)

    asyncio.run(work())
    return slept


def test_an_idle_hub_works_without_rest() -> None:
    assert [] == rests([0, 0, 0])
    assert [] == rests([0])


def test_while_requests_come_work_takes_a_small_part_of_the_time() -> None:
    assert [pytest.approx(0.01 * REST)] * 3 == rests([1, 2, 5])


def test_work_goes_on_at_full_speed_when_the_requests_end() -> None:
    assert 1 == len(rests([4, 4, 4]))


def test_a_rest_ends_however_long_the_work_took() -> None:
    assert [MOST_S] == rests([1], took_s=60)


def test_where_nobody_can_ask_nobody_is_given_way_to() -> None:
    asyncio.run(GivingWay().rest(60))

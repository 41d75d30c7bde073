"""The clock is set and the process stands still: both are told, neither puts off what was due."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.ports import DueSlot, DueTime, Job, Unit
from hub.store.migrate import migrate
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store
from hub.workers.clock_steps import TOLD_FOR_S, BringBack, ClockSteps

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Times:
    """Two clocks that the test moves."""

    def __init__(self) -> None:
        self.wall, self.ticks = NOON, 1000.0

    def pass_by(self, seconds: float, step_s: float = 0.0) -> None:
        """Seconds pass, and the clock is set by so many besides."""
        self.wall += timedelta(seconds=seconds + step_s)
        self.ticks += seconds


def looked(*passed: tuple[float, float]) -> list[str]:
    """(seconds, step) between looks → what is told at the end."""
    times = Times()
    steps = ClockSteps(lambda: times.wall, lambda: times.ticks, 5.0)
    asyncio.run(steps())
    for seconds, step in passed:
        times.pass_by(seconds, step)
        asyncio.run(steps())
    return steps.trouble()


def test_time_that_goes_its_way_tells_nothing() -> None:
    assert looked((5.0, 0.0), (5.4, 0.01), (9.0, -0.5)) == []


@pytest.mark.parametrize(
    ("step", "way"), [(-3600.0, "set back by 3600 seconds"), (7200.0, "by 7200 seconds")]
)
def test_a_clock_that_is_set_is_told(step: float, way: str) -> None:
    (told,) = looked((5.0, step), (5.0, 0.0))
    assert way in told
    assert "NTP" in told


def test_a_process_that_stood_still_says_for_how_long() -> None:
    (told,) = looked((125.0, 0.0), (5.0, 0.0))
    assert "stood still for 120 seconds" in told


def test_what_is_over_is_told_for_a_while() -> None:
    assert looked((5.0, -60.0), *((5.0, 0.0) for _ in range(int(TOLD_FOR_S / 5)))) == []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store on an empty database."""
    migrate(tmp_path / "hub.db")
    made = Store(SqliteEngine(tmp_path / "hub.db"))
    yield made
    made.engine.close()


def test_what_was_due_when_the_clock_was_set_back_is_done_now_and_nothing_else(
    store: Store,
) -> None:
    before, now = NOON, NOON - HOUR

    async def play() -> tuple[list[str], list[str], list[str]]:
        await store.write(lambda unit: unit.outbox.add(Job(1, "q", "red"), before))
        await store.write(lambda unit: unit.outbox.add(Job(1, "q", "later"), before, before + HOUR))
        await store.write(
            lambda unit: unit.outbox.add(Job(1, "q", "old"), now - HOUR, now + 2 * HOUR)
        )

        async def due(at: datetime) -> list[str]:
            return [job.subject for job in await store.read(lambda unit: unit.outbox.due(at, 9))]

        stuck = await due(now)
        await BringBack(store.narrow("judge"), lambda: now)()
        return stuck, await due(now), await due(now + HOUR)

    assert asyncio.run(play()) == ([], ["red"], ["red", "later"])


def test_a_job_that_had_failed_before_a_clock_was_set_back_by_a_day_is_done_now(
    store: Store,
) -> None:
    now, ahead = NOON, timedelta(days=1)

    async def play() -> list[str]:
        for subject, until in (("failed", ahead), ("waits", HOUR)):
            await store.write(lambda unit, s=subject: unit.outbox.add(Job(1, "q", s), now - HOUR))
            jobs = await store.read(lambda unit: unit.outbox.due(now, 9))
            await store.write(
                lambda unit, j=jobs[0], u=until: unit.outbox.again(j, now + u, "away")
            )
        await BringBack(store.narrow("judge"), lambda: now)()
        return [job.subject for job in await store.read(lambda unit: unit.outbox.due(now, 9))]

    assert asyncio.run(play()) == ["failed"]


def test_a_deadline_that_was_put_off_when_the_clock_was_set_back_is_looked_at_when_it_comes(
    store: Store,
) -> None:
    minutes = [NOON + timedelta(minutes=n) for n in (-90, -30, 20)]
    slots = [
        DueSlot(0, "p", f"rule-{n}", "spo2", (DueTime(due, due - HOUR, due),), filled=False)
        for n, due in enumerate(minutes)
    ]

    def waiting(now: datetime) -> list[str]:
        found = asyncio.run(store.read(lambda unit: unit.dues.due(now, 10)))
        return sorted(slot.rule_id for slot in found)

    async def put_off_then_set_back() -> None:
        def plan(unit: Unit) -> None:
            unit.dues.change(0, "p", NOON, new=True)
            unit.dues.plan(0, "p", NOON + 24 * HOUR, NOON + 12 * HOUR, slots)
            unit.dues.postpone(0, "p", NOON + timedelta(minutes=1))

        await store.write(plan)
        await BringBack(store.narrow("judge"), lambda: NOON)()

    asyncio.run(put_off_then_set_back())
    assert waiting(NOON) == []  # put off by a minute is not set back

    now = NOON - HOUR
    round_ = BringBack(store.narrow("judge"), lambda: now)
    asyncio.run(round_())
    assert waiting(now) == ["rule-0"]
    assert waiting(NOON) == ["rule-0", "rule-1"]

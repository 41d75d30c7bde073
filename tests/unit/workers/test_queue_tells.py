"""The table of queues: delays that grow, and people who are told when a job does not get through."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.ports import Job
from hub.problems import ProblemCode, fail
from hub.store.migrate import migrate
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store
from hub.workers.jobs import Queue
from hub.workers.runner import Runner


async def never(_: Job) -> None:
    """A flow for rows of the table that are not run."""


async def nothing() -> int:
    """Nothing to judge."""
    return 0


def test_the_delay_doubles_up_to_the_longest() -> None:
    queue = Queue(never, first=timedelta(seconds=1), longest=timedelta(seconds=10))

    assert [1, 2, 4, 8, 10, 10] == [queue.delay(n).total_seconds() for n in (0, 1, 2, 3, 4, 9_999)]


def test_the_usual_queue_lasts_for_days() -> None:
    queue = Queue(never)
    whole = sum((queue.delay(n) for n in range(queue.tries)), timedelta())

    assert timedelta(days=3) < whole < timedelta(days=14)


def run(path: Path, error: Exception, *, tries: int, tell_after: int | None, rounds: int) -> list[str]:  # fmt: skip
    """A job that always fails → what people were told, try by try."""
    migrate(path)
    store = Store(SqliteEngine(path))
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    told: list[str] = []

    async def fails(_: Job) -> None:
        raise error

    def tell(_: Any, job: Job, reason: str) -> None:
        told.append(f"{job.subject} {job.attempts + 1} {reason}")

    async def work() -> None:
        nonlocal now
        queue = Queue(fails, tries=tries, tell=tell, tell_after=tell_after)
        runner = Runner(store, lambda: now, {"q": queue}, nothing)
        await store.write(lambda unit: unit.outbox.add(Job(1, "q", "s"), now))
        for _ in range(rounds):
            now += timedelta(hours=5)
            await runner.drain()

    asyncio.run(work())
    store.engine.close()
    return told


@pytest.mark.parametrize(
    ("tries", "tell_after", "expected"),
    [
        (5, 2, ["s 2 ZeroDivisionError"]),
        (5, None, ["s 5 ZeroDivisionError"]),
        (3, 9, ["s 3 ZeroDivisionError"]),
    ],
    ids=["while it is tried", "when it is given up", "given up before"],
)
def test_people_are_told_once(
    tmp_path: Path, tries: int, tell_after: int | None, expected: list[str]
) -> None:
    told = run(
        tmp_path / "hub.db", ZeroDivisionError("12345"), tries=tries, tell_after=tell_after, rounds=8
    )  # fmt: skip

    assert expected == told, "and never with the text of an exception"


def test_what_no_try_can_mend_is_told_at_once(tmp_path: Path) -> None:
    error = fail(ProblemCode.SCHEMA_INVALID, "as planned", "/a")

    assert ["s 1 SCHEMA_INVALID /a"] == run(
        tmp_path / "hub.db", error, tries=40, tell_after=10, rounds=3
    )

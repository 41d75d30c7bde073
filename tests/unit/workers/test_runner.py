"""The worker: a job ends done, again or dead; nothing that fails stops what stands behind it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.ports import Job
from hub.problems import ProblemCode, fail
from hub.store.migrate import migrate
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store
from hub.workers.jobs import Queue
from hub.workers.runner import Runner

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class House:
    """A store, a clock and a runner whose one queue does what the test says."""

    def __init__(self, path: Path) -> None:
        migrate(path)
        self.store = Store(SqliteEngine(path))
        self.now = NOON
        self.seen: list[str] = []
        self.fault: Callable[[Job], Exception | None] = lambda _: None
        self.judge_fault: Exception | None = None
        self.tries = 3

    async def flow(self, job: Job) -> None:
        """Done, unless the test wants a fault."""
        self.seen.append(job.subject)
        fault = self.fault(job)
        if fault is not None:
            raise fault
        await self.store.write(lambda unit: unit.outbox.done(job))

    async def judge(self) -> int:
        """Nothing to judge."""
        if self.judge_fault is not None:
            raise self.judge_fault
        return 0

    def runner(self) -> Runner:
        """A runner with one queue `q`."""
        queue = Queue(self.flow, tries=self.tries)
        runner = Runner(self.store, lambda: self.now, {"q": queue}, self.judge)
        self.store.engine.on_commit(runner.wake)
        return runner

    async def add(self, *jobs: Job) -> None:
        """Jobs → in the outbox, due now."""
        for job in jobs:
            await self.store.write(lambda unit, job=job: unit.outbox.add(job, self.now))

    async def states(self) -> list[tuple[str, str, int]]:
        """Nothing → (subject, state, attempts) of every job of `q` and of others."""

        def work(connection: sqlite3.Connection) -> list[tuple[str, str, int]]:
            sql = "SELECT subject, state, attempts FROM outbox ORDER BY seq"
            return connection.execute(sql).fetchall()

        return await self.store.engine.read(work)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A store with an empty outbox."""
    made = House(tmp_path / "hub.db")
    yield made
    made.store.engine.close()


def job(subject: str, queue: str = "q") -> Job:
    """A subject → a job."""
    return Job(1, queue, subject)


def test_jobs_are_done_in_order(house: House) -> None:
    async def run() -> list[tuple[str, str, int]]:
        await house.add(job("a"), job("b"), job("c"))
        await house.runner().drain()
        return await house.states()

    assert asyncio.run(run()) == [("a", "done", 0), ("b", "done", 0), ("c", "done", 0)]
    assert house.seen == ["a", "b", "c"]


def test_a_job_that_fails_is_tried_again_later_and_stops_nobody(house: House) -> None:
    house.fault = lambda one: RuntimeError("secret") if one.subject == "a" else None

    async def run() -> None:
        await house.add(job("a"), job("b"))
        runner = house.runner()
        await runner.drain()
        assert await house.states() == [("a", "todo", 1), ("b", "done", 0)]
        house.now += timedelta(seconds=1)
        await runner.drain()
        assert await house.states() == [("a", "todo", 2), ("b", "done", 0)]
        house.fault = lambda _: None
        house.now += timedelta(seconds=1)
        await runner.drain()
        assert house.seen == ["a", "b", "a"]  # the delay has doubled
        house.now += timedelta(seconds=1)
        await runner.drain()
        assert await house.states() == [("a", "done", 2), ("b", "done", 0)]

    asyncio.run(run())


def test_a_job_is_given_up_after_its_tries_with_a_reason_that_tells_no_secret(house: House) -> None:
    house.fault = lambda _: RuntimeError("secret of a patient")

    async def run() -> None:
        await house.add(job("a"))
        runner = house.runner()
        for _ in range(5):
            await runner.drain()
            house.now += timedelta(hours=1)
        assert await house.states() == [("a", "dead", 3)]
        (letter,) = await house.store.read(lambda unit: unit.outbox.dead_letters(1, 10))
        assert letter.reason == "RuntimeError"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (ProblemCode.NO_RECIPIENT, "dead"),
        (ProblemCode.UNREACHABLE, "todo"),
        (ProblemCode.BUSY, "todo"),
    ],
)
def test_a_problem_is_tried_again_only_where_its_row_says_so(
    house: House, code: ProblemCode, state: str
) -> None:
    house.fault = lambda _: fail(code, "detail")

    async def run() -> None:
        await house.add(job("a"))
        await house.runner().drain()
        assert await house.states() == [("a", state, 1)]

    asyncio.run(run())


def test_a_job_of_a_queue_nobody_knows_is_a_dead_letter_and_stops_nobody(house: House) -> None:
    async def run() -> None:
        await house.add(job("a", "old"), job("b"))
        await house.runner().drain()
        assert await house.states() == [("a", "dead", 1), ("b", "done", 0)]

    asyncio.run(run())


def test_jobs_go_out_although_judging_fails_and_the_fault_is_told(house: House) -> None:
    house.judge_fault = RuntimeError()

    async def run() -> None:
        await house.add(job("a"))
        with pytest.raises(RuntimeError):
            await house.runner().drain()
        assert await house.states() == [("a", "done", 0)]

    asyncio.run(run())


def test_a_running_worker_is_woken_by_a_commit_and_survives_faults(house: House) -> None:
    async def run() -> None:
        runner = house.runner()
        house.judge_fault = RuntimeError()
        await runner.start()
        await asyncio.sleep(0)
        house.judge_fault = None
        await house.add(job("a"))
        for _ in range(300):
            if house.seen:
                break
            await asyncio.sleep(0.01)
        await runner.stop()
        assert await house.states() == [("a", "done", 0)]

    asyncio.run(run())


def test_what_an_earlier_process_left_is_taken_up_at_the_start(house: House) -> None:
    async def run() -> None:
        await house.add(job("a"))
        runner = house.runner()
        await runner.start()
        for _ in range(300):
            if house.seen:
                break
            await asyncio.sleep(0.01)
        await runner.stop()
        assert house.seen == ["a"]

    asyncio.run(run())


def test_the_delays_double_and_last_for_days() -> None:
    async def nothing(_: Job) -> None:
        return

    queue = Queue(nothing)
    delays = [queue.delay(n) for n in range(queue.tries)]
    assert delays[:4] == [timedelta(seconds=s) for s in (1, 2, 4, 8)]
    assert delays == sorted(delays)
    assert max(delays) == queue.longest
    assert sum(delays, timedelta()) > timedelta(days=3)


@pytest.mark.parametrize("name", ["judging", "worker"])
def test_a_worker_that_is_cancelled_as_it_is_woken_ends(house: House, name: str) -> None:
    async def run() -> int:
        ended = 0
        for turns in range(6):
            runner = house.runner()
            await runner.start()
            task = next(t for t in asyncio.all_tasks() if t.get_name() == name)
            await asyncio.sleep(0.05)
            runner.wake()
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=0.3)
            ended += len(done)
            await runner.stop()
        return ended

    assert asyncio.run(run()) == 6


def test_judging_does_not_wait_for_the_jobs(house: House) -> None:
    async def run() -> None:
        began, judged = asyncio.Event(), asyncio.Event()

        async def flow(job: Job) -> None:
            began.set()
            await judged.wait()
            await house.store.write(lambda unit: unit.outbox.done(job))

        async def judge() -> int:
            if began.is_set():
                judged.set()
            return 0

        runner = Runner(house.store, lambda: house.now, {"q": Queue(flow)}, judge)
        house.store.engine.on_commit(runner.wake)
        await house.add(job("a"))
        await runner.start()
        async with asyncio.timeout(10):
            await judged.wait()
        assert runner.alive()
        await runner.stop()
        assert await house.states() == [("a", "done", 0)]

    asyncio.run(run())


@pytest.mark.parametrize("beside", [True, False])
def test_jobs_about_different_things_are_done_at_once_where_they_may(
    house: House, *, beside: bool
) -> None:
    going: list[str] = []
    most: list[list[str]] = []

    async def flow(job: Job) -> None:
        going.append(job.subject)
        most.append(list(going))
        await house.store.write(lambda unit: unit.outbox.done(job))
        going.remove(job.subject)

    async def run() -> None:
        queues = {"q": Queue(flow, beside=beside)}
        runner = Runner(house.store, lambda: house.now, queues, house.judge)
        await house.add(job("a"), job("b"), job("a"), job("c"))
        await runner.drain()
        assert {state for _, state, _ in await house.states()} == {"done"}

    asyncio.run(run())
    assert max(map(len, most)) == (2 if beside else 1)
    assert all(len(set(each)) == len(each) for each in most)


@pytest.mark.parametrize("most", [2, 16])
def test_jobs_of_one_queue_are_done_as_one_piece_of_work_where_they_may(
    house: House, most: int
) -> None:
    parts: list[list[str]] = []

    async def several(jobs: Sequence[Job]) -> bool:
        parts.append([job.subject for job in jobs])
        await house.store.write(lambda unit: [unit.outbox.done(job) for job in jobs])
        return True

    async def run() -> None:
        queue = Queue(house.flow, beside=True, several=several, most=most)
        other = Queue(house.flow, beside=True)
        runner = Runner(house.store, lambda: house.now, {"q": queue, "o": other}, house.judge)
        await house.add(job("a"), job("a", "o"), job("b"), job("c"))
        before = house.store.engine.commits
        await runner.drain()
        assert house.store.engine.commits == before + 1
        assert {state for _, state, _ in await house.states()} == {"done"}

    asyncio.run(run())
    assert parts == ([["a", "b", "c"]] if most == 16 else [["a", "b"]])
    assert house.seen == (["a"] if most == 16 else ["c", "a"])


@pytest.mark.parametrize("raises", [True, False])
def test_jobs_that_cannot_be_done_as_one_are_done_each_by_itself(
    house: House, *, raises: bool
) -> None:
    house.fault = lambda one: RuntimeError() if one.subject == "b" else None

    async def several(jobs: Sequence[Job]) -> bool:
        if raises:
            raise RuntimeError(len(jobs))
        return False

    async def run() -> list[tuple[str, str, int]]:
        queue = Queue(house.flow, beside=True, several=several)
        runner = Runner(house.store, lambda: house.now, {"q": queue}, house.judge)
        await house.add(job("a"), job("b"), job("c"))
        await runner.drain()
        return await house.states()

    assert asyncio.run(run()) == [("a", "done", 0), ("b", "todo", 1), ("c", "done", 0)]


def test_a_store_that_fails_under_jobs_done_at_once_is_told_when_all_have_ended(
    house: House,
) -> None:
    ended: list[str] = []

    async def flow(job: Job) -> None:
        await asyncio.sleep(0.02 if job.subject == "b" else 0)
        ended.append(job.subject)
        raise ValueError(job.subject)

    async def run() -> None:
        runner = Runner(
            house.store, lambda: house.now, {"q": Queue(flow, beside=True)}, house.judge
        )
        await house.add(job("a"), job("b"))
        house.store.write = broken  # type: ignore[method-assign]
        with pytest.raises(RuntimeError):
            await runner.drain()

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    asyncio.run(run())
    assert ended == ["a", "b"]


def test_where_others_work_only_what_is_always_done_is_done(house: House) -> None:
    async def run() -> None:
        done = asyncio.Event()

        async def call() -> None:
            done.set()

        async def never() -> None:
            raise AssertionError

        runner = Runner(
            house.store,
            lambda: house.now,
            {"q": Queue(house.flow)},
            house.judge,
            (("never", 0.01, never),),
            always=(("always", 0.01, call),),
        )
        await house.add(job("a"))
        await runner.start(works=False)
        async with asyncio.timeout(10):
            await done.wait()
        await asyncio.sleep(0.05)
        await runner.stop()
        assert await house.states() == [("a", "todo", 0)]

    asyncio.run(run())

"""Claims what is due and runs its flow: done, tried again later, or given up with a reason (D4).

Woken at once after every commit, and by the clock for what is due later. Judging goes on beside the jobs: an alert must not
wait for the messages of those before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.log import Event, log, log_failure
from hub.ports import Claims, Job, Unit, UnitOfWork
from hub.problems import HubError
from hub.workers.jobs import Queue, Tell

BATCH = 16
"""How many jobs are done between two looks at what is due."""
LOOK = 64
"""How many due jobs are looked at where other processes may have claimed the first of them."""
IDLE_S = 0.5


@dataclass(slots=True)
class Runner:
    """One process's worker.

    Shape: `judge` judges what is marked and tells how many marks it settled; `periodic` are (name, seconds between
    runs, coroutine function); `claims` where other processes work beside this one: a job is then done by who claimed it,
    and what stands in `duties` by one process at a time; `always` are periodic where this process does not work, too.
    """

    store: UnitOfWork
    now: Callable[[], datetime]
    queues: Mapping[str, Queue]
    judge: Callable[[], Awaitable[int]]
    periodic: tuple[tuple[str, float, Callable[[], Awaitable[None]]], ...] = ()
    claims: Claims | None = None
    duties: frozenset[str] = frozenset()
    always: tuple[tuple[str, float, Callable[[], Awaitable[None]]], ...] = ()
    _wakes: tuple[asyncio.Event, asyncio.Event] = field(
        default_factory=lambda: (asyncio.Event(), asyncio.Event())
    )
    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    _rounds: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    _loop: asyncio.AbstractEventLoop | None = None
    _stopping: bool = False

    def wake(self) -> None:
        """From any thread: there is something to do."""
        if self._loop is None or self._loop.is_closed():
            return
        if not all(wake.is_set() for wake in self._wakes):
            self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        for wake in self._wakes:
            wake.set()

    async def start(self, *, works: bool = True) -> None:
        """Begin; what an earlier process left unfinished is taken up first. Shape: `works` False = only what is `always` done."""
        self._loop = asyncio.get_running_loop()
        self._set()
        turns = (("judging", self._judging), ("worker", self._jobs)) if works else ()
        self._tasks = [
            asyncio.create_task(self._main(wake, turn), name=name)
            for wake, (name, turn) in zip(self._wakes, turns, strict=False)
        ]
        self._rounds = [
            asyncio.create_task(self._repeat(name, every, call), name=name)
            for name, every, call in (*self.always, *(self.periodic if works else ()))
        ]

    async def stop(self) -> None:
        """End after the piece of work in hand; everything else stays in the store."""
        self._stopping = True
        self._set()
        for task in self._rounds:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._rounds, return_exceptions=True)

    def alive(self) -> bool:
        """Nothing → whether every part of the worker goes on."""
        return bool(self._tasks) and not any(t.done() for t in (*self._tasks, *self._rounds))

    async def drain(self) -> None:
        """Work until nothing is due: for tests, loading and a tidy end."""
        while await self._once():
            pass

    async def _main(self, wake: asyncio.Event, turn: Callable[[], Awaitable[bool]]) -> None:
        while not self._stopping:
            wake.clear()
            try:
                busy = await turn()
            except Exception as error:  # noqa: BLE001 - the worker must outlive any single failure
                log_failure(Event.JOB_RETRY, error)
                busy = False
                await asyncio.sleep(IDLE_S)
            if busy or self._stopping:
                continue
            try:
                async with asyncio.timeout(
                    IDLE_S
                ):  # wait_for of Python 3.11 swallows a cancellation that meets the wake-up
                    await wake.wait()
            except TimeoutError:
                continue

    async def _once(self) -> bool:
        judged, fault = False, None
        try:
            judged = await self._judging()
        except Exception as error:  # noqa: BLE001 - jobs go out although judging fails; the fault is told afterwards
            fault = error
        done = await self._jobs()
        if fault is not None:
            raise fault
        return judged or done

    async def _judging(self) -> bool:
        """Nothing → whether anything was judged."""
        return await self.judge() > 0

    async def _jobs(self) -> bool:
        """Nothing → whether any job was done."""
        limit = BATCH if self.claims is None else LOOK
        jobs = list(await self.store.read(lambda unit: unit.outbox.due(self.now(), limit)))
        done = 0
        while jobs and done < BATCH and not self._stopping:
            together = self._together(jobs)
            del jobs[: len(together)]
            if self.claims is None:
                await self._at_once(together)
                done += len(together)
            else:
                done += await self._claim(self.claims, together)
        return done > 0

    def _together(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Jobs in order → the first of them that may be done at once."""
        first = 0
        subjects: set[tuple[str, str]] = set()
        for job in jobs[:BATCH]:
            queue = self.queues.get(job.queue)
            if queue is None or not queue.beside or (job.queue, job.subject) in subjects:
                break
            subjects.add((job.queue, job.subject))
            first += 1
        return jobs[: max(first, 1)]

    async def _claim(self, claims: Claims, jobs: Sequence[Job]) -> int:
        """Jobs that are due → how many were ours to run; not those that another process has, or had since we looked."""
        taken: list[Job] = []
        try:
            taken += [job for job in jobs if await claims.take(job)]
            mine = await self.store.read(lambda unit: [j for j in taken if unit.outbox.stands(j)])
            await self._at_once(mine)
        finally:
            for job in taken:
                await claims.free(job)
        return len(mine)

    async def _at_once(self, jobs: Sequence[Job]) -> None:
        """Jobs that may be done at once → each of them ended; a fault of the store is told when all have."""
        by_queue: dict[str, list[Job]] = {}
        for job in jobs:
            by_queue.setdefault(job.queue, []).append(job)
        await _all(
            self._alike(self.queues.get(name), mine[at : at + most])
            for name, mine in by_queue.items()
            for most in (self.queues[name].most if name in self.queues else 1,)
            for at in range(0, len(mine), most)
        )

    async def _alike(self, queue: Queue | None, jobs: Sequence[Job]) -> None:
        """Jobs of one queue → each of them ended, as one piece of work where that can be done."""
        if len(jobs) == 1:
            await self._run(jobs[0])
            return
        if queue is not None and queue.several is not None:
            try:
                if await queue.several(jobs):
                    return
            except Exception as error:  # noqa: BLE001 - the one whose fault it is shows when each is done by itself
                log_failure(Event.JOB_RETRY, error, queue=jobs[0].queue)
        await _all(map(self._run, jobs))

    async def _run(self, job: Job) -> None:
        queue = self.queues.get(job.queue)
        if queue is None:  # of another version of the hub, or a file drop that is no longer set up
            await self._dead(job, "no flow for this queue")
            return
        try:
            await queue.flow(job)
        except Exception as error:  # noqa: BLE001 - one of the three places: a job ends done, again or dead
            await self._failed(job, queue, error)

    async def _failed(self, job: Job, queue: Queue, error: Exception) -> None:
        reason = str(error) if isinstance(error, HubError) else type(error).__name__
        retry = not isinstance(error, HubError) or any(p.code.row.retry for p in error.problems)
        tried = job.attempts + 1
        if not retry or tried >= queue.tries:
            told = queue.tell_after is not None and tried > queue.tell_after
            await self._dead(job, reason, None if told else queue.tell)
            return
        due = self.now() + queue.delay(job.attempts)
        log_failure(Event.JOB_RETRY, error, queue=job.queue, attempts=tried)

        def again(unit: Unit) -> None:
            unit.outbox.again(job, due, reason)
            if queue.tell is not None and tried == queue.tell_after:
                queue.tell(unit, job, reason)

        await self.store.write(again)

    async def _dead(self, job: Job, reason: str, tell: Tell | None = None) -> None:
        log(Event.JOB_DEAD, queue=job.queue, reason=reason)

        def dead(unit: Unit) -> None:
            unit.outbox.dead(job, reason)
            if tell is not None:
                tell(unit, job, reason)

        await self.store.write(dead)

    async def _repeat(self, name: str, every: float, call: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping:
            try:
                if await self._on_duty(name):
                    await call()
            except Exception as error:  # noqa: BLE001 - the next round tries again
                log_failure(Event.JOB_RETRY, error, queue=name)
            await asyncio.sleep(every)

    async def _on_duty(self, name: str) -> bool:
        return self.claims is None or name not in self.duties or await self.claims.duty(name)


async def _all(calls: Iterable[Awaitable[None]]) -> None:
    """Things to be done at once → all of them have ended; then the first fault among them is raised."""
    for ended in await asyncio.gather(*calls, return_exceptions=True):
        if ended is not None:
            raise ended

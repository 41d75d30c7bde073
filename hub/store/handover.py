"""Work on its way through a writer, and its result on the way back: the same for every engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Handed(Generic[T]):
    """One piece of work. Shape: `work` takes a connection; `result` or `error` once it ran."""

    __slots__ = ("error", "future", "long", "loop", "result", "work")

    def __init__(
        self,
        work: Callable[[Any], T],
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[T],
        *,
        long: bool,
    ) -> None:
        """What to do, and who waits for it in which event loop."""
        self.work = work
        self.loop = loop
        self.future = future
        self.long = long
        self.result: T | None = None
        self.error: BaseException | None = None


def deliver(batch: Iterable[Handed[Any]]) -> None:
    """Pieces of work that are settled → their results or errors are handed back, one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Handed[Any]]] = {}
    for job in batch:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, jobs)


def _settle(jobs: list[Handed[Any]]) -> None:
    for job in jobs:
        if job.future.cancelled():
            continue
        if job.error is not None:
            job.future.set_exception(cast("Exception", job.error))
        else:
            job.future.set_result(job.result)

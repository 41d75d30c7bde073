"""Work on its way through a writer, and its result on the way back: the same for every engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar, cast

from hub.log import Event, log_failure

T = TypeVar("T")


class Handed(Generic[T]):
    """One piece of work.

    Shape: `work` takes a connection; `result` or `error` once it ran; `quiet` when nothing follows from it; `meanwhile` is done by
    the caller's event loop while the commit is waited for.
    """

    __slots__ = ("error", "future", "long", "loop", "meanwhile", "quiet", "result", "work")

    def __init__(
        self,
        work: Callable[[Any], T],
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[T],
        *,
        long: bool,
        quiet: bool = False,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """What to do, and who waits for it in which event loop."""
        self.work = work
        self.loop = loop
        self.future = future
        self.long = long
        self.quiet = quiet
        self.meanwhile = meanwhile
        self.result: T | None = None
        self.error: BaseException | None = None


class WriterThread:
    """A thread that does what it is given, one thing after the other; a pool would keep a record of each."""

    def __init__(self, name: str) -> None:
        """The thread begins at once; it does not keep the program from ending."""
        self._orders: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], object]) -> None:
        """Something to do, after what was given before."""
        self._orders.put(work)

    def shutdown(self) -> None:
        """Wait until everything is done, and end."""
        self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._orders.get()) is not None:
            try:
                work()
            except Exception as failure:  # noqa: BLE001 - whatever it was, others wait for the thread
                log_failure(Event.LISTENER_FAILED, failure)


def begin_meanwhile(batch: Iterable[Handed[Any]]) -> None:
    """Pieces of work that are about to be committed → what is to be done meanwhile begins, each once, before its result is there."""
    for job in batch:
        call, job.meanwhile = job.meanwhile, None
        if call is not None:
            with suppress(RuntimeError):  # the loop was closed: nobody waits there any more
                job.loop.call_soon_threadsafe(call)


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

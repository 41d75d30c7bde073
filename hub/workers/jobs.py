"""The table of queues: who does a job, how often it is tried and how the delay grows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from hub.ports import Job

Flow = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Queue:
    """One row. Units: `first` and `longest` are delays between tries; together `tries` of them last for days."""

    flow: Flow
    tries: int = 40
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(hours=4)

    def delay(self, attempts: int) -> timedelta:
        """How many tries failed → how long to wait: doubling, up to the longest."""
        return min(self.first * 2 ** min(attempts, 20), self.longest)

"""The table of queues: who does a job, how often it is tried and how the delay grows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.ports import LONGEST_RETRY, Job, Unit

Flow = Callable[[Job], Awaitable[None]]
Several = Callable[[Sequence[Job]], Awaitable[bool]]
Tell = Callable[[Unit, Job, str], None]


@dataclass(frozen=True, slots=True)
class Queue:
    """One row.

    Shape: `tell` lets people know, in the transaction that notes the failure: once after `tell_after` tries (None = not
    before the end), and when the job is given up. `beside`: its jobs about different subjects, and those of other such queues, may be
    done at once, so that they share a commit. `several` does many of these as one piece of work, all or none; when it fails or
    tells that it has done none (False), each is done by itself. `most` is how many it takes on: the loop is held for so long.
    Units: `first` and `longest` are delays between tries; together `tries` of them last for days.
    """

    flow: Flow
    tries: int = 40
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = LONGEST_RETRY
    tell: Tell | None = None
    tell_after: int | None = None
    beside: bool = False
    several: Several | None = None
    most: int = 16

    def delay(self, attempts: int) -> timedelta:
        """How many tries failed → how long to wait: doubling, up to the longest."""
        return min(self.first * 2 ** min(attempts, 20), self.longest)

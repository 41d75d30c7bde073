"""How much of the CPU of a POST is evaluation: the calls that make a Measurement, choose the book, judge and combine, timed where the hub makes them.

The calls are replaced by ones that look at the clock of the thread before and after, as long as `timed` says so. What looking costs
is measured in the same process on a call that does nothing, and taken off; between other work it costs more than there, so what is told is
rather too much than too little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import thread_time_ns
from typing import Any, Final

from hub.flows import judge_observations, mark_for_judging
from hub.flows.judge_at_once import JudgeAtOnce
from hub.flows.patient_book import Books
from hub.thresholds.record import Record

_CALLS: Final = (
    (mark_for_judging, "measurements_of"),
    (JudgeAtOnce, "__call__"),
    (judge_observations, "taken_up"),
    (judge_observations, "step"),
    (judge_observations, "arrive"),
    (Record, "load"),
    (Books, "book"),
)
"""What evaluates, at once and in the worker's turn. The verdict's encoding is in the second, and a book that is made in the last; so
both are told with it. Marks, rows, the look for company and reading neighbours are not."""
_MANY: Final = 20_000


@dataclass(slots=True)
class Timed:
    """What was timed. Units: nanoseconds of the thread; `depth` > 0 within a timed call, whose own calls are part of it."""

    spent: int = 0
    calls: int = 0
    depth: int = 0

    def watch(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """A function → the same, timed."""

        def timed(*given: Any, **named: Any) -> Any:
            if self.depth:
                return call(*given, **named)
            self.depth = 1
            began = thread_time_ns()
            try:
                return call(*given, **named)
            finally:
                self.spent += thread_time_ns() - began
                self.calls += 1
                self.depth = 0

        return timed


@dataclass(frozen=True, slots=True)
class Cost:
    """What a timed call costs by being timed. Units: nanoseconds; `within` is counted as the call's own, `whole` is all of it."""

    within: float
    whole: float


def cost_of_timing() -> Cost:
    """Nothing → what a timed call costs here, the median of some passes over a call that does nothing."""

    def nothing() -> None: ...

    within: list[float] = []
    whole: list[float] = []
    for _ in range(5):
        timed = Timed()
        watched = timed.watch(nothing)
        began = thread_time_ns()
        for _ in range(_MANY):
            watched()
        between = thread_time_ns()
        for _ in range(_MANY):
            nothing()
        bare = thread_time_ns() - between
        within.append((timed.spent - bare) / _MANY)
        whole.append((between - began - bare) / _MANY)
    return Cost(median(within), median(whole))


@contextmanager
def timing(*, on: bool = True) -> Iterator[Timed]:
    """While it lasts, what evaluates is timed in all hubs of this process."""
    timed = Timed()
    own = [(place, name, getattr(place, name)) for place, name in _CALLS]
    if on:
        for place, name, call in own:
            setattr(place, name, timed.watch(call))
    try:
        yield timed
    finally:
        for place, name, call in own:
            setattr(place, name, call)


def evaluation(timed: Timed, took: float, values: int, cost: Cost) -> tuple[float, float]:
    """What was timed, the seconds of CPU in which so many values were taken → (evaluation, the whole), microseconds a value without the timing."""
    own = timed.spent - timed.calls * cost.within
    return own / 1e3 / values, (took * 1e9 - timed.calls * cost.whole) / 1e3 / values

"""The computer's clock is set back or forward, or the process stands still: told, and what was due is not put off by it.

Two clocks are held against each other: the one that is set, and the one that only counts. Jobs that were made before the clock
was set back are due in what has become the future; they are brought back, so that a red does not wait until the time comes round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub.log import Event, log
from hub.ports import UnitOfWork

STEP_S: Final = 2.0
"""A clock that is kept by small corrections is never out by so much between two looks."""
STILL_S: Final = 30.0
"""How much later than it should a look may come before it is said that the hub stood still."""
TOLD_FOR_S: Final = 900.0
"""How long it is named as a trouble: so that somebody sees it."""


@dataclass(slots=True)
class ClockSteps:
    """One look. Shape: `wall` the clock that is set, `ticks` the one that only counts; `every_s` between two looks."""

    wall: Callable[[], datetime]
    ticks: Callable[[], float]
    every_s: float
    _seen: tuple[datetime, float] | None = None
    _told: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    async def __call__(self) -> None:
        """Nothing → what has happened to the time since the last look is told."""
        wall, ticks = self.wall(), self.ticks()
        if self._seen is not None:
            passed = ticks - self._seen[1]
            self._stepped((wall - self._seen[0]).total_seconds() - passed, ticks)
            self._stood_still(passed - self.every_s, ticks)
        self._seen = wall, ticks
        await asyncio.sleep(0)

    def trouble(self) -> list[str]:
        """Nothing → what happened to the time of late, in words for an operator."""
        self._told = [each for each in self._told if self.ticks() - each[0] < TOLD_FOR_S]
        return [text for _, text in self._told]

    def _stepped(self, seconds: float, ticks: float) -> None:
        if abs(seconds) < STEP_S:
            return
        log(Event.CLOCK_STEPPED, seconds=round(seconds))
        way = "back" if seconds < 0 else "forward (or the machine slept)"
        text = (
            f"the computer's clock was set {way} by {abs(seconds):.0f} seconds (CLOCK_STEPPED in the log):"
            " let NTP keep it; times noted meanwhile may be wrong"
        )
        self._told.append((ticks, text))

    def _stood_still(self, seconds: float, ticks: float) -> None:
        if seconds < STILL_S:
            return
        log(Event.STOOD_STILL, seconds=round(seconds))
        text = (
            f"the hub stood still for {seconds:.0f} seconds (STOOD_STILL in the log): was it stopped, or the machine"
            " too busy? What came due meanwhile is being done now"
        )
        self._told.append((ticks, text))


@dataclass(slots=True)
class BringBack:
    """One round: jobs from a time that has not come are due as long after now as they were after they were made.

    What waits for the clock alone is looked through at the start, and when the clock says less than in the round before.
    """

    store: UnitOfWork
    now: Callable[[], datetime]
    _last: datetime | None = None

    async def __call__(self) -> None:
        """Nothing → no job and no deadline waits for the clock to come round again."""
        now = self.now()
        if (self._last is None or now < self._last) and await self.store.read(
            lambda unit: unit.dues.ahead(now)
        ):
            await self.store.write(lambda unit: unit.dues.bring_back(now))
        self._last = now
        many = await self.store.read(lambda unit: unit.outbox.ahead(now))
        if many:
            await self.store.write(lambda unit: unit.outbox.bring_back(now))
            log(Event.JOBS_BROUGHT_BACK, jobs=many)

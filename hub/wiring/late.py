"""The hub's work, composed a moment after the first answer: its imports take most of a cold start (F8).

Nothing is lost by it: every request that may write waits until the work is there, and what an earlier process left
unfinished is taken up when it begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from hub.log import Event, log_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.wiring.work import Work
    from hub.workers.drop_loop import Gauge

AFTER_S = 0.3
"""How long the server answers alone before the work is loaded, unless a request asks for it before."""


def _nothing() -> None:
    return None


@dataclass(slots=True)
class LateWork:
    """Shape: `make` composes the work; `live` once a server runs, which then runs the work too; `then` follows its start."""

    make: Callable[[], Work]
    live: bool = False
    then: Callable[[], None] = _nothing
    _work: Work | None = None
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _begun: bool = False
    _soon: asyncio.Task[None] | None = None

    def now(self) -> Work:
        """Nothing → the work, composed here and now if it is not there yet."""
        if self._work is None:
            self._work = self.make()
        return self._work

    async def ready(self) -> None:
        """Nothing → once the work is there, and runs where a server runs."""
        if self._work is not None and (self._begun or not self.live):
            return
        async with self._gate:
            if self._work is None:
                await asyncio.to_thread(import_module, "hub.wiring.work")
            work = self.now()
            if self.live and not self._begun:
                self._begun = True
                await work.start()

    def begin_soon(self) -> None:
        """The server runs → the work follows in a moment."""
        self.live = True
        self._soon = asyncio.get_running_loop().create_task(self._begin())

    async def stop(self) -> None:
        """The server ends → the work ends after the piece in hand."""
        if self._soon is not None:
            self._soon.cancel()
        async with self._gate:
            if self._work is not None and self._begun:
                await self._work.stop()

    def alive(self) -> bool | None:
        """Nothing → whether the work goes on; None while it is not begun."""
        return self._work.runner.alive() if self._work is not None and self._begun else None

    def trouble(self) -> list[str]:
        """Nothing → what does not work now, in words for an operator."""
        return [] if self._work is None else self._work.trouble()

    def gauges(self) -> Mapping[str, list[Gauge]]:
        """Nothing → the figures of the drop, where there is one."""
        return {} if self._work is None else self._work.gauges()

    async def _begin(self) -> None:
        await asyncio.sleep(AFTER_S)
        try:
            await self.ready()
            self.then()
        except Exception as error:
            log_failure(Event.WORK_FAILED, error)
            raise

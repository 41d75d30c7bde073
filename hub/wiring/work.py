"""What follows commits, composed: judging, messages in and out, receipts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.clock import Clock
from hub.settings import Settings
from hub.store.unit import Store
from hub.workers.runner import Runner


@dataclass(slots=True)
class Work:
    """The hub's own work."""

    runner: Runner

    async def start(self) -> None:
        """Begin."""
        await self.runner.start()

    async def stop(self) -> None:
        """End after the piece of work in hand."""
        await self.runner.stop()

    def trouble(self) -> list[str]:
        """Nothing → what does not work now, in words for an operator."""
        return []


def build_work(settings: Settings, clock: Clock, now: Callable[[], datetime], store: Store) -> Work:
    """Settings, time and store → the work."""

    async def judge() -> int:
        return 0

    return Work(Runner(store, now, {}, judge))

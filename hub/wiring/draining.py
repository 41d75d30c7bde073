"""uvicorn's server with a time between "I am leaving" and "I take nothing new", for load balancers to see it."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import FrameType

from uvicorn import Config, Server


class DrainingServer(Server):
    """Shape: `told` is called once, when the first signal comes. Units: `drain_s` seconds."""

    def __init__(self, config: Config, drain_s: float, told: Callable[[], None]) -> None:
        """As uvicorn, and what to do at the first signal."""
        super().__init__(config)
        self._drain_s = drain_s
        self._told = told
        self._signal: int | None = None
        self._until = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: the first begins the drain, the second ends it."""
        if self._signal is None:
            self._signal = sig
            self._until = time.monotonic() + self._drain_s
            self._told()
            if self._drain_s > 0:
                return
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether the server should end now."""
        if self._signal is not None and not self.should_exit and time.monotonic() >= self._until:
            super().handle_exit(self._signal, None)
        return await super().on_tick(counter)

"""A caller that asks and does not take its answer: what waits for it costs memory and a connection, so it is given up.

Whoever takes enough in each look may take as long as it needs; whoever takes less is cut off, also when the connection is
being closed, which by itself would wait for the last byte for ever.
Source: security README §9 (slow-client timeouts); RFC 9112 §9.6.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

LEAST_BYTES_A_SECOND: Final = 2048
"""Less than any line that is in use carries."""


@dataclass(slots=True)
class SlowReader:
    """Looks at one connection while something waits to be taken. Units: `every_s` seconds between two looks."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    every_s: float
    _left: int = 0
    _next: asyncio.TimerHandle | None = field(default=None)

    def watch(self) -> None:
        """Something waits for the caller: look from now on, until nothing does."""
        if self._next is None and self._waiting():
            self._look_later()

    def stop(self) -> None:
        """The connection ended."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _waiting(self) -> int:
        return self.transport.get_write_buffer_size()

    def _look_later(self) -> None:
        self._left = self._waiting()
        self._next = self.loop.call_later(self.every_s, self._look)

    def _look(self) -> None:
        self._next = None
        waits = self._waiting()
        if not waits:
            return
        if self._left - waits < LEAST_BYTES_A_SECOND * self.every_s:
            self.transport.abort()
        else:
            self._look_later()

"""Work that can wait steps back while requests come: a file from the drop takes the writer for tens of milliseconds.

An idle hub works at full speed; a busy one gives the work a small part of its time, about one message a second on a core of
its own, and never lets it wait for longer than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

REST: Final = 19
"""A piece of work is followed by a rest of so many times its length: it takes one part of twenty."""
MOST_S: Final = 1.0
"""However long a piece took, the next begins after so long: a batch of claimed files is done long before its lease ends."""


def nobody() -> int:
    """Where no requests come."""
    return 0


@dataclass(slots=True)
class GivingWay:
    """Shape: `asked` counts the requests so far, those under way among them."""

    asked: Callable[[], int] = nobody
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _before: int = 0

    async def rest(self, took_s: float) -> None:
        """How long a piece of work took → after a rest, when requests came since the last one."""
        asked = self.asked()
        if asked != self._before:
            self._before = asked
            await self.sleep(min(took_s * REST, MOST_S))

"""Development mode says so when it starts, and again as long as it runs: nobody forgets it in a window that scrolls away.

Source: security README §9.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from hub.log import Event, log

EVERY_S: Final = 600.0


@dataclass(slots=True)
class Loud:
    """Shape: `development` False is silent. Units: `every_s` seconds."""

    development: bool
    every_s: float = EVERY_S
    _next: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The hub starts → it is told now and again."""
        if self.development:
            log(Event.DEVELOPMENT_MODE)
            self._next = asyncio.get_running_loop().call_later(self.every_s, self.begin)

    def end(self) -> None:
        """The hub stops."""
        if self._next is not None:
            self._next.cancel()

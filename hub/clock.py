"""The only source of time and identity (D11): everything else is given `now` and `new_id`.

A clock may run fast (the demo plays a day in a minute) or stand still (tests).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

_LOW = (1 << 62) - 1


class Clock(Protocol):
    """What the shell asks for time and ids."""

    def now(self) -> datetime:
        """Nothing → the instant it is, aware, UTC."""
        ...

    def new_id(self) -> str:
        """Nothing → a time-ordered 128-bit id as a lower-case UUID (version 7), fit for FHIR `id` and MsgId."""
        ...


class _Ids:
    """Time-ordered ids: 48 bits of milliseconds, then 74 random bits (RFC 9562, version 7)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._pool = b""
        self._used = 0

    def new(self, milliseconds: int) -> str:
        """Milliseconds since 1970 → id; ids of one process never go backwards, whatever the clock does."""
        with self._lock:
            random = int.from_bytes(self._random(10)) >> 6
            stamp = max(milliseconds, self._last)
            self._last = stamp
        low = 0b10 << 62 | random & _LOW
        head = f"{stamp:012x}{0x7000 | random >> 62:x}{low:016x}"
        return f"{head[:8]}-{head[8:12]}-{head[12:16]}-{head[16:20]}-{head[20:]}"

    def _random(self, count: int) -> bytes:
        """Random bytes out of a pool: asking the system for each id costs more than making the id."""
        start = self._used
        if start + count > len(self._pool):
            self._pool, start = secrets.token_bytes(8192), 0
        self._used = start + count
        return self._pool[start : start + count]


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The computer's clock."""

    _ids: _Ids = field(default_factory=_Ids)

    def now(self) -> datetime:
        """Nothing → the instant it is, aware, UTC."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """Nothing → a time-ordered id."""
        return self._ids.new(time.time_ns() // 1_000_000)


@dataclass(slots=True)
class PlayedClock:
    """The clock of demo and simulation (D11): stands where it is put, or runs `speed` times as fast as the computer's.

    Ids keep the computer's time, so that they stay in the order they were made.
    """

    at: datetime
    speed: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _ids: _Ids = field(default_factory=_Ids)

    def now(self) -> datetime:
        """Nothing → the played instant, aware, UTC."""
        return self.at + timedelta(seconds=(time.monotonic() - self._began) * self.speed)

    def new_id(self) -> str:
        """Nothing → a time-ordered id."""
        return self._ids.new(time.time_ns() // 1_000_000)

    def play(self, at: datetime, speed: float) -> None:
        """From this instant on, at this speed; 0 stands still."""
        self.at, self.speed, self._began = at.astimezone(UTC), speed, time.monotonic()


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved; its ids are counted: for tests and golden files."""

    at: datetime
    counter: int = 0

    def now(self) -> datetime:
        """Nothing → the instant it was set to."""
        return self.at

    def new_id(self) -> str:
        """Nothing → the next counted id, in UUID form."""
        self.counter += 1
        return f"00000000-0000-4000-8000-{self.counter:012x}"


def monotonic() -> Callable[[], float]:
    """Nothing → a function giving seconds that never go backwards, for time-outs and measuring."""
    return time.monotonic

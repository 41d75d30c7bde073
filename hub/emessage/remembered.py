"""What is made of a party that comes in message after message is made once: remembered by value, within bounds.

The same few services send to the same few, and the same professionals sign. Patients, those around them and free text
are never remembered (ADR 0036).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec

V = TypeVar("V")
T = TypeVar("T")

MOST: Final = 512
LARGEST: Final = 2000
"""A larger value is made anew each time. Units: bytes."""
_written: Final = msgspec.msgpack.Encoder().encode


def is_small(value: Any) -> bool:
    """A value of a class of the codecs → whether it may be remembered."""
    return len(_written(value)) <= LARGEST


def remembered(make: Callable[[V], T]) -> Callable[[V], T]:
    """What makes something of a value → the same, made once of values that are equal."""
    again = lru_cache(MOST)(make)

    def made(value: V) -> T:
        return again(value) if is_small(value) else make(value)

    return made

"""What is made of a party that comes in message after message is made once: remembered by value, within bounds.

The same few services send to the same few, and the same professionals sign. Patients, those around them and free text
are never remembered (ADR 0036).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import msgspec

V = TypeVar("V")
T = TypeVar("T")

MOST: Final = 512
LARGEST: Final = 2000
"""A larger value is made anew each time. Units: bytes."""
_NOTHING: Final[Any] = object()
_written: Final = msgspec.msgpack.Encoder().encode


def is_small(value: Any) -> bool:
    """A value of a class of the codecs → whether it may be remembered."""
    return len(_written(value)) <= LARGEST


def remembered(
    make: Callable[[V], T], *, small: Callable[[V], bool] = is_small
) -> Callable[[V], T]:
    """What makes something of a value → the same, made once of values that are equal.

    Shape: `small` tells which values may be remembered; it is asked of those alone that are not remembered yet.
    """
    held: OrderedDict[V, T] = OrderedDict()

    def made(value: V) -> T:
        found = held.get(value, _NOTHING)
        if found is not _NOTHING:
            return cast("T", found)
        fresh = make(value)
        if small(value):
            held[value] = fresh
            if len(held) > MOST:
                held.popitem(last=False)
        return fresh

    return made

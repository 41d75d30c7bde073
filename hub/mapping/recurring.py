"""What is made of a party that comes in message after message is made once: remembered by value, within bounds.

The same few services send to the same few, and the same professionals sign. Patients, those around them and free text
are never remembered (ADR 0034).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec

from hub.mapping.narrative import Contained

T = TypeVar("T")

MOST: Final = 512
LARGEST: Final = 2000
"""A larger value is made anew each time. Units: bytes."""
_size_of: Final = msgspec.msgpack.Encoder().encode


def remembered(make: Callable[[Any], T]) -> Callable[[Any], T]:
    """What makes something of a value → the same, made once of values that are equal."""
    again = lru_cache(MOST)(make)

    def made(value: Any) -> T:
        return again(value) if len(_size_of(value)) <= LARGEST else make(value)

    return made


def remembered_inside(make: Callable[[Any, Contained], T]) -> Callable[[Any, Contained], T]:
    """What makes something of a value and of what is contained beside it → the same, made once of values that are equal.

    Shape: local ids count what is contained already, so that the place counts as well.
    """

    @lru_cache(MOST)
    def again(value: Any, before: int) -> tuple[T, tuple[Any, ...]]:
        inside = Contained([None] * before)
        made = make(value, inside)
        return made, tuple(inside.items[before:])

    def made(value: Any, contained: Contained) -> T:
        if len(_size_of(value)) > LARGEST:
            return make(value, contained)
        found, items = again(value, len(contained.items))
        contained.items.extend(items)
        return found

    return made

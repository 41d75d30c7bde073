"""What is contained of a party that comes in message after message is made once: remembered by value (ADR 0036)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hub.emessage.remembered import is_small, remembered
from hub.mapping.narrative import Contained

V = TypeVar("V")
T = TypeVar("T")


def remembered_inside(make: Callable[[V, Contained], T]) -> Callable[[V, Contained], T]:
    """What makes something of a value and of what is contained beside it → the same, made once of values that are equal.

    Shape: local ids count what is contained already, so that the place counts as well.
    """

    def again(key: tuple[V, int]) -> tuple[T, tuple[Any, ...]]:
        value, before = key
        inside = Contained([None] * before)
        made = make(value, inside)
        return made, tuple(inside.items[before:])

    recalled = remembered(again, small=lambda key: is_small(key[0]))

    def made(value: V, contained: Contained) -> T:
        found, items = recalled((value, len(contained.items)))
        contained.items.extend(items)
        return found

    return made

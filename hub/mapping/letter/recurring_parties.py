"""Parties of letters that come in letter after letter are made once: remembered by value (ADR 0036)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from hub.emessage.remembered import MOST, is_small
from hub.fhir.reading import read_tree
from hub.mapping.two_way import Json, Lens, Room


def remembered_party(lens: Lens) -> Lens:
    """The lens of an organisation or a professional → the same, what it writes made once of values that are equal.

    Shape: local ids count what is contained already, so that the place counts as well.
    """

    @lru_cache(MOST)
    def again(value: Any, before: int) -> tuple[Json, tuple[Any, ...]]:
        room = Room([None] * before, _nowhere, lambda _: None, {})
        made = lens.put(value, room)
        return made, tuple(map(read_tree, room.contained[before:]))

    def put(value: Any, room: Room) -> Json:
        if not is_small(value):
            return lens.put(value, room)
        made, contained = again(value, len(room.contained))
        room.contained.extend(contained)
        return _fresh(made)

    return replace(lens, put=put)


def _nowhere(resource: Json) -> Json:
    raise NotImplementedError(resource["resourceType"])


def _fresh(reference: Json) -> Json:
    """A reference → one that may be filled further."""
    made = dict(reference)
    if "extension" in made:
        made["extension"] = list(made["extension"])
    return made

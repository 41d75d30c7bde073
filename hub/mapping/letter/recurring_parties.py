"""Parties of letters that come in letter after letter are made once: remembered by value (ADR 0036)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub.emessage.remembered import is_small, remembered
from hub.fhir.reading import read_tree
from hub.mapping.two_way import Json, Lens, Room


def remembered_party(lens: Lens) -> Lens:
    """The lens of an organisation or a professional → the same, what it writes made once of values that are equal.

    Shape: local ids count what is contained already, so that the place counts as well.
    """

    def again(key: tuple[Any, int]) -> tuple[Json, tuple[Any, ...]]:
        value, before = key
        room = Room([None] * before, _nowhere, lambda _: None, {})
        made = lens.put(value, room)
        return made, tuple(map(read_tree, room.contained[before:]))

    recalled = remembered(again, small=lambda key: is_small(key[0]))

    def put(value: Any, room: Room) -> Json:
        made, contained = recalled((value, len(room.contained)))
        room.contained.extend(contained)
        return _fresh(made)

    return replace(lens, put=put)


def _nowhere(resource: Json) -> Json:
    """A party contains what belongs to it: a resource beside the letter would be lost to whoever recalls it."""
    raise AssertionError(f"a party that is remembered adds a {resource['resourceType']}")


def _fresh(reference: Json) -> Json:
    """A reference → one that may be filled further."""
    made = dict(reference)
    if "extension" in made:
        made["extension"] = list(made["extension"])
    return made

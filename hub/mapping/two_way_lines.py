"""The lines of a two-way table: a field of a message class, a place in FHIR, and how a value is written there and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hub.mapping.two_way_places import Json, Path


class Room(msgspec.Struct):
    """Where the parts of one resource are put while it is built, or found while it is read.

    Shape: `contained` are those of the resource, those of parties that recur made into structs already; `add` stores a resource of its own and gives the reference to it;
    `find` gives the resource a reference leads to, or None.
    """

    contained: list[Any]
    add: Callable[[Json], Json]
    find: Callable[[Json], Json | None]
    patient: Json

    def contain(self, resource: Json) -> Json:
        """A resource without id → the local reference to it."""
        local = f"{resource['resourceType'].lower()}-{len(self.contained) + 1}"
        self.contained.append({"resourceType": resource["resourceType"], "id": local, **resource})
        return {"reference": f"#{local}"}

    def resolve(self, reference: Json | None) -> Json | None:
        """A reference → what it leads to: contained here, or a resource beside."""
        target = str((reference or {}).get("reference") or "")
        if target.startswith("#"):
            return next((c for c in self.contained if c.get("id") == target[1:]), None)
        return self.find(reference) if reference else None

    def inside(self, contained: list[Any]) -> Room:
        """The contained resources of another resource → the room of that one."""
        return Room(contained, self.add, self.find, self.patient)


@dataclass(frozen=True, slots=True)
class Lens:
    """How one kind of value is written in FHIR and read back.

    Shape: `put` gives a JSON value or Leaf, None when there is nothing to say; `get` gives None for what says nothing;
    the type it is told is the class that the codec holds there. `as_is` is what must be true of a value (as an expression of
    Python, "{0}" for the value) that stands in FHIR just as it is; `put` decides about any other.
    """

    put: Callable[[Any, Room], Any]
    get: Callable[[Any, Room, Any], Any]
    note: str = ""
    as_is: str = ""


WHOLE: Final = "*"
"""The field of a line whose lens sees the whole value and gives several fields back."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table.

    Shape: `path` leads from the resource (or element) to the place, empty for the whole; `many` says that the last step
    is a list with one element for each value.
    """

    field: str
    path: Path
    lens: Lens
    many: bool = False

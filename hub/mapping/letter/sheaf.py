"""The resources of one letter while they are made, and while they are read again.

Source: http://hl7.org/fhir/R4/references.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hub.mapping.two_way import Json, Room


@dataclass(slots=True)
class Sheaf:
    """Resources as JSON trees by the references the others use. Shape: `patient` is the reference to the matched patient."""

    patient: Json
    new_id: Callable[[], str]
    made: dict[str, Json] = field(default_factory=dict[str, Json])

    def room(self) -> Room:
        """Nothing → the room of a new resource."""
        return Room([], self.add, lambda _: None, self.patient)

    def add(self, node: Json) -> Json:
        """A resource → it is kept; the reference to it."""
        url = f"urn:uuid:{self.new_id()}"
        self.made[url] = node
        return {"reference": url, "type": node["resourceType"]}

    def close(self, node: Json, room: Room) -> Json:
        """A finished resource and its room → it is kept with what it contains; the reference to it."""
        return self.add(with_contained(node, room))


def with_contained(node: Json, room: Room) -> Json:
    """A resource and its room → the resource with what it contains."""
    return {**node, "contained": list(room.contained)} if room.contained else node


@dataclass(frozen=True, slots=True)
class Shelf:
    """Resources of a record as JSON trees, by reference."""

    resources: Mapping[str, Json]

    def find(self, reference: Json | None) -> Json | None:
        """A reference → the resource, or None when it is not here."""
        return self.resources.get(str((reference or {}).get("reference") or ""))

    def room(self, node: Json) -> Room:
        """A resource → its room."""
        return Room(list(node.get("contained") or ()), lambda _: {}, self.find, {})

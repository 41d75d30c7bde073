"""Two-way mapping tables: each line pairs a field of a message class with a place in a FHIR resource, and is read both ways.

A letter that came in and goes out again must say the same, and a value edited in FHIR must show in the XML: one table
for both directions cannot disagree with itself. Resources are JSON trees here (`two_way_places.py`).
Source: architecture D7 (codecs are tables); http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.emessage.table import SELF, Field, table_of
from hub.mapping.two_way_lines import WHOLE, Lens, Line, Room
from hub.mapping.two_way_places import (
    Json,
    Leaf,
    Path,
    Slice,
    Step,
    add_all,
    get_all,
    get_at,
    put_leaf,
    set_at,
)
from hub.mapping.two_way_written import Put, write_out


@dataclass(frozen=True, slots=True)
class Shape:
    """A table for one kind of message class, whichever namespace it stands in: lines for fields that it has not are idle."""

    lines: tuple[Line, ...]
    _puts: dict[type, Put] = field(default_factory=dict[type, Put], compare=False, repr=False)

    def put(self, value: Any, node: Json, room: Room) -> Json:
        """A value → what its lines say, put into the node."""
        cls: type = value.__class__
        put = self._puts.get(cls)
        if put is None:
            put = self._puts[cls] = write_out(self.lines, cls)
        put(value, node, room)
        return node

    def get(self, node: Json, room: Room, cls: type) -> dict[str, Any]:
        """A node → the fields of the class that its lines find there."""
        kinds = kinds_of(cls)
        found: dict[str, Any] = {}
        for line in self.lines:
            if line.field == WHOLE:
                here = get_at(node, line.path)
                found |= line.lens.get(here, room, cls) if here is not None else {}
                continue
            kind = kinds.get(line.field)
            if kind is None:
                continue
            if line.many:
                parts = (line.lens.get(one, room, kind) for one in get_all(node, line.path))
                values = tuple(p for p in parts if p is not None)
                if values:
                    found[line.field] = values
            else:
                here = get_at(node, line.path)
                value = line.lens.get(here, room, kind) if here is not None else None
                if value is not None:
                    found[line.field] = value
        return found


_KINDS: Final[dict[type, dict[str, Any]]] = {}


def kinds_of(cls: type) -> dict[str, Any]:
    """A class of a codec → the kind of each of its fields."""
    found = _KINDS.get(cls)
    if found is None:
        found = _KINDS[cls] = {f.name: _kind(f, cls) for f in table_of(cls).fields}
    return found


def _kind(line: Field, owner: type) -> Any:
    kind = line.kinds[0][1]
    return owner if kind is SELF else kind


def filled(cls: type, found: Mapping[str, Any]) -> Any:
    """A class and the fields that were found → the value; a required part that FHIR does not say stands empty.

    Shape: an empty element is what the schema allows of a code, time or text that is required and unknown.
    """
    given = dict(found)
    lines = table_of(cls)
    if lines.may_be_empty and not given:
        return cls()
    for line in lines.fields:
        if line.name in given:
            continue
        if line.least and not _in_choice(cls, line.name):
            given[line.name] = _nothing(line, cls)
        else:
            given[line.name] = () if line.many else None
    return cls(**given)


def _in_choice(cls: type, name: str) -> bool:
    return any(name in choice.fields for choice in table_of(cls).choices)


def _nothing(line: Field, owner: type) -> Any:
    kind = _kind(line, owner)
    empty: Any = filled(kind, {}) if isinstance(kind, type) else line.fixed or ""
    return (empty,) if line.many else empty


def extension(url: str, *rest: Step) -> Path:
    """The URL of an extension and the rest of a path → the path through it."""
    return (Slice("extension", {"url": url}), *rest)


def inside(key: str, lens: Lens) -> Lens:
    """A field name and a lens → the lens of an object that holds the value in that field."""
    return Lens(
        lambda value, room: {key: lens.put(value, room)},
        lambda node, room, kind: lens.get(node[key], room, kind) if key in node else None,
        lens.note,
    )


__all__ = [
    "WHOLE",
    "Json",
    "Leaf",
    "Lens",
    "Line",
    "Path",
    "Room",
    "Shape",
    "Slice",
    "Step",
    "add_all",
    "extension",
    "filled",
    "get_all",
    "get_at",
    "inside",
    "kinds_of",
    "put_leaf",
    "set_at",
]

"""Parts of a message that FHIR has no element for → a complex extension with one named, typed part for each field.

Source: http://hl7.org/fhir/R4/extensibility.html (complex extensions).
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.datatypes import BL, CS, CV, PQ, TS, URL
from hub.emessage.simple_types import ANY_URI, BOOLEAN, DATE, DATE_TIME, INTEGER, YEAR
from hub.emessage.table import table_of
from hub.mapping import two_way_values as values
from hub.mapping.two_way import (
    Json,
    Lens,
    Path,
    Room,
    Slice,
    filled,
    get_all,
    get_at,
    kinds_of,
    put_leaf,
)
from hub.mapping.two_way_codes import CONCEPT

_LENSES: Final[dict[Any, tuple[str, Lens]]] = {
    CS: ("valueCodeableConcept", CONCEPT),
    CV: ("valueCodeableConcept", CONCEPT),
    PQ: ("valueQuantity", values.QUANTITY),
    TS: ("valueDateTime", values.TIME),
    URL: ("valueContactPoint", values.POINT),
    BL: ("valueBoolean", values.YES_NO),
    BOOLEAN: ("valueBoolean", values.BOOLEAN),
    DATE: ("valueDate", values.DAY),
    DATE_TIME: ("valueDateTime", values.TIME),
    INTEGER: ("valueInteger", values.INTEGER),
    ANY_URI: ("valueUri", values.URI),
    YEAR: ("valueDate", values.YEAR),
}


def complex_extension(url: str) -> Lens:
    """The URL of a complex extension → the lens of a class: a part for each field, named as the field."""
    return Lens(
        lambda value, room: {"url": url, "extension": _put_parts(value, room)},
        lambda node, room, kind: filled(kind, _get_parts(node, room, kind)),
        "complex extension, one part for each element",
    )


def at(url: str) -> Path:
    """The URL of an extension → its place in the list of extensions."""
    return (Slice("extension", {"url": url}),)


def part_name(field: str) -> str:
    """The name of a field → the name of its part."""
    return field.replace("_", "-")


def _put_parts(value: Any, room: Room) -> list[Json]:
    parts: list[Json] = []
    cls: type = value.__class__
    for line in table_of(cls).fields:
        held = getattr(value, line.name)
        for one in held if line.many else (held,) if held is not None else ():
            part: Json = {"url": part_name(line.name)}
            kind = kinds_of(cls)[line.name]
            put_typed(part, one, kind, room)
            parts.append(part)
    return parts


def put_typed(part: Json, one: Any, kind: Any, room: Room) -> None:
    """A node, a value and the kind it has in the codec → value[x] of its type (or parts of its own) put into the node."""
    own = _LENSES.get(kind)
    if own is not None:
        shown = CV(v=one.v, dn=one.dn) if isinstance(one, CS) else one
        put_leaf(part, own[0], own[1].put(shown, room))
    elif isinstance(kind, type):
        part["extension"] = _put_parts(one, room)
    else:
        put_leaf(part, "valueString", values.TEXT.put(one, room))


def _get_parts(node: Json, room: Room, cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in table_of(cls).fields:
        kind = kinds_of(cls)[line.name]
        parts = get_all(node, (Slice("extension", {"url": part_name(line.name)}),))
        given = [g for g in (get_typed(part, kind, room) for part in parts) if g is not None]
        if given:
            found[line.name] = tuple(given) if line.many else given[0]
    return found


def get_typed(part: Json, kind: Any, room: Room) -> Any:
    """A node and the kind of the codec → the value that stands in its value[x], or None."""
    own = _LENSES.get(kind)
    if own is None and isinstance(kind, type):
        return filled(kind, _get_parts(part, room, kind))
    name, lens = own or ("valueString", values.TEXT)
    here = get_at(part, (name,))
    if here is None:
        return None
    value = lens.get(here, room, kind)
    return CS(v=value.v, dn=value.dn) if kind is CS and value is not None else value

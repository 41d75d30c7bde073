"""Plain JSON that may be wrong → a struct to try invariants on, without checking what it is made of.

The reject path tells a broken rule also where something else is wrong beside it (explain.py); nothing else may use these.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.elements import Element, elements_of

Json = dict[str, Any]
Made = dict[tuple[int, type[msgspec.Struct]], Any]
"""What was made of the objects of one body, by their identity: what an inner one became serves those around it."""


def loosely(read: Json, cls: type[msgspec.Struct], made: Made) -> Any:
    """A JSON object and the struct it should be → that struct, unknown members left out, values as they came."""
    known = made.get((id(read), cls))
    if known is not None:
        return known
    values: Json = {}
    for name, element in elements_of(cls).items():
        value = read.get(name)
        if element.many:
            items = cast("list[Any]", value) if isinstance(value, list) else []
            values[element.attribute] = tuple(_value(element, item, made) for item in items)
        else:
            values[element.attribute] = _value(element, value, made)
    struct = made[id(read), cls] = cls(**values)
    return struct


def _value(element: Element, value: Any, made: Made) -> Any:
    if isinstance(value, dict):
        read = cast("Json", value)
        kind = read.get("resourceType")
        if element.struct is not None:
            return loosely(read, element.struct, made)
        if element.kind == "Resource" and isinstance(kind, str) and kind in RESOURCE_TYPES:
            return loosely(read, struct_for(kind), made)
        return None
    return None if element.struct is not None or isinstance(value, list) else value

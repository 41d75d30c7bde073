"""Plain JSON that may be wrong → a struct to try invariants on, without checking what it is made of.

The reject path tells a broken rule also where something else is wrong beside it (explain.py); nothing else may use these.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.elements import Element, elements_of

Json = dict[str, Any]


def loosely(read: Json, cls: type[msgspec.Struct]) -> Any:
    """A JSON object and the struct it should be → that struct, unknown members left out, values as they came."""
    values: Json = {}
    for name, element in elements_of(cls).items():
        value = read.get(name)
        if element.many:
            items = cast("list[Any]", value) if isinstance(value, list) else []
            values[element.attribute] = tuple(_value(element, item) for item in items)
        else:
            values[element.attribute] = _value(element, value)
    return cls(**values)


def _value(element: Element, value: Any) -> Any:
    if isinstance(value, dict):
        made = cast("Json", value)
        kind = made.get("resourceType")
        if element.struct is not None:
            return loosely(made, element.struct)
        if element.kind == "Resource" and isinstance(kind, str) and kind in RESOURCE_TYPES:
            return loosely(made, struct_for(kind))
        return None
    return None if element.struct is not None or isinstance(value, list) else value

"""What makes two bodies the same to a validator that has seen one: (type, places that are filled).

Thousands of stored values differ in their values alone; one of each shape is shown to both validators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

Json = dict[str, Any]


def shape_of(read: Any) -> frozenset[str]:
    """A body → its type, the paths that are filled, and what decides the rules of a Bundle."""
    return frozenset(_paths(read, ""))


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "resourceType" or (name == "type" and isinstance(inner, str)):
                yield f"{path}.{name}={inner}"
            yield from _paths(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, path)
    else:
        yield path


def thinned(read: Json) -> Json:
    """A Bundle → the same with one entry of each shape; anything else → itself."""
    if read.get("resourceType") != "Bundle" or "entry" not in read:
        return read
    kept = {shape_of(each): each for each in reversed(read["entry"])}
    return {**read, "entry": list(reversed(kept.values()))}


def distinct(named: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Names and bodies → the first of each shape, Bundles thinned; what is not FHIR JSON is left out."""
    seen: set[frozenset[str]] = set()
    for name, body in named:
        read = msgspec.json.decode(body)
        if not isinstance(read, dict) or "resourceType" not in read:
            continue
        shape = shape_of(read)
        if shape not in seen:
            seen.add(shape)
            # Thinning goes by way of floats; a body that is one resource stays as it is, byte for byte.
            yield name, msgspec.json.encode(thinned(read)) if "entry" in read else body

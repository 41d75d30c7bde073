"""A FHIR value put at a place of a sheet, and got from a place of a struct.

Source: http://hl7.org/fhir/R4/extensibility.html; http://hl7.org/fhir/R4/json.html#primitive.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.fhir.models.r4.datatypes import Extension
from hub.mapping.both_ways.sheet import Place, Sheet, add_extension
from hub.mapping.both_ways.ways import Way


def put_pair(owner: Sheet, name: str, value: Any, companion: Any) -> None:
    """A primitive and its companion → they stand under the name."""
    if value is not None:
        owner[name] = value
    if companion is not None:
        owner[f"{name}_ext"] = companion


def put_at(spot: Place, way: Way, made: Any, owner: Sheet) -> None:
    """A FHIR value (a pair when simple) → it stands at the place."""
    if spot.extension:
        add_extension(owner, _extension(spot.extension, way, made))
    elif way.simple:
        value, companion = made
        if value is not None:
            owner[spot.name] = value
        if companion is not None:
            owner[f"{spot.name}_ext"] = companion
    elif spot.many:
        owner.setdefault(spot.name, []).append(made)
    else:
        owner[spot.name] = made


def _extension(url: str, way: Way, made: Any) -> Any:
    if isinstance(made, Sheet):
        made["url"] = url
        return made
    name = f"value{way.suffix}"
    parts: dict[str, Any] = {name: made}
    if way.simple:
        parts[name], parts[f"{name}_ext"] = made
    return Extension(url=url, **parts)


def got_at(spot: Place, way: Way, owner: Any) -> Iterable[Any]:
    """The struct that owns a place → the FHIR values that stand there (pairs when simple)."""
    if spot.extension:
        for each in owner.extension:
            if each.url == spot.extension:
                yield _extension_value(each, way)
        return
    here = getattr(owner, spot.name)
    if way.simple:
        pair = (here, getattr(owner, f"{spot.name}_ext"))
        if pair != (None, None):
            yield pair
    elif not spot.many:
        if here is not None:
            yield here
    elif spot.at is None:
        yield from here
    elif len(here) > spot.at:
        yield here[spot.at]


def _extension_value(extension: Extension, way: Way) -> Any:
    if not way.suffix:
        return extension
    name = f"value{way.suffix}"
    value = getattr(extension, name)
    return (value, getattr(extension, f"{name}_ext")) if way.simple else value

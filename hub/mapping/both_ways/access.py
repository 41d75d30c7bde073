"""A FHIR value put at a place of a sheet, and got from a place of a struct.

Source: http://hl7.org/fhir/R4/extensibility.html; http://hl7.org/fhir/R4/json.html#primitive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def placed(spot: Place, way: Way) -> Callable[[Any, Sheet], None]:
    """A place and how its value goes → what puts a FHIR value (a pair when simple) into the sheet that owns the place."""
    if spot.extension:
        return _in_extension(spot.extension, way)
    name, beside = spot.name, f"{spot.name}_ext"

    def put_pair_there(made: Any, owner: Sheet) -> None:
        value, companion = made
        if value is not None:
            owner[name] = value
        if companion is not None:
            owner[beside] = companion

    def append(made: Any, owner: Sheet) -> None:
        owner.add(name, made)

    def put(made: Any, owner: Sheet) -> None:
        owner[name] = made

    return put_pair_there if way.simple else append if spot.many else put


def _in_extension(url: str, way: Way) -> Callable[[Any, Sheet], None]:
    name, beside = f"value{way.suffix}", f"value{way.suffix}_ext"

    def put_parts(made: Any, owner: Sheet) -> None:
        made["url"] = url
        add_extension(owner, made.close())

    def put_pair_there(made: Any, owner: Sheet) -> None:
        parts: dict[str, Any] = {"url": url, name: made[0], beside: made[1]}
        add_extension(owner, Extension(**parts))

    def put(made: Any, owner: Sheet) -> None:
        parts: dict[str, Any] = {"url": url, name: made}
        add_extension(owner, Extension(**parts))

    return put_parts if not way.suffix else put_pair_there if way.simple else put


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

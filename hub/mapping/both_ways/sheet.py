"""A FHIR struct while it is being filled, and places in it: a path such as `dosage[0].text` or `name[0]@middle`.

A place is worked out once from the models' own annotations; going it puts a value, coming back it gets one.
Source: style.md §2.1 (tables are walked); http://hl7.org/fhir/R4/extensibility.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hub.fhir.models.elements import elements_of
from hub.fhir.models.r4.datatypes import Extension

_ATTRIBUTES: Final[dict[type, dict[str, Any]]] = {}


def _elements(struct: type) -> dict[str, Any]:
    found = _ATTRIBUTES.get(struct)
    if found is None:
        found = {e.attribute: e for e in elements_of(struct).values()}
        _ATTRIBUTES[struct] = found
    return found


class Sheet(dict[str, Any]):
    """The attributes of one struct, what repeats as tuples, nested structs as Sheets; `close` makes the struct.

    Shape: `inner` names what is a Sheet or a list that holds some: the rest is as it is to be.
    """

    __slots__ = ("cls", "inner")

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.inner: tuple[str, ...] = ()

    def add(self, name: str, *values: Any) -> None:
        """The name of what repeats, and values → they stand behind those that are there."""
        self[name] = (*self.get(name, ()), *values)

    def inside(self, name: str, struct: type, at: int | None) -> Sheet:
        """The name of what is nested, its class and its place where it repeats → its sheet, made where it is missing."""
        held: Any = self.get(name)
        if at is None:
            if held is None:
                held = self[name] = Sheet(struct)
                self.inner = (*self.inner, name)
            return held
        if held.__class__ is not list:
            held = self[name] = list(held or ())
            self.inner = (*self.inner, name)
        while len(held) <= at:
            held.append(Sheet(struct))
        return held[at]

    def close(self) -> Any:
        """Nothing → the struct."""
        return self.cls(**closed(self)) if self.inner else self.cls(**self)


def closed(sheet: Sheet) -> Sheet:
    """A sheet → the same, everything inside it made."""
    for name in sheet.inner:
        value = sheet[name]
        if value.__class__ is Sheet:
            sheet[name] = value.close()
        else:
            sheet[name] = tuple([p.close() if p.__class__ is Sheet else p for p in value])
    return sheet


def add_extension(sheet: Sheet, extension: Extension) -> None:
    """A sheet and an extension → it is on the sheet."""
    sheet["extension"] = (*sheet.get("extension", ()), extension)


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    struct: type
    at: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. Shape: `extension` is the url when it stands in one; `many` when `name` is a list."""

    path: str
    steps: tuple[_Step, ...]
    name: str
    at: int | None
    many: bool
    extension: str | None

    def owner_to_fill(self, sheet: Sheet) -> Sheet:
        """The outermost sheet → the sheet that holds the value, made where it is missing."""
        for step in self.steps:
            sheet = sheet.inside(step.name, step.struct, step.at)
        return sheet

    def owner(self, struct: Any) -> Any:
        """The outermost struct → the struct that holds the value, or None when a step is missing."""
        for step in self.steps:
            struct = getattr(struct, step.name)
            if step.at is not None:
                struct = struct[step.at] if len(struct) > step.at else None
            if struct is None:
                return None
        return struct


def place(cls: type, path: str, base: str) -> Place:
    """A struct class, a path in it and the base of extension urls → Place."""
    whole, _, extension = path.partition("@")
    parts = whole.split(".") if whole else []
    steps: list[_Step] = []
    last = (parts or [""])[-1]
    leading = parts if extension else parts[:-1]
    for part in leading:
        name, _, index = part.partition("[")
        struct = _elements(cls)[name].struct
        steps.append(_Step(name, struct, int(index[:-1]) if index else None))
        cls = struct
    if extension:
        url = extension if "/" in extension else f"{base}{extension}"
        return Place(path, tuple(steps), "extension", None, many=True, extension=url)
    name, _, index = last.partition("[")
    element = _elements(cls)[name]
    at = int(index[:-1]) if index else None
    return Place(path, tuple(steps), name, at, many=element.many, extension=None)


def is_empty(struct: msgspec.Struct) -> bool:
    """A struct → whether nothing is in it."""
    return all(not getattr(struct, name) for name in struct.__struct_fields__)

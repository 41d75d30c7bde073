"""The elements of a generated struct, read from its annotations, for code that walks plain JSON or any resource.

Source: http://hl7.org/fhir/R4/elementdefinition.html; the annotations are written by tools/generate_models.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, cast, get_args, get_origin

import msgspec
from msgspec import Raw
from msgspec.structs import fields

from hub.fhir.models.primitives import PATTERNS

_JSON_TYPES: Final = {
    "boolean": "boolean", "decimal": "number", "integer": "number", "positiveInt": "number", "unsignedInt": "number",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON member a struct knows.

    Shape: `kind` is a FHIR type name or "Resource"; `struct` is set for complex ones; `nullable` for arrays whose items
    may be null beside a companion; `codes` the required codes.
    """

    attribute: str
    kind: str
    many: bool
    nullable: bool
    annotation: Any
    struct: type[msgspec.Struct] | None = None
    codes: tuple[str, ...] = ()

    @property
    def json_type(self) -> str:
        """The JSON type its values have."""
        return _JSON_TYPES.get(self.kind, "string")

    def takes(self, value: Any) -> bool:
        """A JSON value → whether it has the right JSON type."""
        if self.json_type == "boolean":
            return isinstance(value, bool)
        if self.json_type == "string":
            return isinstance(value, str)
        if isinstance(value, bool):
            return False
        return (
            isinstance(value, int | Decimal) if self.kind == "decimal" else isinstance(value, int)
        )

    def matches(self, value: Any) -> bool:
        """A value of the right JSON type → whether it is one of the FHIR type."""
        if self.kind in PATTERNS and re.search(PATTERNS[self.kind], value) is None:
            return False
        try:
            msgspec.convert(value, self.annotation)
        except (msgspec.ValidationError, OverflowError):
            return False
        return True


@cache
def elements_of(struct: type[msgspec.Struct]) -> dict[str, Element]:
    """A generated struct → JSON name → its Element, in the order of the definition."""
    return {f.encode_name: _element(f.name, f.type) for f in fields(struct)}


def _element(attribute: str, annotation: Any) -> Element:
    inner, many, nullable = annotation, False, False
    if get_origin(annotation) is Annotated and get_origin(get_args(annotation)[0]) is tuple:
        many = True
        inner = get_args(get_args(annotation)[0])[0]
        options = [a for a in get_args(inner) if a is not type(None)]
        if type(None) in get_args(inner):
            nullable = True
            inner = options[0] if len(options) == 1 else inner
    if inner is Raw:
        return Element(attribute, "Resource", many, nullable, inner)
    if get_origin(inner) is Literal:
        return Element(
            attribute, "code", many, nullable, inner, None, cast("tuple[str, ...]", get_args(inner))
        )
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return Element(attribute, inner.__name__, many, nullable, inner, inner)
    return Element(attribute, _primitive(inner), many, nullable, inner)


def _primitive(annotation: Any) -> str:
    if annotation is bool:
        return "boolean"
    if annotation is Decimal:
        return "decimal"
    for meta in getattr(annotation, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.extra:
            return meta.extra["fhir"]
    message = f"no FHIR type for {annotation!r}"
    raise TypeError(message)

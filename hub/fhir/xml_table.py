"""What XML needs to know of a struct, from the generated models: the order of elements, and what is an attribute.

Source: http://hl7.org/fhir/R4/xml.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec

from hub.fhir.models import struct_for
from hub.fhir.models.elements import Element, elements_of

FHIR: Final = "http://hl7.org/fhir"
XHTML: Final = "http://www.w3.org/1999/xhtml"


@dataclass(frozen=True, slots=True)
class Table:
    """One struct as XML sees it.

    Shape: `elements` by name in the order they must stand, attributes left out; `rank` their places, `_name` beside
    `name`; `attributes` those of the element itself; `aside` the members of its JSON that are no elements.
    """

    elements: Mapping[str, Element]
    rank: Mapping[str, int]
    attributes: tuple[str, ...]
    aside: tuple[str, ...]


@cache
def table_for(struct: type[msgspec.Struct]) -> Table:
    """A generated struct → its Table."""
    attributes: tuple[str, ...] = ()
    if struct.__struct_config__.tag is None:  # a resource's id is an element
        attributes = ("id", "url") if struct.__name__ == "Extension" else ("id",)
    elements = {
        name: element
        for name, element in elements_of(struct).items()
        if not name.startswith("_") and name not in attributes
    }
    rank = {name: place for place, name in enumerate(elements)}
    rank |= {f"_{name}": place for name, place in rank.items()}
    return Table(elements, rank, attributes, attributes or ("resourceType",))


@cache
def companion_table() -> Table:
    """What may stand in a primitive: an id and extensions."""
    return table_for(elements_of(struct_for("Basic"))["_language"].struct)

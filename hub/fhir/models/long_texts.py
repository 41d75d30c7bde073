"""A decoded resource → the texts in it that are longer than FHIR lets a text be.

Source: http://hl7.org/fhir/R4/datatypes.html#string ("strings SHALL NOT exceed 1MB (1024*1024 characters) in size").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from hub.fhir.models.elements import elements_of
from hub.fhir.wire import MAX_TEXT
from hub.problems import Problem, ProblemCode

TEXTS: Final = frozenset({"string", "markdown", "code"})
"""The types of elements that are texts; base64Binary is none."""
TOO_LONG: Final = f"A text has at most {MAX_TEXT} characters"


def long_texts(resource: Struct, where: str) -> Iterator[Problem]:
    """A struct, nested resources decoded, and its name → one BAD_VALUE for each text that is too long."""
    for name, element in elements_of(type(resource)).items():
        value: Any = getattr(resource, element.attribute)
        if not value or element.attribute.startswith("_"):
            continue
        here = f"{where}.{name.removeprefix('_')}"
        for place, one in enumerate(value if element.many else (value,)):
            at = f"{here}[{place}]" if element.many else here
            if element.struct is not None or element.kind == "Resource":
                if one is not None:
                    yield from long_texts(one, at)
            elif element.kind in TEXTS and one is not None and len(one) > MAX_TEXT:
                yield Problem(ProblemCode.BAD_VALUE, TOO_LONG, at)

"""Values of string parameters → index entries, each part of a name or an address by itself.

Source: http://hl7.org/fhir/R4/search.html#string.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from hub.fhir.search.entry import Extraction, IndexEntry
from hub.fhir.search.fold import fold
from hub.fhir.search.token_entries import Leaf

_PARTS: Final = {
    "HumanName": ("text", "family", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}


def string_leaf(param: str, kind: str) -> Leaf:
    """A string parameter and the FHIR type it finds → what makes entries of a value."""
    parts = _PARTS.get(kind, ())

    def leaf(value: Any, run: Extraction, slot: int) -> None:
        run.many = True
        for text in _texts(getattr(value, part) for part in parts) if parts else (value,):
            run.found.append(IndexEntry(param, "string", text=text, folded=fold(text), slot=slot))

    return leaf


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif value is not None:
            yield from (item for item in value if item is not None)

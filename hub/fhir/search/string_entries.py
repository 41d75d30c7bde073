"""Values of string parameters → index entries, each part of a name or an address by itself.

Source: http://hl7.org/fhir/R4/search.html#string.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from hub.fhir.search.entry import Extraction, IndexEntry, there
from hub.fhir.search.fold import fold
from hub.fhir.search.query import PART_OF
from hub.fhir.search.token_entries import Leaf

_PARTS: Final = {
    "HumanName": ("text", "family", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}
_MOST_WORDS: Final = 8
"""How many words of a family name are looked for by themselves."""


def string_leaf(param: str, kind: str, *, family: bool = False) -> Leaf:
    """A string parameter and the FHIR type it finds → what makes entries of a value; `family` for family names.

    "Servers should search the parts of a family name independently": each word behind the first begins an entry of its own.
    """
    parts = _PARTS.get(kind, ())
    later = PART_OF.format(param=param)

    def leaf(value: Any, run: Extraction, slot: int) -> None:
        run.many = True
        before = len(run.found)
        for text in _texts(getattr(value, part) for part in parts) if parts else (value,):
            run.found.append(IndexEntry(param, "string", text=text, folded=fold(text), slot=slot))
        if parts and len(run.found) == before:
            run.found.append(there(param, slot))
        name = value if family else value.family if kind == "HumanName" else None
        for rest in _later(name):
            run.found.append(IndexEntry(later, "string", folded=rest, slot=slot))

    return leaf


def _later(name: str | None) -> Iterator[str]:
    """A family name → what it goes on with from each word behind the first."""
    words = fold(name or "").split()
    for first in range(1, min(len(words), _MOST_WORDS)):
        yield " ".join(words[first:])


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif value is not None:
            yield from (item for item in value if item is not None)

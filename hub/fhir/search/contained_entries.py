"""A resource → what it contains, decoded, and the entries that are found by through what leads there.

Source: http://hl7.org/fhir/R4/search.html#contained ("a chained condition will be evaluated inside contained resources").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from hub.fhir.models import struct_for
from hub.fhir.models.decoders import decoder_for
from hub.fhir.search.entry import Extraction, IndexEntry, there
from hub.fhir.search.query import DEEPEST, INSIDE


class _Head(Struct):
    resourceType: str  # noqa: N815 - the member is called so


_HEAD: Final = msgspec.json.Decoder(_Head)


def by_id(held: tuple[Any, ...]) -> Mapping[str, Any]:
    """What a decoded resource contains → the same by id, decoded."""
    return {each.id: each for each in _decoded(held) if each.id is not None}


def _decoded(held: tuple[Any, ...]) -> Iterator[Any]:
    for each in held:
        if not isinstance(each, Raw):  # one of a mapper's
            yield each
            continue
        # Stored before it was checked as today: then it is found by nothing
        with suppress(msgspec.DecodeError, ValueError, KeyError):
            yield decoder_for(struct_for(_HEAD.decode(each).resourceType)).decode(each)


def contained_entries(
    run: Extraction, read: Callable[[Any, Extraction], None], depth: int = 1
) -> list[IndexEntry]:
    """What was read of a resource, and what reads one → the entries of the contained ones it leads to.

    Shape: their parameters stand behind the one that leads there and the type (`medication#Medication.code`); the slot says
    which of the contained ones it is. That there is one at all is an entry of its own.
    """
    inside = run.inside or {}
    slots = {here: slot for slot, here in enumerate(inside, 1)}
    found: list[IndexEntry] = []
    for param, here in dict.fromkeys(run.local):
        own = Extraction(run.base_url, run.zone, [], inside=inside)
        read(inside[here], own)
        if depth < DEEPEST:
            own.found += contained_entries(own, read, depth + 1)
        head, slot = INSIDE.format(param=param, type=type(inside[here]).__name__), slots[here]
        found.append(there(head, slot))
        found += [replace(each, param=f"{head}.{each.param}", slot=slot) for each in own.found]
    return found

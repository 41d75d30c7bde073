"""A concept with its modifiers (Diagnosis, CodedDescr, CodedComment, DiagComment) ↔ CodeableConcept.

Source: Epikrise-v1.2.xsd, Henvisning-v2.0.xsd (Concept, Modifier); the modifier S is a star code of ICD-10.
"""

from __future__ import annotations

from typing import Any, Final

from hub.mapping.letter.urls import MODIFIER, OTHER_TEXT
from hub.mapping.two_way import Json, Lens, Room, filled, get_all, kinds_of
from hub.mapping.two_way_codes import CONCEPT
from hub.mapping.two_way_extension import at, complex_extension

_MODIFIER: Final = complex_extension(MODIFIER)


def _put(value: Any, room: Room) -> Json:
    node: Json = dict(CONCEPT.put(value.concept, room))
    beside: list[Json] = [
        *(node.get("extension") or ()),
        *(_MODIFIER.put(m, room) for m in value.modifier),
    ]
    if "coding" not in node and "text" in node:
        beside.append({"url": OTHER_TEXT, "valueBoolean": True})
    return {**node, "extension": beside} if beside else node


def _get(node: Json, room: Room, kind: Any) -> Any:
    kinds = kinds_of(kind)
    modifiers = (_MODIFIER.get(e, room, kinds["modifier"]) for e in get_all(node, at(MODIFIER)))
    return filled(
        kind, {"concept": CONCEPT.get(node, room, kinds["concept"]), "modifier": tuple(modifiers)}
    )


def is_coded(node: Json | None) -> bool:
    """A CodeableConcept → whether it says a code, or words in place of one; else its text is a description."""
    if node is None:
        return False
    marks = {e.get("url") for e in node.get("extension") or ()}
    return bool(node.get("coding")) or OTHER_TEXT in marks or MODIFIER in marks


CODED: Final = Lens(_put, _get, "modifiers in an extension")
"""A concept with its modifiers ↔ CodeableConcept."""

"""The codes of letters, both ways: CS and CV as Coding and CodeableConcept.

Source: kith.xsd; identifiers-and-codes.md; http://hl7.org/fhir/R4/datatypes.html#codesystem.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from hub.emessage.datatypes import CS, CV
from hub.mapping.codes import oid_system
from hub.mapping.message_urls import ATC, CODE_AS_SENT, ICPC_2
from hub.mapping.two_way import Json, Lens, Path, Room, Slice, get_at, put_leaf
from hub.mapping.two_way_values import (
    CODE_TEXT,
    TO_CODE,
    UNKNOWN,
    ToFhir,
    as_leaf,
    as_text,
    said,
    unleaf,
)
from hub.mapping.urls import VOLVEN

_OIDS: Final = {ATC: "2.16.578.1.12.4.1.1.7180", ICPC_2: "2.16.578.1.12.4.1.1.7170"}


def _put_coding(value: CS | CV, system: str | None) -> Json:
    code, shown = value.v, value.dn
    if code and shown and (code.isalnum() or CODE_TEXT.fullmatch(code)) and not shown.isspace():
        if system is None:
            return {"code": code, "display": shown}
        return {"system": system, "code": code, "display": shown}
    node: Json = {}
    if system is not None:
        node["system"] = system
    if value.v is not None:
        put_leaf(node, "code", said(value.v, TO_CODE, str))
    if value.dn is not None:
        put_leaf(node, "display", said(value.dn, as_text, str))
    return node


def _get_part(node: Json, key: str, to_fhir: ToFhir) -> str | None:
    found = get_at(node, (key,))
    return None if found is None else unleaf(as_leaf(found), to_fhir, str)


def _oid_of(system: str | None) -> str | None:
    if system is None:
        return None
    oid = _OIDS.get(system, system.removeprefix("urn:oid:"))
    return oid if re.fullmatch(r"[0-9.]+", oid) else None


def _get_cs(node: Json) -> CS:
    return CS(v=_get_part(node, "code", TO_CODE), dn=_get_part(node, "display", as_text))


def _get_cv(node: Json, ot: str | None) -> CV:
    return CV(
        v=_get_part(node, "code", TO_CODE),
        dn=_get_part(node, "display", as_text),
        s=_oid_of(node.get("system")),
        ot=ot,
    )


def _list_system(number: str) -> str | None:
    return f"{VOLVEN}{number}" if number else None


@cache
def coding(number: str) -> Lens:
    """The list that an element implies → the lens CS ↔ Coding."""
    system = _list_system(number)

    def put(value: CS, _room: Room) -> Json:
        return _put_coding(value, system)

    return Lens(put, lambda node, _room, _kind: _get_cs(node), f"list {number}")


@cache
def concept(number: str) -> Lens:
    """The list that an element implies → the lens CS ↔ CodeableConcept."""
    system = _list_system(number)

    def put(value: CS, _room: Room) -> Json:
        made = _put_coding(value, system)
        return {"coding": [made]} if made else {"extension": [UNKNOWN]}

    def get(node: Json, _room: Room, _kind: Any) -> CS | None:
        codings: list[Json] = node.get("coding") or []
        own = next((c for c in codings if c.get("system") == system), None)
        found = own if own is not None else next(iter(codings), None)
        if found is not None:
            return _get_cs(found)
        if node.get("text"):
            return CS(dn=node["text"])
        return CS() if node.get("extension") else None

    return Lens(put, get, f"list {number}")


def _put_cv(value: CV, _room: Room) -> Json:
    node: Json = {}
    made = _put_coding(value, oid_system(value.s))
    if made:
        node["coding"] = [made]
    if value.ot is not None:
        put_leaf(node, "text", said(value.ot, as_text, str))
    return node or {"extension": [UNKNOWN]}


def _get_cv_concept(node: Json, _room: Room, _kind: Any) -> CV | None:
    codings: list[Json] = node.get("coding") or []
    other = get_at(node, ("text",))
    ot = unleaf(as_leaf(other), as_text, str) if other is not None else None
    if not codings and ot is None and not node.get("extension"):
        return None
    return _get_cv(codings[0] if codings else {}, ot)


CONCEPT: Final = Lens(_put_cv, _get_cv_concept)
"""CV ↔ CodeableConcept: OT is the text."""


def _put_cv_coding(value: CV, _room: Room) -> Json:
    node = _put_coding(value, oid_system(value.s))
    if value.ot is not None:
        node["extension"] = [{"url": CODE_AS_SENT, "valueCodeableConcept": {"text": value.ot}}]
    return node or {"extension": [UNKNOWN]}


def _get_cv_coding(node: Json, _room: Room, _kind: Any) -> CV:
    told = get_at(node, (Slice("extension", {"url": CODE_AS_SENT}), "valueCodeableConcept", "text"))
    return _get_cv(node, told.value if told is not None else None)


@cache
def code(number: str) -> Lens:
    """The list that is meant → the lens CS or CV ↔ CodeableConcept; a CV names its list itself."""
    plain = concept(number)
    return Lens(
        lambda value, room: (
            _put_cv(value, room) if isinstance(value, CV) else plain.put(value, room)
        ),
        lambda node, room, kind: (CONCEPT if kind is CV else plain).get(node, room, kind),
        f"list {number}",
    )


CODING: Final = Lens(_put_cv_coding, _get_cv_coding)
"""CV ↔ Coding: OT stands in an extension."""


def as_sent(number: str) -> Path:
    """The number of a list → the place of a code that FHIR has no element for, told by its list."""
    system = _list_system(number)
    wanted = {"url": CODE_AS_SENT, "valueCodeableConcept": {"coding": [{"system": system}]}}
    return (Slice("extension", wanted), "valueCodeableConcept")

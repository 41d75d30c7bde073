"""The datatypes of letters, both ways: codes, times, quantities, texts, identifiers and addresses.

What FHIR cannot hold as written (a time of day without a day, an exponent, a zone that is the usual one anyway) stands in
the extension `rendered-value` beside the nearest FHIR value; it counts only as long as that value is not changed.
Source: kith.xsd; identifiers-and-codes.md; http://hl7.org/fhir/R4/datatypes.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final

from hub.emessage.datatypes import CS, CV, PQ, TS, URL
from hub.mapping.codes import oid_system, to_decimal, ucum_of
from hub.mapping.message_urls import ATC, CODE_AS_SENT, ICPC_2
from hub.mapping.times import lexical_time, to_date, to_date_time
from hub.mapping.two_way import Json, Leaf, Lens, Path, Room, Slice, get_at, put_leaf
from hub.mapping.urls import RENDERED_VALUE, UCUM, VOLVEN

_CODE: Final = re.compile(r"\S+(?:\s\S+)*")
_WORD: Final = re.compile(r"\S+")
UNKNOWN: Final[Json] = {
    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "valueCode": "unknown",
}
"""The extension of what is there and says nothing."""
_OIDS: Final = {ATC: "2.16.578.1.12.4.1.1.7180", ICPC_2: "2.16.578.1.12.4.1.1.7170"}

ToFhir = Callable[[str], Any]
ToText = Callable[[Any], str]


def leaf(text: str, to_fhir: ToFhir, to_text: ToText) -> Leaf:
    """A lexical value and its two conversions → the FHIR primitive, the form as sent beside it when that is needed."""
    value = to_fhir(text)
    if value is not None and to_text(value) == text:
        return Leaf(value)
    if not text or text.isspace():
        return Leaf(None, (UNKNOWN,))
    return Leaf(value, ({"url": RENDERED_VALUE, "valueString": text},))


def unleaf(found: Leaf, to_fhir: ToFhir, to_text: ToText) -> str | None:
    """A FHIR primitive → the lexical value; the form as sent as long as the value is still the one it was sent with."""
    sent = next(
        (e.get("valueString") for e in found.extension if e.get("url") == RENDERED_VALUE), None
    )
    if sent is not None and (found.value is None or to_fhir(sent) == found.value):
        return sent
    if found.value is not None:
        return to_text(found.value)
    return "" if found.extension else None


def _said(text: str, to_fhir: ToFhir, to_text: ToText) -> Any:
    """A lexical value → the JSON value alone where that says it all, else the Leaf."""
    value = to_fhir(text)
    if value is not None and to_text(value) == text:
        return value
    return leaf(text, to_fhir, to_text)


def _primitive(to_fhir: ToFhir, to_text: ToText, as_is: str = "") -> Lens:
    return Lens(
        lambda value, _room: _said(value, to_fhir, to_text),
        lambda found, _room, _kind: unleaf(_as_leaf(found), to_fhir, to_text),
        as_is=as_is,
    )


def _as_leaf(found: Any) -> Leaf:
    return found if isinstance(found, Leaf) else Leaf(found)


def _text(value: str) -> str | None:
    return value if value and not value.isspace() else None


def _matching(pattern: re.Pattern[str]) -> ToFhir:
    return lambda value: value if pattern.fullmatch(value) else None


TEXT: Final = _primitive(_text, str, "{0} and not {0}.isspace()")
_TO_CODE: Final = _matching(_CODE)
CODE: Final = _primitive(_TO_CODE, str, "{0}.isalnum()")
URI: Final = _primitive(_matching(_WORD), str, "{0}.isalnum()")
INTEGER: Final = _primitive(lambda text: int(text) if len(text) < 10 else None, str)
DECIMAL: Final = _primitive(to_decimal, str)
BOOLEAN: Final = Lens(
    lambda value, _room: Leaf(value), lambda found, _room, _kind: _as_leaf(found).value
)


def _moment(to_fhir: ToFhir, to_text: ToText) -> Lens:
    # Times that recur are remembered (ADR 0031); nothing fills a Leaf, or what it holds, any more
    @lru_cache(maxsize=4096)
    def told(text: str) -> Leaf:
        return leaf(text, to_fhir, to_text)

    def put(value: Any, _room: Room) -> Leaf:
        text = value if isinstance(value, str) else value.v
        return told(text or "")

    def get(found: Any, _room: Room, kind: Any) -> Any:
        text = unleaf(_as_leaf(found), to_fhir, to_text)
        return None if text is None else TS(v=text or None) if kind is TS else text

    return Lens(put, get)


TIME: Final = _moment(to_date_time, lambda value: lexical_time(value) or value)
"""TS or xs:dateTime ↔ dateTime."""
DAY: Final = _moment(to_date, str)
"""TS or xs:date ↔ date."""
YEAR: Final = _moment(to_date, lambda day: day[:4])
"""xs:gYear ↔ date; of a whole date the year is written."""
YES_NO: Final = Lens(
    lambda value, _room: Leaf(value.v == "true") if value.v else Leaf(None, (UNKNOWN,)),
    lambda found, _room, kind: kind(
        v=None if (v := _as_leaf(found).value) is None else "true" if v else "false"
    ),
)
"""BL ↔ boolean."""


# Codes


def _put_coding(value: CS | CV, system: str | None) -> Json:
    code, shown = value.v, value.dn
    if code and shown and (code.isalnum() or _CODE.fullmatch(code)) and not shown.isspace():
        if system is None:
            return {"code": code, "display": shown}
        return {"system": system, "code": code, "display": shown}
    node: Json = {}
    if system is not None:
        node["system"] = system
    if value.v is not None:
        put_leaf(node, "code", _said(value.v, _TO_CODE, str))
    if value.dn is not None:
        put_leaf(node, "display", _said(value.dn, _text, str))
    return node


def _get_part(node: Json, key: str, to_fhir: ToFhir) -> str | None:
    found = get_at(node, (key,))
    return None if found is None else unleaf(_as_leaf(found), to_fhir, str)


def _oid_of(system: str | None) -> str | None:
    if system is None:
        return None
    oid = _OIDS.get(system, system.removeprefix("urn:oid:"))
    return oid if re.fullmatch(r"[0-9.]+", oid) else None


def _get_cs(node: Json) -> CS:
    return CS(v=_get_part(node, "code", _TO_CODE), dn=_get_part(node, "display", _text))


def _get_cv(node: Json, ot: str | None) -> CV:
    return CV(
        v=_get_part(node, "code", _TO_CODE),
        dn=_get_part(node, "display", _text),
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
        put_leaf(node, "text", _said(value.ot, _text, str))
    return node or {"extension": [UNKNOWN]}


def _get_cv_concept(node: Json, _room: Room, _kind: Any) -> CV | None:
    codings: list[Json] = node.get("coding") or []
    other = get_at(node, ("text",))
    ot = unleaf(_as_leaf(other), _text, str) if other is not None else None
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


# Quantities and addresses


def _put_quantity(value: PQ, _room: Room) -> Json:
    node: Json = {}
    if value.v is not None:
        put_leaf(node, "value", _said(value.v, to_decimal, str))
    if value.u is not None:
        put_leaf(node, "unit", _said(value.u, _text, str))
        code = ucum_of(value.u)
        if code:
            node |= {"system": UCUM, "code": code}
    return node or {"extension": [UNKNOWN]}


def _get_quantity(node: Json, _room: Room, _kind: Any) -> PQ:
    number, unit = get_at(node, ("value",)), get_at(node, ("unit",))
    shown = unleaf(_as_leaf(unit), _text, str) if unit is not None else node.get("code")
    return PQ(
        v=unleaf(_as_leaf(number), to_decimal, _number) if number is not None else None, u=shown
    )


def _number(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


QUANTITY: Final = Lens(_put_quantity, _get_quantity)
"""PQ ↔ Quantity."""

_SCHEMES: Final = {"tel": "phone", "fax": "fax", "mailto": "email", "sms": "sms"}
_PREFIXES: Final = {system: scheme for scheme, system in _SCHEMES.items()}


def _put_point(value: URL, _room: Room) -> Json:
    whole = value.v or ""
    scheme, colon, rest = whole.partition(":")
    system = _SCHEMES.get(scheme) if colon else None
    node: Json = {"system": system or "other"}
    put_leaf(node, "value", _said(rest if system else whole, _text, str))
    return node


def _get_point(node: Json, _room: Room, _kind: Any) -> URL | None:
    found = get_at(node, ("value",))
    value = unleaf(_as_leaf(found), _text, str) if found is not None else None
    if value is None:
        return None
    scheme = _PREFIXES.get(str(node.get("system")))
    return URL(v=(f"{scheme}:{value}" if scheme else value) or None)


POINT: Final = Lens(_put_point, _get_point)
"""URL ↔ ContactPoint."""

__all__ = [
    "BOOLEAN",
    "CODE",
    "CODING",
    "CONCEPT",
    "DAY",
    "DECIMAL",
    "INTEGER",
    "POINT",
    "QUANTITY",
    "TEXT",
    "TIME",
    "TS",
    "UNKNOWN",
    "URI",
    "YEAR",
    "YES_NO",
    "as_sent",
    "code",
    "coding",
    "concept",
    "leaf",
    "unleaf",
]

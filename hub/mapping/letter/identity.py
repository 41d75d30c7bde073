"""Identifiers, names and addresses of letters ↔ Identifier, HumanName, Address and ContactPoint.

Source: identifiers-and-codes.md ("Patient identifiers", "Organisation and professional identifiers"), lists 3401, 3402, 9043.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.datatypes import CS
from hub.mapping.letter.urls import CITY_DISTRICT
from hub.mapping.message_urls import AKO, DUF, RSH
from hub.mapping.two_way import (
    Json,
    Lens,
    Line,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_at,
    kinds_of,
    put_leaf,
)
from hub.mapping.two_way_codes import as_sent, code, concept
from hub.mapping.two_way_values import POINT, TEXT, leaf, unleaf
from hub.mapping.urls import DNR, ENH, FHN, FNR, HER, HPR

_SYSTEMS: Final = {
    "FNR": FNR,
    "DNR": DNR,
    "FHN": FHN,
    "DUF": DUF,
    "HPR": HPR,
    "HER": HER,
    "ENH": ENH,
    "RSH": RSH,
    "AKO": AKO,
}
_CODES: Final = {system: kind for kind, system in _SYSTEMS.items()}
_TYPE: Final = code("8116")


def _bare(kind: str | None) -> Any:
    """Numbers of national series lose blanks and dots written for reading."""

    def to_fhir(text: str) -> str | None:
        if kind in _SYSTEMS:
            bare = "".join(text.split())
            return (bare.replace(".", "") if kind == "HER" else bare) or None
        return text if text.strip() else None

    return to_fhir


def identifier(number: str, kind: str) -> Lens:
    """The names of two fields, a number and its type → the lens of both ↔ Identifier."""

    def put(value: Any, room: Room) -> Json | None:
        text, typed = getattr(value, number, None), getattr(value, kind, None)
        if text is None and typed is None:
            return None
        node: Json = {}
        if typed is not None:
            node["type"] = _TYPE.put(typed, room)
            if typed.v in _SYSTEMS:
                node["system"] = _SYSTEMS[typed.v]
        if text is not None and text.isalnum():
            node["value"] = text
        elif text is not None:
            put_leaf(node, "value", leaf(text, _bare(typed.v if typed else None), str))
        return node

    def get(node: Json, room: Room, cls: Any) -> Json:
        found: Json = {}
        if number not in kinds_of(cls):
            return found
        typed = _TYPE.get(node["type"], room, kinds_of(cls)[kind]) if "type" in node else None
        if typed is None and node.get("system") in _CODES:
            typed = kinds_of(cls)[kind](v=_CODES[node["system"]])
        here = get_at(node, ("value",))
        text = unleaf(here, _bare(typed.v if typed else None), str) if here is not None else None
        if typed is not None:
            found[kind] = typed
        if text is not None:
            found[number] = text
        return found

    return Lens(put, get, "system by type; the type as sent")


_ADDITIONAL: Final = identifier("id", "type")
_IDENT: Final = identifier("id", "type_id")
ADDITIONAL: Final = Lens(
    _ADDITIONAL.put, lambda node, room, kind: filled(kind, _ADDITIONAL.get(node, room, kind))
)
"""AdditionalId ↔ Identifier."""
IDENT: Final = Lens(_IDENT.put, lambda node, room, kind: filled(kind, _IDENT.get(node, room, kind)))
"""Ident ↔ Identifier."""

_USE: Final = {
    "H": "home",
    "HP": "home",
    "WP": "work",
    "HV": "temp",
    "TMP": "temp",
    "BAD": "old",
    "INV": "billing",
}
_TYPES: Final = {
    "home": ("H", "Bostedsadresse"),
    "work": ("WP", "Arbeidsadresse"),
    "temp": ("TMP", "Midlertidig adresse"),
    "old": ("BAD", "Ubrukelig adresse"),
    "billing": ("INV", "Faktureringsadresse"),
}
_LINES: Final = Shape(
    (
        Line("type", as_sent("3401"), concept("3401")),
        Line("postal_code", ("postalCode",), TEXT),
        Line("city", ("city",), TEXT),
        Line("county", as_sent("3402"), concept("3402")),
        Line("country", as_sent("9043"), concept("9043")),
        Line("city_distr", extension(CITY_DISTRICT, "valueCodeableConcept"), concept("")),
    )
)
_BOX: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-postBox"
_POINTS: Final = Shape((Line("tele_address", (Slice("telecom"),), POINT, many=True),))


def put_address(value: Any, room: Room) -> Json:
    """An address → Address."""
    node = _LINES.put(value, {}, room)
    street, box = value.street_adr, getattr(value, "postbox", None)
    lines = [text for text in (street, box) if text and text.strip()]
    if lines:
        node["line"] = lines
    if box and box.strip():
        mark: Json = {"extension": [{"url": _BOX, "valueString": box}]}
        node["_line"] = [*(None for _ in lines[1:]), mark]
    if value.type is not None and value.type.v in _USE:
        node["use"] = _USE[value.type.v]
    if value.country is not None and value.country.v:
        node["country"] = value.country.v
    return node


def _get_lines(node: Json) -> Json:
    found: Json = {}
    marks: list[Any] = node.get("_line") or []
    for place, text in enumerate(node.get("line") or ()):
        mark: Json = (marks[place] if place < len(marks) else None) or {}
        urls = {e.get("url") for e in mark.get("extension") or ()}
        name = "postbox" if _BOX in urls else "street_adr"
        if text and name in found:
            found[name] = f"{found[name]}, {text}"
        elif text:
            found[name] = text
    return found


def get_address(node: Json, room: Room, cls: type) -> Any:
    """Address → an address; None when there is none."""
    lines = {k: v for k, v in _get_lines(node).items() if k in kinds_of(cls)}
    return filled(cls, {**_as_fhir_says(_LINES.get(node, room, cls), node), **lines})


def _as_fhir_says(found: Json, node: Json) -> Json:
    """The codes as sent → those that FHIR's own use and country say, where these were changed since."""
    use, country = node.get("use"), node.get("country")
    sent_type, sent_country = found.get("type"), found.get("country")
    if use in _TYPES and _USE.get(sent_type.v or "" if sent_type else "") != use:
        found["type"] = CS(v=_TYPES[use][0], dn=_TYPES[use][1])
    if country and (sent_country is None or sent_country.v != country):
        found["country"] = CS(v=country)
    return found


def _put_whole(value: Any, room: Room) -> Json:
    node: Json = {}
    address = put_address(value, room)
    if address:
        node["address"] = [address]
    return _POINTS.put(value, node, room)


def _get_whole(owner: Json, room: Room, kind: Any) -> Any:
    here = get_at(owner, (Slice("address"),))
    points = _POINTS.get(owner, room, kind)
    if here is None and not points:
        return None
    address = get_address(here or {}, room, kind)
    return filled(
        kind, {n: getattr(address, n) for n in kinds_of(kind) if n != "tele_address"} | points
    )


ADDRESS: Final = Lens(_put_whole, _get_whole, "address and telecom")
"""An address with its telephone numbers ↔ address and telecom of the resource that has both."""

"""The datatypes of letters, both ways: codes, times, quantities, texts, identifiers and addresses.

What FHIR cannot hold as written (a time of day without a day, an exponent, a zone that is the usual one anyway) stands in
the extension `rendered-value` beside the nearest FHIR value; it counts only as long as that value is not changed.
Source: kith.xsd; identifiers-and-codes.md; http://hl7.org/fhir/R4/datatypes.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from hub.emessage.datatypes import PQ, TS, URL
from hub.mapping.codes import to_decimal, ucum_of
from hub.mapping.times import lexical_time, to_date, to_date_time
from hub.mapping.two_way import Json, Leaf, Lens, Room, get_at, put_leaf
from hub.mapping.urls import RENDERED_VALUE, UCUM

CODE_TEXT: Final = re.compile(r"\S+(?:\s\S+)*")
_WORD: Final = re.compile(r"\S+")
UNKNOWN: Final[Json] = {
    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "valueCode": "unknown",
}
"""The extension of what is there and says nothing."""

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


def said(text: str, to_fhir: ToFhir, to_text: ToText) -> Any:
    """A lexical value → the JSON value alone where that says it all, else the Leaf."""
    value = to_fhir(text)
    if value is not None and to_text(value) == text:
        return value
    return leaf(text, to_fhir, to_text)


def _primitive(to_fhir: ToFhir, to_text: ToText, as_is: str = "") -> Lens:
    return Lens(
        lambda value, _room: said(value, to_fhir, to_text),
        lambda found, _room, _kind: unleaf(as_leaf(found), to_fhir, to_text),
        as_is=as_is,
    )


def as_leaf(found: Any) -> Leaf:
    """What stands at a place → the Leaf of it, where it is not one."""
    return found if isinstance(found, Leaf) else Leaf(found)


def as_text(value: str) -> str | None:
    """A text → itself as FHIR holds it; None where it is nothing but blanks."""
    return value if value and not value.isspace() else None


def _matching(pattern: re.Pattern[str]) -> ToFhir:
    return lambda value: value if pattern.fullmatch(value) else None


TEXT: Final = _primitive(as_text, str, "{0} and not {0}.isspace()")
TO_CODE: Final = _matching(CODE_TEXT)
CODE: Final = _primitive(TO_CODE, str, "{0}.isalnum()")
URI: Final = _primitive(_matching(_WORD), str, "{0}.isalnum()")
INTEGER: Final = _primitive(lambda text: int(text) if len(text) < 10 else None, str)
DECIMAL: Final = _primitive(to_decimal, str)
BOOLEAN: Final = Lens(
    lambda value, _room: Leaf(value), lambda found, _room, _kind: as_leaf(found).value
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
        text = unleaf(as_leaf(found), to_fhir, to_text)
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
        v=None if (v := as_leaf(found).value) is None else "true" if v else "false"
    ),
)
"""BL ↔ boolean."""


def _put_quantity(value: PQ, _room: Room) -> Json:
    node: Json = {}
    if value.v is not None:
        put_leaf(node, "value", said(value.v, to_decimal, str))
    if value.u is not None:
        put_leaf(node, "unit", said(value.u, as_text, str))
        code = ucum_of(value.u)
        if code:
            node |= {"system": UCUM, "code": code}
    return node or {"extension": [UNKNOWN]}


def _get_quantity(node: Json, _room: Room, _kind: Any) -> PQ:
    number, unit = get_at(node, ("value",)), get_at(node, ("unit",))
    shown = unleaf(as_leaf(unit), as_text, str) if unit is not None else node.get("code")
    return PQ(
        v=unleaf(as_leaf(number), to_decimal, _number) if number is not None else None, u=shown
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
    put_leaf(node, "value", said(rest if system else whole, as_text, str))
    return node


def _get_point(node: Json, _room: Room, _kind: Any) -> URL | None:
    found = get_at(node, ("value",))
    value = unleaf(as_leaf(found), as_text, str) if found is not None else None
    if value is None:
        return None
    scheme = _PREFIXES.get(str(node.get("system")))
    return URL(v=(f"{scheme}:{value}" if scheme else value) or None)


POINT: Final = Lens(_put_point, _get_point)
"""URL ↔ ContactPoint."""

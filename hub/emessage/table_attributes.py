"""Attributes → fields of a value, by the attribute lines of a table.

Source: W3C XML Schema 1.0 part 1, cvc-attribute; kith.xsd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from hub.emessage import table, xml
from hub.emessage.namespaces import (
    EPIKRISE_1_1,
    EPIKRISE_1_2,
    HENVISNING_1_0,
    HENVISNING_1_1,
    KITH,
    PO,
    PO_1_5,
    SCHEMA_HINTS,
    XSD,
    XSI_TYPE,
)
from hub.emessage.simple_types import ANY_URI
from hub.emessage.table import Errors, Field
from hub.emessage.xml import WHITESPACE, Element

Items = list[tuple[str, str]]
AttributeReader = Callable[[Element, Items, Errors], dict[str, Any]]


def make_attribute_reader(
    cls: Callable[..., Any], fields: tuple[Field, ...], declared: str
) -> Callable[[Element, Errors], Any]:
    """A class with optional attributes only (the KITH datatypes) and its type as "{namespace}name" → the reader of its empty element."""
    known = {
        table.field_tag(field, name): (field.name, kind.read)
        for field in fields
        for name, kind in field.kinds
    }

    def read_items(items: Iterable[tuple[str, str]], element: Element, errors: Errors) -> Any:
        values: dict[str, Any] = {}
        for name, text in items:
            line = known.get(name)
            if line is None:
                check_hint(element, name, errors, declared)
                continue
            field, convert = line
            value = values[field] = convert(text)
            if value is None:
                errors.append((element, f"Attribute {name} has a value that is not allowed"))
        return cls(**values)

    again = _remembered({n: line for n, line in known.items() if _recurs(n, fields)}, cls)

    def read(element: Element, errors: Errors) -> Any:
        items = tuple(element.items())
        try:
            value = again(items)
        except LookupError:
            value = read_items(items, element, errors)
        if element.text is not None or len(element):
            errors.append((element, "The element must be empty"))
        return value

    return read


# Longer values are words of their own, not names of codes
_SHORT: Final = 120


def _recurs(name: str, fields: tuple[Field, ...]) -> bool:
    """The name of an attribute → whether its values come again in other messages; words beside a code and addresses do not."""
    return name != "OT" and all(kind is not ANY_URI for field in fields for _, kind in field.kinds)


def _remembered(
    known: dict[str, tuple[str, Callable[[str], Any]]], cls: Callable[..., Any]
) -> Callable[[tuple[tuple[str, str], ...]], Any]:
    """The attributes whose values recur → what gives the value of attributes that were all seen before, without looking at them.

    Problems: LookupError for all that is to be looked at: other attributes, long values, and those that are not allowed.
    """

    @lru_cache(maxsize=2048)
    def again(items: tuple[tuple[str, str], ...]) -> Any:
        values: dict[str, Any] = {}
        for name, text in items:
            field, convert = known[name]
            value = values[field] = convert(text) if len(text) < _SHORT else None
            if value is None:
                raise LookupError
        return cls(**values)

    return again


def check_hint(element: Element, name: str, errors: Errors, declared: str = "") -> None:
    """An attribute that no line names → a note, unless it only says where a schema might be found, or which type the element has.

    Shape: `declared` is that type as "{namespace}name"; some systems write it beside every value.
    """
    if name in SCHEMA_HINTS or (name == XSI_TYPE and declared and named_type(element) == declared):
        return
    errors.append((element, f"Unknown attribute {xml.local_name(name)[:64]}"))


# Their texts, and this one of PLO, are of type ST: a text of that type is not called a string
_LETTERS: Final = frozenset((EPIKRISE_1_1, EPIKRISE_1_2, HENVISNING_1_0, HENVISNING_1_1))
_REMARKS: Final = frozenset(f"{{{ns}}}Merknad" for ns in (PO, PO_1_5))
_ST: Final = f"{{{KITH}}}ST"
_STRING: Final = f"{{{XSD}}}string"


def string_type(element: Element, item: tuple[str, str]) -> str:
    """An element that holds a string and an attribute of it → the type that the schema lets this attribute name, "" when it names none."""
    if item[0] != XSI_TYPE:
        return ""
    if named_type(element) == _ST or xml.namespace(element.tag) in _LETTERS:
        return _ST
    parent = element.getparent() if element.tag in _REMARKS else None
    within = xml.local_name(parent.tag) if parent is not None else ""
    return _ST if within == "AssistertKommunikasjon" else _STRING


def named_type(element: Element) -> str:
    """An element with xsi:type → the type that it names, as "{namespace}name"; "" when its prefix stands for nothing."""
    value = next(text for name, text in element.items() if name == XSI_TYPE)
    prefix, _, name = value.strip(WHITESPACE).rpartition(":")
    ns = element.nsmap.get(prefix or None)
    return f"{{{ns}}}{name}" if ns else ""


def attribute_reader(fields: tuple[Field, ...]) -> AttributeReader:
    """The attribute lines of a class → the reader that fills in their values."""
    known = {
        table.field_tag(field, name): (field.name, kind.read, field.fixed)
        for field in fields
        for name, kind in field.kinds
    }
    required = tuple((field.name, field.kinds[0][0]) for field in fields if field.least)

    def read(element: Element, items: Items, errors: Errors) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, text in items:
            line = known.get(name)
            if line is None:
                check_hint(element, name, errors)
                continue
            field, convert, fixed = line
            value = values[field] = convert(text)
            if value is None or (fixed is not None and value != fixed):
                detail = f"Attribute {xml.local_name(name)} has a value that is not allowed"
                errors.append((element, detail))
        for field, name in required:
            if field not in values:
                errors.append((element, f"Attribute {name} is missing"))
        return values

    return read

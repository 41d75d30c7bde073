"""Element → value by the tables of `table.py`, refusing what the XSD refuses.

Source: W3C XML Schema 1.0 part 1, cvc-complex-type, cvc-elt, cvc-attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from hub.emessage import table, xml
from hub.emessage.namespaces import XSD
from hub.emessage.simple_types import STRING
from hub.emessage.table import SELF, Edition, Errors, Field, Simple, Special, Table
from hub.emessage.table_attributes import (
    attribute_reader,
    check_hint,
    make_attribute_reader,
    string_type,
)
from hub.emessage.table_order import BLANKS, Order, Step, check_blank, check_whole, order_of
from hub.emessage.xml import Element
from hub.problems import HubError, Problem, ProblemCode

T = TypeVar("T")

Reader = Callable[[Element, Errors], Any]
# order in the sequence, place among the fields, whether it repeats, 1 when it is required, reader of the element
_Step = tuple[int, int, bool, int, Reader]

MAX_PROBLEMS: Final = 50
_NO_STEP: Final[_Step] = (-2, 0, False, 0, lambda _element, _errors: None)
_READERS: Final[dict[tuple[type, Edition | None], Reader]] = {}


def parse(data: bytes, cls: type[T], edition: Edition | None = None) -> T:
    """The bytes of a document whose root is this class → the value.

    Problems: those of `xml.parse`; SCHEMA_INVALID with an XPath each.
    """
    return parse_element(xml.parse(data), cls, edition)


def parse_element(element: Element, cls: type[T], edition: Edition | None = None) -> T:
    """An Element that stands for this class → the value.

    Problems: SCHEMA_INVALID for a wrong root and for everything the schema refuses below it.
    """
    errors: Errors = []
    if element.tag != table.tag_of(cls, edition):
        errors.append((element, f"Expected element {table.tag_of(cls, edition)}"))
        raise refused(errors)
    value = reader_of(cls, edition)(element, errors)
    if errors:
        raise refused(errors)
    return cast("T", value)


def refused(errors: Errors) -> HubError:
    """What the readers noted → the error to raise."""
    return HubError(
        *(
            Problem(ProblemCode.SCHEMA_INVALID, detail, xml.path(element))
            for element, detail in errors[:MAX_PROBLEMS]
        ),
    )


def reader_of(cls: type, edition: Edition | None = None) -> Reader:
    """A class declared with `block` → its reader, made once."""
    key = (cls, edition)
    found = _READERS.get(key)
    if found is None:

        def late(element: Element, errors: Errors) -> Any:
            return _READERS[key](element, errors)

        _READERS[key] = late
        found = _READERS[key] = _make_reader(table.table_of(cls, edition), edition)
    return found


def _make_reader(lines: Table, edition: Edition | None) -> Reader:
    order = order_of(lines)
    if order.is_datatype:
        return make_attribute_reader(order.make, order.attributes, table.tag_of(lines.cls, edition))
    return _make_block_reader(order, edition)


def _make_block_reader(order: Order, edition: Edition | None) -> Reader:
    """A class with child elements → its reader: one pass over the children, one look-up each."""
    make, names, empty, expected = order.make, order.names, order.empty, order.expected
    steps: dict[str, _Step] = {
        tag: (s.order, s.place, s.field.many, s.needed, _reader_of_kind(s, order, edition))
        for tag, s in order.steps.items()
    }
    read_attributes, has_attributes = attribute_reader(order.attributes), bool(order.attributes)

    def read(element: Element, errors: Errors) -> Any:
        values = empty.copy()
        items = element.items()
        if items or has_attributes:
            for field, value in read_attributes(element, items, errors).items():
                values[names.index(field)] = value
        text = element.text
        if text is not None and text not in BLANKS:
            check_blank(element, text, errors)
        last, found = -1, 0
        repeated: list[int] = []
        for child in element:
            at, place, repeats, needed, read_child = steps.get(child.tag, _NO_STEP)
            if at > last:
                last = at
                found += needed
                if repeats:
                    values[place] = [read_child(child, errors)]
                    repeated.append(place)
                else:
                    values[place] = read_child(child, errors)
            elif at == last and repeats and place in repeated:
                values[place].append(read_child(child, errors))
            else:
                errors.append((child, "The element is unknown here, repeated or out of order"))
            tail = child.tail
            if tail is not None and tail not in BLANKS:
                check_blank(element, tail, errors)
        if found != expected:
            check_whole(order, element, errors)
        for place in repeated:
            values[place] = tuple(values[place])
        return None if errors else make(*values)

    return read


def _reader_of_kind(step: Step, order: Order, edition: Edition | None) -> Reader:
    kind, field = step.kind, step.field
    if kind is STRING and field.fixed is None and field.empty_means is None:
        return _string_reader
    if isinstance(kind, Simple):
        return _text_reader(cast("Simple[Any]", kind), field)
    if isinstance(kind, Special):
        return cast("Special[Any]", kind).read
    return reader_of(order.lines.cls if kind is SELF else kind, edition)


def _text_reader(simple: Simple[Any], field: Field) -> Reader:
    """A simple type → the reader of an element that holds it as text."""
    convert, fixed, empty_means, name = simple.read, field.fixed, field.empty_means, simple.name
    declared = _declared(simple)

    def read(element: Element, errors: Errors) -> Any:
        if len(element):
            errors.append((element, "Elements are not allowed here"))
        for item in element.items():
            check_hint(element, item[0], errors, declared)
        text = element.text or ""
        if not text and empty_means is not None:
            return empty_means
        value = convert(text)
        if value is None:
            errors.append((element, f"The text is not a valid {name}"))
        elif fixed is not None and value != fixed:
            errors.append((element, f"The text must be {fixed}"))
        return value

    return read


def _declared(simple: Simple[Any]) -> str:
    """A simple type → its name as "{namespace}name"; "" when it is none of XML Schema's own."""
    prefix, _, name = simple.name.partition(":")
    return f"{{{XSD}}}{name}" if prefix == "xs" else ""


def _string_reader(element: Element, errors: Errors) -> str:
    """An element of type string → its text: the commonest of all, so without a detour."""
    if len(element):
        errors.append((element, "Elements are not allowed here"))
    for item in element.items():
        check_hint(element, item[0], errors, string_type(element, item))
    return element.text or ""

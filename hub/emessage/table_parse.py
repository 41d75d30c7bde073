"""Element → value by the tables of `table.py`, refusing what the XSD refuses.

Source: W3C XML Schema 1.0 part 1, cvc-complex-type, cvc-elt, cvc-attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

from hub.emessage import table, xml
from hub.emessage.simple_types import STRING
from hub.emessage.table import SELF, Choice, Edition, Errors, Field, Simple, Special, Table
from hub.emessage.table_attributes import attribute_reader, check_hint, make_attribute_reader
from hub.emessage.xml import WHITESPACE, Element
from hub.problems import HubError, Problem, ProblemCode

T = TypeVar("T")

Reader = Callable[[Element, Errors], Any]
# order in the sequence, place among the fields, whether it repeats, 1 when it is required, reader of the element
Step = tuple[int, int, bool, int, Reader]

MAX_PROBLEMS: Final = 50
_NO_STEP: Final[Step] = (-2, 0, False, 0, lambda _element, _errors: None)
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
    attributes = tuple(field for field in lines.fields if field.is_attribute)
    children = tuple(field for field in lines.fields if not field.is_attribute)
    if not children and not any(field.least for field in attributes):
        return make_attribute_reader(lines.cls, attributes)
    return _make_block_reader(lines, attributes, children, edition)


def _make_block_reader(
    lines: Table,
    attributes: tuple[Field, ...],
    children: tuple[Field, ...],
    edition: Edition | None,
) -> Reader:
    """A class with child elements → its reader: one pass over the children, one look-up each."""
    cls = cast("Callable[..., Any]", lines.cls)
    names, empty = _places(lines.cls)
    required = _required(lines, children)
    steps = _steps(lines, children, required, edition)
    expected = _expected(lines, children, required)
    read_attributes, has_attributes = attribute_reader(attributes), bool(attributes)

    def read(element: Element, errors: Errors) -> Any:
        values = empty.copy()
        items = element.items()
        if items or has_attributes:
            for field, value in read_attributes(element, items, errors).items():
                values[names.index(field)] = value
        text = element.text
        if text is not None and text not in _BLANKS:
            _check_blank(element, text, errors)
        last, found = -1, 0
        repeated: list[int] = []
        for child in element:
            order, place, repeats, needed, read_child = steps.get(child.tag, _NO_STEP)
            if order > last:
                last = order
                found += needed
                if repeats:
                    values[place] = [read_child(child, errors)]
                    repeated.append(place)
                else:
                    values[place] = read_child(child, errors)
            elif order == last and repeats and place in repeated:
                values[place].append(read_child(child, errors))
            else:
                errors.append((child, "The element is unknown here, repeated or out of order"))
            tail = child.tail
            if tail is not None and tail not in _BLANKS:
                _check_blank(element, tail, errors)
        if found != expected:
            _check_whole(lines, required, _filled(element, steps, names), element, errors)
        for place in repeated:
            values[place] = tuple(values[place])
        return None if errors else cls(*values)

    return read


def _places(cls: type) -> tuple[tuple[str, ...], list[Any]]:
    """A class → the names of its fields as they are given by place, and what stands where nothing is read."""
    names: tuple[str, ...] = cast("Any", cls).__struct_fields__
    many = {field.name for field in table.table_of(cls).fields if field.many}
    return names, [() if name in many else None for name in names]


def _filled(element: Element, steps: Mapping[str, Step], names: tuple[str, ...]) -> set[str]:
    """An element → the names of the fields that its children fill in their order."""
    last, filled = -1, set[str]()
    for child in element:
        order, place, *_ = steps.get(child.tag, _NO_STEP)
        if order > last:
            last = order
            filled.add(names[place])
    return filled


# White space seen between elements: indentation repeats, so that most texts are settled by one look-up.
_BLANKS: Final[set[str]] = {""}


def _check_blank(element: Element, text: str, errors: Errors) -> None:
    if text.strip(WHITESPACE):
        errors.append((element, "Text is not allowed here"))
    elif len(text) <= 40 and len(_BLANKS) < 500:
        _BLANKS.add(text)


def _expected(lines: Table, children: tuple[Field, ...], required: frozenset[str]) -> int:
    """How many places of the order are filled in a whole element; -1 where that does not tell that it is whole."""
    names = [field.name for field in children]
    for choice in lines.choices:
        first = names.index(choice.fields[0])
        if names[first : first + len(choice.fields)] != list(choice.fields):
            return -1
    return len(required) + sum(choice.required for choice in lines.choices)


def _required(lines: Table, children: tuple[Field, ...]) -> frozenset[str]:
    chosen = {name for choice in lines.choices for name in choice.fields}
    return frozenset(field.name for field in children if field.least and field.name not in chosen)


def _check_whole(
    lines: Table,
    required: frozenset[str],
    filled: set[str],
    element: Element,
    errors: Errors,
) -> None:
    """What was read → notes on what is missing; a second alternative of a choice is out of order already."""
    if lines.may_be_empty and not len(element):
        return
    errors.extend(
        (element, f"A required element is missing: {_xml_name(lines, name)}")
        for name in sorted(required - filled)
    )
    for choice in lines.choices:
        if choice.required and not filled.intersection(choice.fields):
            names = ", ".join(_xml_name(lines, name) for name in choice.fields)
            errors.append((element, f"One of these elements is required: {names}"))


def _xml_name(lines: Table, name: str) -> str:
    return " or ".join(
        kind for field in lines.fields if field.name == name for kind, _ in field.kinds
    )


def _steps(
    lines: Table,
    children: tuple[Field, ...],
    required: frozenset[str],
    edition: Edition | None,
) -> dict[str, Step]:
    """The element lines of a class → tag to step; alternatives of one choice share their place in the order."""
    names, _ = _places(lines.cls)
    steps: dict[str, Step] = {}
    order = -1
    previous: Choice | None = None
    for field in children:
        choice = next((c for c in lines.choices if field.name in c.fields), None)
        needed = field.name in required or (choice is not None and choice.required)
        if choice is None or choice is not previous:
            order += 1
        previous = choice
        for name, kind in field.kinds:
            reader = _reader_of_kind(kind, field, lines.cls, edition)
            tag = table.field_tag(field, name)
            steps[tag] = (order, names.index(field.name), field.many, int(needed), reader)
    return steps


def _reader_of_kind(kind: Any, field: Field, owner: type, edition: Edition | None) -> Reader:
    if kind is STRING and field.fixed is None and field.empty_means is None:
        return _string_reader
    if isinstance(kind, Simple):
        return _text_reader(cast("Simple[Any]", kind), field)
    if isinstance(kind, Special):
        return cast("Special[Any]", kind).read
    return reader_of(owner if kind is SELF else kind, edition)


def _text_reader(simple: Simple[Any], field: Field) -> Reader:
    """A simple type → the reader of an element that holds it as text."""
    convert, fixed, empty_means, name = simple.read, field.fixed, field.empty_means, simple.name

    def read(element: Element, errors: Errors) -> Any:
        if len(element):
            errors.append((element, "Elements are not allowed here"))
        for item in element.items():
            check_hint(element, item[0], errors)
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


def _string_reader(element: Element, errors: Errors) -> str:
    """An element of type string → its text: the commonest of all, so without a detour."""
    if len(element):
        errors.append((element, "Elements are not allowed here"))
    for item in element.items():
        check_hint(element, item[0], errors)
    return element.text or ""

"""Element → value by the tables of `table.py`, refusing what the XSD refuses.

Source: W3C XML Schema 1.0 part 1, cvc-complex-type, cvc-elt, cvc-attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from hub.emessage import table, xml
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.table import SELF, Choice, Errors, Field, Rename, Simple, Special, Table
from hub.emessage.xml import WHITESPACE, Element
from hub.problems import HubError, Problem, ProblemCode

T = TypeVar("T")

Reader = Callable[[Element, Errors], Any]
# order in the sequence, field name, whether it repeats, reader of the element
Step = tuple[int, str, bool, Reader]

MAX_PROBLEMS: Final = 50
_READERS: Final[dict[tuple[type, Rename], Reader]] = {}


def parse(data: bytes, cls: type[T], rename: Rename = None) -> T:
    """The bytes of a document whose root is this class → the value.

    Problems: those of `xml.parse`; SCHEMA_INVALID with an XPath each.
    """
    return parse_element(xml.parse(data), cls, rename)


def parse_element(element: Element, cls: type[T], rename: Rename = None) -> T:
    """An Element that stands for this class → the value.

    Problems: SCHEMA_INVALID for a wrong root and for everything the schema refuses below it.
    """
    errors: Errors = []
    if element.tag != table.tag_of(cls, rename):
        errors.append((element, f"Expected element {table.tag_of(cls, rename)}"))
        raise refused(errors)
    value = reader_of(cls, rename)(element, errors)
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


def reader_of(cls: type, rename: Rename = None) -> Reader:
    """A class declared with `block` → its reader, made once."""
    key = (cls, rename)
    found = _READERS.get(key)
    if found is None:

        def late(element: Element, errors: Errors) -> Any:
            return _READERS[key](element, errors)

        _READERS[key] = late
        found = _READERS[key] = _make_reader(table.table_of(cls), rename)
    return found


def _make_reader(lines: Table, rename: Rename) -> Reader:
    attributes = tuple(field for field in lines.fields if field.is_attribute)
    children = tuple(field for field in lines.fields if not field.is_attribute)
    if not children:
        return _make_attribute_reader(lines.cls, attributes)
    return _make_block_reader(lines, attributes, children, rename)


def _make_attribute_reader(cls: Callable[..., Any], fields: tuple[Field, ...]) -> Reader:
    """A class with attributes only → the reader of its (empty) element."""
    read_attributes = _attribute_reader(fields)

    def read(element: Element, errors: Errors) -> Any:
        values: dict[str, Any] = {}
        read_attributes(element, values, errors)
        if element.text is not None or len(element):
            errors.append((element, "The element must be empty"))
        return None if errors else cls(**values)

    return read


def _attribute_reader(
    fields: tuple[Field, ...],
) -> Callable[[Element, dict[str, Any], Errors], None]:
    """The attribute lines of a class → the reader that fills in their values."""
    known = {
        table.field_tag(field, field.kinds[0][0]): (field.name, field.kinds[0][1].read, field.fixed)
        for field in fields
    }
    required = tuple((field.name, field.kinds[0][0]) for field in fields if field.least)

    def read(element: Element, values: dict[str, Any], errors: Errors) -> None:
        for name, text in element.items():
            line = known.get(name)
            if line is None:
                if name not in SCHEMA_HINTS:
                    errors.append((element, f"Unknown attribute {xml.local_name(name)[:64]}"))
                continue
            field, convert, fixed = line
            value = convert(text)
            if value is None or (fixed is not None and value != fixed):
                errors.append(
                    (element, f"Attribute {xml.local_name(name)} has a value that is not allowed")
                )
            values[field] = value
        for field, name in required:
            if field not in values:
                errors.append((element, f"Attribute {name} is missing"))

    return read


def _make_block_reader(
    lines: Table,
    attributes: tuple[Field, ...],
    children: tuple[Field, ...],
    rename: Rename,
) -> Reader:
    """A class with child elements → its reader: one pass over the children, one look-up each."""
    cls = cast("Callable[..., Any]", lines.cls)
    steps = _steps(lines, children, rename)
    repeated = tuple(field.name for field in children if field.many)
    required = frozenset(
        field.name
        for field in children
        if field.least and not _in_choice(lines.choices, field.name)
    )
    read_attributes = _attribute_reader(attributes)
    choices, may_be_empty = lines.choices, lines.may_be_empty

    def read(element: Element, errors: Errors) -> Any:
        values: dict[str, Any] = {}
        read_attributes(element, values, errors)
        text = element.text
        if text is not None and text.strip(WHITESPACE):
            errors.append((element, "Text is not allowed here"))
        last = -1
        for child in element:
            tail = child.tail
            if tail is not None and tail.strip(WHITESPACE):
                errors.append((element, "Text is not allowed here"))
            step = steps.get(child.tag)
            if step is None:
                errors.append((child, "The element is not allowed here"))
                continue
            order, field, repeats, read_child = step
            if order > last:
                last = order
                value = read_child(child, errors)
                values[field] = [value] if repeats else value
            elif order == last and repeats and field in values:
                values[field].append(read_child(child, errors))
            else:
                errors.append((child, "The element is repeated or out of order"))
        if not required <= values.keys() and not (may_be_empty and not len(element)):
            errors.extend(
                (element, f"A required element is missing: {_xml_name(children, name)}")
                for name in sorted(required - values.keys())
            )
        for choice in choices:
            _check_choice(choice, children, values, element, errors)
        if errors:
            return None
        for name in repeated:
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)

    return read


def _steps(lines: Table, children: tuple[Field, ...], rename: Rename) -> dict[str, Step]:
    """The element lines of a class → tag to step; alternatives of one choice share their place in the order."""
    steps: dict[str, Step] = {}
    order = -1
    previous: Choice | None = None
    for field in children:
        choice = next((c for c in lines.choices if field.name in c.fields), None)
        if choice is None or choice is not previous:
            order += 1
        previous = choice
        for name, kind in field.kinds:
            reader = _reader_of_kind(kind, field, lines.cls, rename)
            steps[table.field_tag(field, name, rename)] = (order, field.name, field.many, reader)
    return steps


def _reader_of_kind(kind: Any, field: Field, owner: type, rename: Rename) -> Reader:
    if isinstance(kind, Simple):
        return _text_reader(cast("Simple[Any]", kind), field)
    if isinstance(kind, Special):
        return cast("Special[Any]", kind).read
    return reader_of(owner if kind is SELF else kind, rename)


def _text_reader(simple: Simple[Any], field: Field) -> Reader:
    """A simple type → the reader of an element that holds it as text."""
    convert, fixed, empty_means, name = simple.read, field.fixed, field.empty_means, simple.name

    def read(element: Element, errors: Errors) -> Any:
        if len(element):
            errors.append((element, "Elements are not allowed here"))
        for item in element.items():
            if item[0] not in SCHEMA_HINTS:
                errors.append((element, f"Unknown attribute {xml.local_name(item[0])[:64]}"))
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


def _in_choice(choices: tuple[Choice, ...], name: str) -> bool:
    return any(name in choice.fields for choice in choices)


def _xml_name(fields: tuple[Field, ...], name: str) -> str:
    return " or ".join(kind for field in fields if field.name == name for kind, _ in field.kinds)


def _check_choice(
    choice: Choice,
    fields: tuple[Field, ...],
    values: dict[str, Any],
    element: Element,
    errors: Errors,
) -> None:
    """More than one alternative is out of order already; here the missing one is noted."""
    if choice.required and not any(name in values for name in choice.fields):
        names = ", ".join(_xml_name(fields, name) for name in choice.fields)
        errors.append((element, f"One of these elements is required: {names}"))

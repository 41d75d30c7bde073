"""The usual document → value by the tables of `table.py`: the same as `table_parse.py` gives, as long as nothing is wrong.

No tree is made: a class reads the tags of its element as they come. What a tag means to it (which field, which code) is
settled when the tag is seen first. What the schema refuses, and what only few senders write, is a NotPlainError:
`table_parse.py` then says what it is.
Source: W3C XML Schema 1.0 part 1, cvc-complex-type, cvc-elt, cvc-attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from hub.emessage import table
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.plain_tags import (
    NONE,
    OUTSIDE,
    Attributes,
    Head,
    NotPlainError,
    Scope,
    look,
    make_room,
    unescaped,
)
from hub.emessage.plain_xml import Plain, check_end, cut, grow, start
from hub.emessage.simple_types import STRING
from hub.emessage.table import SELF, Edition, Errors, PlainReader, Simple, Special
from hub.emessage.table_attributes import attribute_reader, make_attribute_reader
from hub.emessage.table_order import BLANKS, Order, Step, order_of, remember_blank
from hub.emessage.xml import MAX_DEPTH, WHITESPACE

# kind, order in the sequence, place among the fields, whether it repeats, 1 when it is required, and what the kind needs
_Line = tuple[int, int, int, bool, int, Any, Any]
# a text as it stands, a value that is known, a reader and the start tag, a reader of a text, a known value with an end tag
_STRING, _VALUE, _BLOCK, _TEXT, _OPEN_VALUE = range(5)
_READERS: Final[dict[tuple[type, Edition | None], PlainReader]] = {}


def parse_plain_as(data: bytes, cls: type, edition: Edition | None = None) -> Any:
    """The bytes of a document whose root is this class → the value. Problems: NotPlainError."""
    parts = cut(data)
    head, text = start(parts, OUTSIDE)
    if head[1] != table.tag_of(cls, edition):
        raise NotPlainError
    value, text = plain_reader_of(cls, edition)(head, text, parts, 1)
    check_end(text, parts)
    return value


def plain_reader_of(cls: type, edition: Edition | None = None) -> PlainReader:
    """A class declared with `block` → what reads its element from the tags of a document, made once."""
    key = (cls, edition)
    found = _READERS.get(key)
    if found is None:

        def late(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Any, str]:
            return _READERS[key](head, text, parts, depth)

        _READERS[key] = late
        found = _READERS[key] = _make_block(order_of(table.table_of(cls, edition)), edition)
    return found


def _make_block(order: Order, edition: Edition | None) -> PlainReader:
    """A class → its reader: one pass over what is inside, one look-up for each tag."""
    meaning, prepare, finish = _meaning(order, edition), _preparer(order), _finisher(order)
    empty, bare = order.empty, not order.attributes

    def read(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Any, str]:
        opens, _, attributes, end, scope = head
        values = empty.copy()
        if attributes is not NONE or not bare or depth > MAX_DEPTH:
            prepare(attributes, values, depth)
        if not opens:
            return finish(values, [], 0), text
        if text not in BLANKS:
            check_blank(text)
        lines: dict[str, _Line] = scope.lines.get(read) or scope.lines.setdefault(read, {})
        last, found = -1, 0
        repeated: list[int] = []
        for part in parts:
            written, closed, text = part.partition(">")
            line = lines.get(written)
            if line is None:
                if written == end and closed:
                    return finish(values, repeated, found), text
                line = meaning(written, scope, lines)
            kind, at, place, repeats, needed, first, second = line
            if kind == _STRING:
                value = unescaped(text) if "&" in text else text
                written, closing, text = next(parts, "").partition(">")
                if written != first or not closing:
                    raise NotPlainError
            elif kind == _VALUE:
                value = first
            elif kind == _BLOCK:
                value, text = first(second, text, parts, depth + 1)
            else:
                value, text = _valued(kind, text, first, second, parts)
            if text not in BLANKS:
                check_blank(text)
            if not closed or at < last:
                raise NotPlainError
            if at > last:
                last = at
                found += needed
                values[place] = [value] if repeats else value
                if repeats:
                    repeated.append(place)
            elif repeats and place in repeated:
                values[place].append(value)
            else:
                raise NotPlainError
        raise NotPlainError

    return read


def _preparer(order: Order) -> Callable[[Attributes, list[Any], int], None]:
    """A class → what puts the values of its attributes in place, and judges how deep it stands."""
    read, names = attribute_reader(order.attributes), order.names

    def prepare(attributes: Attributes, values: list[Any], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise NotPlainError
        errors: Errors = []
        element = Plain("", attributes, None, (), None)
        for field, value in read(element, list(attributes.items), errors).items():
            values[names.index(field)] = value
        _raise_noted(errors)

    return prepare


def _finisher(order: Order) -> Callable[[list[Any], list[int], int], Any]:
    """A class → what makes it of the values of its fields, when none is missing."""
    make, expected = order.make, order.expected

    def finish(values: list[Any], repeated: list[int], found: int) -> Any:
        for place in repeated:
            values[place] = tuple(values[place])
        if found != expected:
            _check(order, values)
        return make(*values)

    return finish


def check_blank(text: str) -> None:
    """What stands between elements → nothing, or NotPlainError when it is more than white space."""
    if text.strip(WHITESPACE):
        raise NotPlainError
    remember_blank(text)


def _valued(kind: int, text: str, first: Any, second: Any, parts: Iterator[str]) -> tuple[Any, str]:
    """A start tag whose element holds a text that is read, or nothing → its value, and the text after its end."""
    end = second
    if kind == _TEXT:
        value = first(unescaped(text) if "&" in text else text)
    elif text:
        raise NotPlainError
    else:
        value = first
    written, closed, text = next(parts, "").partition(">")
    if written != end or not closed:
        raise NotPlainError
    return value, text


def _check(order: Order, values: list[Any]) -> None:
    """The values of an element whose places are not filled as expected → nothing, or NotPlainError when a part is missing."""
    filled = {
        name
        for name, value in zip(order.names, values, strict=True)
        if value is not None and value != ()
    }
    lines = order.lines
    if lines.may_be_empty and not filled.difference(field.name for field in order.attributes):
        return
    if order.required - filled or any(
        choice.required and not filled.intersection(choice.fields) for choice in lines.choices
    ):
        raise NotPlainError


def _only_hints(attributes: Attributes) -> None:
    if any(name not in SCHEMA_HINTS for name, _ in attributes.items):
        raise NotPlainError


def _raise_noted(errors: Errors) -> None:
    if errors:
        raise NotPlainError


def _meaning(
    order: Order, edition: Edition | None
) -> Callable[[str, Scope, dict[str, _Line]], _Line]:
    """A class → what settles the meaning of a tag inside of it, and remembers it when the tag comes again."""
    settle = {tag: _settler(step, order, edition) for tag, step in order.steps.items()}

    def meaning(written: str, scope: Scope, lines: dict[str, _Line]) -> _Line:
        head = scope.heads.get(written) or look(written, scope)
        step = order.steps.get(head[1])
        if step is None:
            raise NotPlainError
        kind, first, second = settle[head[1]](head)
        line = (kind, step.order, step.place, step.field.many, step.needed, first, second)
        if written in scope.heads:
            make_room()
            lines[written] = line
        return line

    return meaning


_Settler = Callable[[Head], tuple[int, Any, Any]]


def _settler(step: Step, order: Order, edition: Edition | None) -> _Settler:
    """An element line → what a start tag of it means: kind, and what the kind needs."""
    kind, field = step.kind, step.field
    if isinstance(kind, Simple):
        if kind is STRING and field.fixed is None and field.empty_means is None:
            return _string
        return _make_text(cast("Simple[Any]", kind), field.fixed, field.empty_means)
    if isinstance(kind, Special):
        return _make_special(cast("Special[Any]", kind))
    cls: type = order.lines.cls if kind is SELF else kind
    inner = order_of(table.table_of(cls, edition))
    if inner.is_datatype:
        return _make_datatype(inner)
    read = plain_reader_of(cls, edition)
    return lambda head: (_BLOCK, read, head)


def _string(head: Head) -> tuple[int, Any, Any]:
    _only_hints(head[2])
    return (_STRING, head[3], None) if head[0] else (_VALUE, "", None)


def _make_text(simple: Simple[Any], fixed: str | None, empty_means: str | None) -> _Settler:
    convert = simple.read

    def read(text: str) -> Any:
        if not text and empty_means is not None:
            return empty_means
        value = convert(text)
        if value is None or (fixed is not None and value != fixed):
            raise NotPlainError
        return value

    def settle(head: Head) -> tuple[int, Any, Any]:
        _only_hints(head[2])
        return (_TEXT, read, head[3]) if head[0] else (_VALUE, read(""), None)

    return settle


def _make_datatype(order: Order) -> _Settler:
    judge = make_attribute_reader(order.make, order.attributes)

    def settle(head: Head) -> tuple[int, Any, Any]:
        errors: Errors = []
        value = judge(Plain(head[1], head[2], None, (), None), errors)
        _raise_noted(errors)
        return (_OPEN_VALUE, value, head[3]) if head[0] else (_VALUE, value, None)

    return settle


def _make_special(special: Special[Any]) -> _Settler:
    def read(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Any, str]:
        errors: Errors = []
        element = grow(head, text, parts, depth)
        after, element.tail = element.tail or "", None
        value = special.read(element, errors)
        _raise_noted(errors)
        return value, after

    chosen = special.plain or read
    return lambda head: (_BLOCK, chosen, head)

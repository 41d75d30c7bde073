"""The usual document → value by the tables of `table.py`: the same as `table_parse.py` gives, as long as nothing is wrong.

No tree is made: a class reads the tags of its element as they come. What a tag means to it (which field, which code) is
settled when the tag is seen first. What the schema refuses, and what only few senders write, is a NotPlainError:
`table_parse.py` then says what it is.
Source: W3C XML Schema 1.0 part 1, cvc-complex-type, cvc-elt, cvc-attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from hub.emessage import table
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.plain_lines import AS_IS, BLOCK, TEXT, VALUE, Line, meaning_of
from hub.emessage.plain_parties import parted, recalling
from hub.emessage.plain_tags import (
    NONE,
    OUTSIDE,
    Attributes,
    Head,
    NotPlainError,
    unescaped,
)
from hub.emessage.plain_xml import begun, characters, check_end, start
from hub.emessage.table import Edition, PlainReader
from hub.emessage.table_order import BLANKS, Order, order_of, remember_blank
from hub.emessage.xml import MAX_DEPTH, WHITESPACE

_READERS: Final[dict[tuple[type, Edition | None], PlainReader]] = {}


def parse_plain_as(data: bytes, cls: type, edition: Edition | None = None) -> Any:
    """The bytes of a document whose root is this class → the value. Problems: NotPlainError."""
    return parse_plain_root(data, {table.tag_of(cls, edition): (cls, edition)})[1]


def parse_plain_root(
    data: bytes, roots: Mapping[str, tuple[type, Edition | None]]
) -> tuple[str, Any]:
    """The bytes of a document whose root is one of these classes, by tag → the tag and the value. Problems: NotPlainError."""
    parts = begun(parted(characters(data)))
    head, text = start(parts, OUTSIDE)
    tag = head[1]
    if tag not in roots:
        raise NotPlainError
    value, text = plain_reader_of(*roots[tag])(head, text, parts, 1)
    check_end(text, parts)
    return tag, value


def plain_reader_of(cls: type, edition: Edition | None = None) -> PlainReader:
    """A class declared with `block` → what reads its element from the tags of a document, made once."""
    key = (cls, edition)
    found = _READERS.get(key)
    if found is None:

        def late(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Any, str]:
            return _READERS[key](head, text, parts, depth)

        _READERS[key] = late
        lines = table.table_of(cls, edition)
        found = _make_block(order_of(lines), edition)
        found = _READERS[key] = recalling(found) if lines.recurs else found
    return found


def _make_block(order: Order, edition: Edition | None) -> PlainReader:
    """A class → its reader: one pass over what is inside, one look-up for each tag."""
    meaning, prepare, make = (
        meaning_of(order, edition, plain_reader_of),
        _preparer(order),
        order.make,
    )
    empty, bare, expected = order.empty, not order.attributes, order.expected

    def read(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Any, str]:
        opens, _, attributes, end, scope = head
        values = empty.copy()
        if attributes is not NONE or not bare or depth >= MAX_DEPTH:
            prepare(attributes, values, depth)
        last, found = -1, 0
        repeated: list[int] = []
        if opens and text not in BLANKS:
            check_blank(text)
        lines: dict[str, Line] = scope.lines.get(read) or scope.lines.setdefault(read, {})
        for part in parts if opens else ():
            written, closed, text = part.partition(">")
            line = lines.get(written)
            if line is None:
                if written == end and closed:
                    break
                line = meaning(written, scope, lines)
            kind, at, place, repeats, needed, first, second = line
            if kind == AS_IS:
                value = unescaped(text) if "&" in text else text
                closing = next(parts, "")
                text = closing.removeprefix(first)
                if text is closing:
                    raise NotPlainError
            elif kind == VALUE:
                value = first
            elif kind == BLOCK:
                value, text = first(second, text, parts, depth + 1)
            else:
                value, text = _valued(kind, text, first, second, parts)
            if text not in BLANKS:
                check_blank(text)
            if at > last and closed:
                last = at
                found += needed
                values[place] = [value] if repeats else value
                if repeats:
                    repeated.append(place)
            elif at == last and closed and place in repeated:
                values[place].append(value)
            else:
                raise NotPlainError
        else:
            if opens:
                raise NotPlainError
        for place in repeated:
            values[place] = tuple(values[place])
        if found != expected:
            _check(order, values)
        return make(*values), text

    return read


def _preparer(order: Order) -> Callable[[Attributes, list[Any], int], None]:
    """A class → what puts the values of its attributes in place, and judges how deep it stands."""
    known = {
        table.field_tag(field, name): (order.names.index(field.name), kind.read, field.fixed)
        for field in order.attributes
        for name, kind in field.kinds
    }
    required = [order.names.index(field.name) for field in order.attributes if field.least]

    def prepare(attributes: Attributes, values: list[Any], depth: int) -> None:
        # What is inside of it, if anything, stands one deeper
        if depth >= MAX_DEPTH:
            raise NotPlainError
        for name, text in attributes.items:
            line = known.get(name)
            if line is not None:
                place, convert, fixed = line
                value = values[place] = convert(text)
                if value is None or (fixed is not None and value != fixed):
                    raise NotPlainError
            elif name not in SCHEMA_HINTS:
                raise NotPlainError
        for place in required:
            if values[place] is None:
                raise NotPlainError

    return prepare


def check_blank(text: str) -> None:
    """What stands between elements → nothing, or NotPlainError when it is more than white space."""
    if text.strip(WHITESPACE):
        raise NotPlainError
    remember_blank(text)


def _valued(kind: int, text: str, first: Any, second: str, parts: Iterator[str]) -> tuple[Any, str]:
    """A start tag whose element holds a text that is read, or nothing → its value, and the text after its end."""
    if kind == TEXT:
        value = first(unescaped(text) if "&" in text else text)
    elif text:
        raise NotPlainError
    else:
        value = first
    closing = next(parts, "")
    text = closing.removeprefix(second)
    if text is closing:
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

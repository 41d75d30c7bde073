"""What a tag means to the class inside of whose element it stands (table_plain.py): which field, which value or how it is read.

It is settled when the tag is seen first. Of a tag that carries another value each time, such as a time, the shape is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from hub.emessage import table
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.plain_tags import Attributes, Head, NotPlainError, Scope, look, make_room
from hub.emessage.plain_xml import Plain, grow
from hub.emessage.simple_types import STRING
from hub.emessage.table import SELF, Edition, Errors, PlainReader, Simple, Special
from hub.emessage.table_attributes import make_attribute_reader
from hub.emessage.table_order import Order, Step, order_of

# kind, order in the sequence, place among the fields, whether it repeats, 1 when it is required, and what the kind needs
Line = tuple[int, int, int, bool, int, Any, Any]
# what a tag of this shape means but for its value, and how that is made: class, fields left empty, place and reader of each attribute
_Mould = tuple[Line, Callable[..., Any], list[Any], tuple[tuple[int, Callable[[str], Any]], ...]]
# a text as it stands, a value that is known, a reader and the start tag, a reader of a text, a known value with an end tag
AS_IS, VALUE, BLOCK, TEXT, OPEN_VALUE = range(5)

ReaderOf = Callable[[type, Edition | None], PlainReader]


def meaning_of(
    order: Order, edition: Edition | None, reader_of: ReaderOf
) -> Callable[[str, Scope, dict[str, Line]], Line]:
    """A class → what settles the meaning of a tag inside of it, and remembers it when the tag comes again."""
    settle = {tag: _settler(step, order, edition, reader_of) for tag, step in order.steps.items()}
    moulds = {tag: _moulder(step, order, edition) for tag, step in order.steps.items()}

    def meaning(written: str, scope: Scope, lines: dict[str, Line]) -> Line:
        pieces = written.split('"')
        shape = f'{pieces[0]}"{pieces[2]}' if len(pieces) == 3 else '"'.join(pieces[::2])
        known: dict[str, _Mould] = scope.lines.get(meaning) or scope.lines.setdefault(meaning, {})
        mould = known.get(shape)
        if (
            mould is not None
            and len(pieces) % 2
            and not ("&" in written or "\n" in written or "\t" in written)
        ):
            return _moulded(mould, pieces[1::2])
        head = scope.heads.get(written) or look(written, scope)
        step = order.steps.get(head[1])
        if step is None:
            raise NotPlainError
        kind, first, second = settle[head[1]](head)
        line = (kind, step.order, step.place, step.field.many, step.needed, first, second)
        if written in scope.heads:
            make_room()
            lines[written] = line
        elif shape in scope.shapes and kind in (VALUE, OPEN_VALUE):
            mould = moulds[head[1]](line, head)
            if mould is not None:
                make_room()
                known[shape] = mould
        return line

    return meaning


def _moulded(mould: _Mould, given: list[str]) -> Line:
    """A tag of a known shape, and the values of its attributes → what it means: one that does not come again, such as a time."""
    (kind, at, place, repeats, needed, _, end), make, empty, reads = mould
    values = empty.copy()
    if len(reads) == 1:
        ((into, convert),), (text,) = reads, given
        values[into] = value = convert(text)
        if value is None:
            raise NotPlainError
        return (kind, at, place, repeats, needed, make(*values), end)
    for (into, convert), text in zip(reads, given, strict=True):
        value = values[into] = convert(text)
        if value is None:
            raise NotPlainError
    return (kind, at, place, repeats, needed, make(*values), end)


def _moulder(
    step: Step, order: Order, edition: Edition | None
) -> Callable[[Line, Head], _Mould | None]:
    """An element line → what makes a mould of a tag whose meaning was settled: None where it is no datatype, or has attributes that mean nothing."""
    if isinstance(step.kind, (Simple, Special)):
        return lambda _line, _head: None
    cls: type = order.lines.cls if step.kind is SELF else step.kind
    inner = order_of(table.table_of(cls, edition))
    reads = {
        table.field_tag(field, name): (inner.names.index(field.name), kind.read)
        for field in inner.attributes
        for name, kind in field.kinds
    }

    def mould(line: Line, head: Head) -> _Mould | None:
        names = [name for name, _ in head[2].items]
        if not inner.is_datatype or not reads.keys() >= set(names):
            return None
        return line, inner.make, inner.empty, tuple([reads[name] for name in names])

    return mould


_Settler = Callable[[Head], tuple[int, Any, Any]]


def _settler(step: Step, order: Order, edition: Edition | None, reader_of: ReaderOf) -> _Settler:
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
    read = reader_of(cls, edition)
    return lambda head: (BLOCK, read, head)


def _string(head: Head) -> tuple[int, Any, Any]:
    _only_hints(head[2])
    return (AS_IS, f"{head[3]}>", None) if head[0] else (VALUE, "", None)


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
        return (TEXT, read, f"{head[3]}>") if head[0] else (VALUE, read(""), None)

    return settle


def _make_datatype(order: Order) -> _Settler:
    # A type that is named beside the value is for lxml, which knows what its prefix stands for
    judge = make_attribute_reader(order.make, order.attributes, "")

    def settle(head: Head) -> tuple[int, Any, Any]:
        errors: Errors = []
        value = judge(Plain(head[1], head[2], None, (), None), errors)
        raise_noted(errors)
        return (OPEN_VALUE, value, f"{head[3]}>") if head[0] else (VALUE, value, None)

    return settle


def _make_special(special: Special[Any]) -> _Settler:
    def read(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Any, str]:
        errors: Errors = []
        element = grow(head, text, parts, depth)
        after, element.tail = element.tail or "", None
        value = special.read(element, errors)
        raise_noted(errors)
        return value, after

    chosen = special.plain or read
    return lambda head: (BLOCK, chosen, head)


def _only_hints(attributes: Attributes) -> None:
    if any(name not in SCHEMA_HINTS for name, _ in attributes.items):
        raise NotPlainError


def raise_noted(errors: Errors) -> None:
    """What a reader noted → nothing, or NotPlainError: lxml is to say where."""
    if errors:
        raise NotPlainError

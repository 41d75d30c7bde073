"""Value → Node by the tables of `table.py`, checking on the way out what the reader checks on the way in.

Source: W3C XML Schema 1.0 part 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, Final, NoReturn, cast

from hub.emessage import table, xml_write
from hub.emessage.datatypes import CS, CV
from hub.emessage.table import SELF, Edition, Field, Simple, Special, Table
from hub.emessage.xml import Node
from hub.problems import ProblemCode, fail

_MOST: Final = 2048
_LONGEST: Final = 120
"""How many codes are remembered, and how long the name of one may be."""
_Build = Callable[[str, Any], Node]
"""A tag and a value → its Node."""
_Fill = Callable[[Any, list[tuple[str, str]], list[Node | str]], None]
"""A value of a field → among the attributes or the content of its element."""


def render(value: object, edition: Edition | None = None) -> bytes:
    """A value declared with `block` → the document with it as root.

    Problems: OUTPUT_INVALID when the schema would refuse the result.
    """
    return xml_write.render(build_node(value, edition))


def build_node(value: object, edition: Edition | None = None) -> Node:
    """A value declared with `block` → its Node.

    Problems: OUTPUT_INVALID, naming class and field but never the content.
    """
    cls = type(value)
    return _builder(cls, edition)(table.tag_of(cls, edition), value)


@cache
def _builder(cls: type, edition: Edition | None) -> _Build:
    """A class and an edition → what builds its Nodes, settled at first use."""
    lines = table.table_of(cls, edition)
    names = tuple(field.name for field in lines.fields)
    fills = tuple((field, _fill(lines, field, edition)) for field in lines.fields)

    def build(tag: str, value: object) -> Node:
        attributes: list[tuple[str, str]] = []
        content: list[Node | str] = []
        values = [getattr(value, name) for name in names]
        skip = lines.may_be_empty and all(part is None or part == () for part in values)
        for name in lines.absent:
            if getattr(value, name) not in (None, ()):
                _raise(lines, name, "this edition of the standard does not have it")
        for filled, (field, fill) in zip(values, fills, strict=True):
            if filled is None or filled == ():
                _check_missing(lines, field, skip=skip)
                if filled is None and not field.many:
                    continue
            fill(filled, attributes, content)
        if lines.choices:
            _check_choices(lines, dict(zip(names, values, strict=True)))
        return Node(tag, tuple(attributes), tuple(content))

    return _remembering(build) if _recurs(lines) else build


def _fill(lines: Table, field: Field, edition: Edition | None) -> _Fill:
    """A field → what puts its value, which is there, among the attributes or the content."""
    if field.many:
        child = _child(lines, field, edition)

        def many(filled: Any, _: list[tuple[str, str]], content: list[Node | str]) -> None:
            if not isinstance(filled, tuple):
                _raise(lines, field.name, "a tuple is needed")
            parts = cast("tuple[Any, ...]", filled)
            content += [child(part) for part in parts if part is not None]

        return many
    if field.is_attribute:
        name = table.field_tag(field, field.kinds[0][0])
        text = _text(lines, field, field.kinds[0][1])

        def attribute(filled: Any, attributes: list[tuple[str, str]], _: list[Node | str]) -> None:
            attributes.append((name, text(filled)))

        return attribute
    child = _child(lines, field, edition)

    def one(filled: Any, _: list[tuple[str, str]], content: list[Node | str]) -> None:
        content.append(child(filled))

    return one


def _check_missing(lines: Table, field: Field, *, skip: bool) -> None:
    """A field that is not filled: required ones must be, those of a choice are counted together."""
    if field.least and not skip and not any(field.name in c.fields for c in lines.choices):
        _raise(lines, field.name, "it is required")


def _check_choices(lines: Table, values: dict[str, Any]) -> None:
    for choice in lines.choices:
        count = sum(values[name] not in (None, ()) for name in choice.fields)
        if count > 1 or (choice.required and not count):
            _raise(lines, " | ".join(choice.fields), "exactly one is needed")


def _child(lines: Table, field: Field, edition: Edition | None) -> Callable[[Any], Node]:
    """A field → what makes the element of one value of it."""
    made = [_child_of(lines, field, name, kind, edition) for name, kind in field.kinds]
    if len(made) == 1:
        return made[0]
    by_class = {kind: each for (_, kind), each in zip(field.kinds, made, strict=True)}

    def child(part: Any) -> Node:
        found = by_class.get(type(part))
        if found is None:
            _raise(lines, field.name, "it is of no class that may stand here")
        return found(part)

    return child


def _child_of(
    lines: Table, field: Field, name: str, kind: Any, edition: Edition | None
) -> Callable[[Any], Node]:
    tag = table.field_tag(field, name)
    if isinstance(kind, Simple):
        text = _text(lines, field, kind)

        def simple(part: Any) -> Node:
            written = text(part)
            return Node(tag, (), (written,) if written else ())

        return simple
    if isinstance(kind, Special):
        return partial(cast("Special[Any]", kind).write, tag)
    cls: type = lines.cls if kind is SELF else kind

    def block(part: Any) -> Node:
        if type(part) is not cls:
            _raise(lines, field.name, f"a {cls.__name__} is needed")
        return _builder(cls, edition)(tag, part)  # looked up here: a class may hold itself

    return block


def _text(lines: Table, field: Field, kind: Any) -> Callable[[Any], str]:
    """A field of a simple type → what gives the text of a value, which must read back as the same value."""
    simple = cast("Simple[Any]", kind)
    write, read, fixed = simple.write, simple.read, field.fixed

    def text(value: Any) -> str:
        try:
            written = write(value)
            same = read(written) == value
        except (AttributeError, TypeError):
            _raise(lines, field.name, f"it is not a {simple.name}")
        if not same or (fixed is not None and value != fixed):
            _raise(lines, field.name, f"it is not a valid {simple.name}")
        return written

    return text


def _recurs(lines: Table) -> bool:
    """A class → whether it is a code of a list, which comes again in message after message (ADR 0036)."""
    return lines.cls in (CS, CV)


def _remembering(build: _Build) -> _Build:
    """What builds Nodes of codes → the same, made once of codes that are equal; not where words stand beside the code."""
    again = lru_cache(_MOST)(build)

    def remembered(tag: str, value: Any) -> Node:
        if getattr(value, "ot", None) or (value.dn and len(value.dn) > _LONGEST):
            return build(tag, value)
        try:
            return again(tag, value)
        except TypeError:  # what cannot be a key is no text: it is told what is wrong with it
            return build(tag, value)

    return remembered


def _raise(lines: Table, name: str, why: str) -> NoReturn:
    raise fail(ProblemCode.OUTPUT_INVALID, f"{lines.cls.__name__}.{name}: {why}")

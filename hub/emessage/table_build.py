"""Value → Node by the tables of `table.py`, checking on the way out what the reader checks on the way in.

Source: W3C XML Schema 1.0 part 1 and 2.
"""

from __future__ import annotations

from typing import Any, NoReturn, cast

from hub.emessage import table, xml
from hub.emessage.table import SELF, Edition, Field, Simple, Special, Table
from hub.emessage.xml import Node
from hub.problems import ProblemCode, fail


def render(value: object, edition: Edition | None = None) -> bytes:
    """A value declared with `block` → the document with it as root.

    Problems: OUTPUT_INVALID when the schema would refuse the result.
    """
    return xml.render(build_node(value, edition))


def build_node(value: object, edition: Edition | None = None) -> Node:
    """A value declared with `block` → its Node.

    Problems: OUTPUT_INVALID, naming class and field but never the content.
    """
    cls = type(value)
    return _build(table.tag_of(cls, edition), value, table.table_of(cls, edition), edition)


def _build(tag: str, value: object, lines: Table, edition: Edition | None) -> Node:
    attributes: list[tuple[str, str]] = []
    content: list[Node | str] = []
    values = {field.name: getattr(value, field.name) for field in lines.fields}
    skip = lines.may_be_empty and all(part is None or part == () for part in values.values())
    for name in lines.absent:
        if getattr(value, name) not in (None, ()):
            _raise(lines, name, "this edition of the standard does not have it")
    for field in lines.fields:
        filled = values[field.name]
        if filled is None or filled == ():
            _check_missing(lines, field, skip=skip)
        if field.many:
            if not isinstance(filled, tuple):
                _raise(lines, field.name, "a tuple is needed")
            parts = cast("tuple[Any, ...]", filled)
            content += [_child(lines, field, part, edition) for part in parts if part is not None]
        elif filled is None:
            continue
        elif field.is_attribute:
            name = table.field_tag(field, field.kinds[0][0])
            attributes.append((name, _text(lines, field, field.kinds[0][1], filled)))
        else:
            content.append(_child(lines, field, filled, edition))
    for choice in lines.choices:
        count = sum(values[name] not in (None, ()) for name in choice.fields)
        if count > 1 or (choice.required and not count):
            _raise(lines, " | ".join(choice.fields), "exactly one is needed")
    return Node(tag, tuple(attributes), tuple(content))


def _check_missing(lines: Table, field: Field, *, skip: bool) -> None:
    """A field that is not filled: required ones must be, those of a choice are counted together."""
    if field.least and not skip and not any(field.name in c.fields for c in lines.choices):
        _raise(lines, field.name, "it is required")


def _child(lines: Table, field: Field, part: Any, edition: Edition | None) -> Node:
    name, kind = _kind_for(lines, field, part)
    tag = table.field_tag(field, name)
    if isinstance(kind, Simple):
        text = _text(lines, field, kind, part)
        return Node(tag, (), (text,) if text else ())
    if isinstance(kind, Special):
        return cast("Special[Any]", kind).write(tag, part)
    cls: type = lines.cls if kind is SELF else kind
    if type(part) is not cls:
        _raise(lines, field.name, f"a {cls.__name__} is needed")
    return _build(tag, part, table.table_of(cls, edition), edition)


def _kind_for(lines: Table, field: Field, part: Any) -> tuple[str, Any]:
    if len(field.kinds) == 1:
        return field.kinds[0]
    found = next((named for named in field.kinds if type(part) is named[1]), None)
    if found is None:
        _raise(lines, field.name, "it is of no class that may stand here")
    return found


def _text(lines: Table, field: Field, kind: Any, value: Any) -> str:
    """A simple value → its text, which must read back as the same value."""
    simple = cast("Simple[Any]", kind)
    try:
        text = simple.write(value)
        same = simple.read(text) == value
    except (AttributeError, TypeError):
        _raise(lines, field.name, f"it is not a {simple.name}")
    if not same or (field.fixed is not None and value != field.fixed):
        _raise(lines, field.name, f"it is not a valid {simple.name}")
    return text


def _raise(lines: Table, name: str, why: str) -> NoReturn:
    raise fail(ProblemCode.OUTPUT_INVALID, f"{lines.cls.__name__}.{name}: {why}")

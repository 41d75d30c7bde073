"""The tags of a plain document: what stands between < and > → the name of the element and its attributes.

A tag that was seen before is known by its characters, or by its shape: the same tag with other values.
Source: XML 1.0 5th ed. §2.3, §3.1, §3.3.3, §4.1; Namespaces in XML 1.0 §3, §6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.xml import MAX_ATTRIBUTES
from hub.emessage.xml_write import ILLEGAL

Items = tuple[tuple[str, str], ...]


class NotPlainError(Exception):
    """The document, or what is asked of it, is not for this reader."""


class Attributes:
    """The attributes of an element. Shape: those that recur are one object, so that what was made of them is found again."""

    __slots__ = ("items", "recurs")

    def __init__(self, items: Items, *, recurs: bool) -> None:
        """Pairs of "{namespace}name" and value, and whether the same tag comes again."""
        self.items = items
        self.recurs = recurs


NONE: Final = Attributes((), recurs=True)


class Scope:
    """The namespaces in force, and the tags that were seen under them, by their characters between < and >."""

    __slots__ = ("declared", "heads", "lines", "shapes")

    def __init__(self, declared: Mapping[str, str]) -> None:
        """Namespaces by prefix, the default one by ""."""
        self.declared = declared
        self.heads: dict[str, Head] = {}
        # A tag without the values of its attributes → the tag, and their names
        self.shapes: dict[str, tuple[Head, tuple[str, ...]]] = {}
        # What reads a class → what tags mean to it (table_plain.py)
        self.lines: dict[object, dict[str, Any]] = {}


# whether it opens an element that has an end; tag; attributes; the end as it must be written; scope of what is inside
Head = tuple[bool, str, Attributes, str, Scope]
OUTSIDE: Final = Scope({})
# Of the letters beyond ASCII those that Norwegian needs
_LETTERS: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff_"
_NAME: Final = f"[{_LETTERS}][{_LETTERS}0-9.-]{{0,99}}+"
_QNAME: Final = re.compile(rf"(?:({_NAME}):)?({_NAME})")
_ATTRIBUTE: Final = re.compile(
    rf"""[ \t\n]++(?:({_NAME}):)?({_NAME})[ \t\n]*+=[ \t\n]*+(?:"([^"]*+)"|'([^']*+)')"""
)
_REFERENCE: Final = re.compile("&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
# Namespaces about which nobody can have two minds
_NAMESPACE: Final = re.compile(
    r"(?!http://www\.w3\.org/(?:XML|2000/xmlns))"
    r"(?:https?://[A-Za-z0-9][A-Za-z0-9.-]*(?:/[A-Za-z0-9._-]+)*+/?#?|urn:[A-Za-z0-9][A-Za-z0-9:.-]*)"
)

# Codes come again, and so do the names of elements; a text beside a code, an address and whatever else stands in attributes may be a person's
_RECURRING: Final = frozenset({"V", "S", "DN", "U"})
# Its value may be a number alone
_ADDRESS: Final = "TeleAddress"
LONGEST: Final = 200
MOST_REMEMBERED: Final = 20_000
"""Tags, shapes and meanings over all scopes: some twenty messages of each type need fewer, and they take a few megabytes."""
_MOST_SCOPES: Final = 128
_SCOPES: Final[dict[frozenset[tuple[str, str]], Scope]] = {}


_room = [MOST_REMEMBERED]


def make_room() -> None:
    """One thing more is to be remembered → room for it; when there is none all is forgotten, whoever filled it."""
    _room[0] -= 1
    if _room[0] < 0:
        _forget()


def remembered() -> int:
    """Nothing → how much is remembered over all scopes."""
    held = (
        len(scope.heads) + len(scope.shapes) + sum(map(len, scope.lines.values()))
        for scope in (OUTSIDE, *_SCOPES.values())
    )
    return sum(held)


def _forget() -> None:
    for scope in (OUTSIDE, *_SCOPES.values()):
        for held in (scope.heads, scope.shapes, scope.lines):
            held.clear()
    _SCOPES.clear()
    _room[0] = MOST_REMEMBERED


def look(head: str, scope: Scope) -> Head:
    """What stands between < and > of a start tag → what it is; it is remembered when it comes again."""
    found = _start(head, scope)
    if (
        found[2].recurs
        and not found[1].endswith(_ADDRESS)
        and len(head) <= (LONGEST if found[4] is scope else 10 * LONGEST)
    ):
        make_room()
        scope.heads[head] = found
    return found


def _start(head: str, scope: Scope) -> Head:
    """A start tag, or that of an empty element → its name and attributes; the values stand between its quotes."""
    pieces = head.split('"')
    shape = '"'.join(pieces[::2])
    known = scope.shapes.get(shape)
    # With an open quote left over there is one value too many
    if known is None or not len(pieces) % 2 or "&" in head or "\n" in head or "\t" in head:
        return _read_start(head, scope)
    (opens, tag, _, end, inside), names = known
    items = tuple(zip(names, pieces[1::2], strict=True))
    recurs = all(_recurs(name, value) for name, value in items)
    return (opens, tag, Attributes(items, recurs=recurs), end, inside)


def _read_start(head: str, scope: Scope) -> Head:
    """A start tag → the same, looked at character by character; a shape that declares nothing is remembered."""
    opens = not head.endswith("/")
    body = head if opens else head[:-1]
    name = _QNAME.match(body)
    if name is None:
        raise NotPlainError
    declared: dict[str, str] = {}
    written: list[tuple[str | None, str, str]] = []
    at, end = name.end(), len(body.rstrip(" \t\n"))
    while at < end:
        found = _ATTRIBUTE.match(body, at)
        if found is None:
            raise NotPlainError
        at = found.end()
        prefix, local, double, single = found.groups()
        value = _value(double if double is not None else single)
        if prefix != "xmlns" and local != "xmlns":
            written.append((prefix, local, value))
        else:
            _declare("" if prefix is None else local, value, declared)
    inside = _scope({**scope.declared, **declared}) if declared else scope
    tag = _resolved(name[1] or "", name[2], inside)
    items = tuple((_attribute(p, local, inside), value) for p, local, value in written)
    if len(written) + len(declared) > MAX_ATTRIBUTES or len(dict(items)) != len(items):
        raise NotPlainError
    if not items:
        return (opens, tag, NONE, f"/{name[0]}", inside)
    recurs = all(_recurs(name, value) for name, value in items)
    read = (opens, tag, Attributes(items, recurs=recurs), f"/{name[0]}", inside)
    shape = '"'.join(head.split('"')[::2])
    if not declared and "'" not in head and len(shape) <= LONGEST:
        make_room()
        scope.shapes[shape] = (read, tuple(name for name, _ in items))
    return read


def _recurs(name: str, value: str) -> bool:
    """An attribute → whether it comes again in other messages and tells of nobody: a code, a day, a place of a schema."""
    # A colon is in a time of day or an address
    return name in SCHEMA_HINTS or (name in _RECURRING and ":" not in value)


def _value(text: str) -> str:
    """The characters between the quotes → the value."""
    text = text.replace("\n", " ").replace("\t", " ")
    return unescaped(text) if "&" in text else text


def _declare(prefix: str, uri: str, declared: dict[str, str]) -> None:
    known = prefix in declared or prefix in {"xml", "xmlns"}
    if known or _NAMESPACE.fullmatch(uri) is None:
        raise NotPlainError
    declared[prefix] = uri


def _scope(declared: dict[str, str]) -> Scope:
    """Namespaces by prefix → the scope in which they are in force, the same one for the same namespaces."""
    key = frozenset(declared.items())
    found = _SCOPES.get(key)
    if found is None:
        found = Scope(declared)
        if len(_SCOPES) >= _MOST_SCOPES:
            _forget()
        _SCOPES[key] = found
    return found


def _resolved(prefix: str, local: str, scope: Scope) -> str:
    """The name of an element → "{namespace}name"."""
    ns = scope.declared.get(prefix)
    if ns is None:
        if prefix:
            raise NotPlainError
        return local
    return f"{{{ns}}}{local}"


def _attribute(prefix: str | None, local: str, scope: Scope) -> str:
    """The name of an attribute → "{namespace}name"; the default namespace is none of theirs."""
    return local if prefix is None else _resolved(prefix, local, scope)


def unescaped(text: str) -> str:
    """A text with references → the characters they stand for."""
    plain, count = _REFERENCE.subn(_character, text)
    if count != text.count("&"):
        raise NotPlainError
    return plain


def _character(found: re.Match[str]) -> str:
    named, decimal, hexadecimal = found.groups()
    if named is not None:
        return _NAMED[named]
    number = int(decimal) if decimal is not None else int(hexadecimal, 16)
    if number > 0x10FFFF or ILLEGAL.match(chr(number)):
        raise NotPlainError
    return chr(number)

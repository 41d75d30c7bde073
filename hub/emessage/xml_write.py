"""A tree of Nodes → XML in UTF-8, each name written as it is declared nearest.

Source: https://www.w3.org/TR/xml/ §2.2, §2.4, §2.11, §3.3.3; https://www.w3.org/TR/xml-names/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from hub.emessage.namespaces import PREFIXES
from hub.emessage.xml import Node, local_name, namespace
from hub.problems import ProblemCode, fail

ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Any character that XML cannot carry."""
_XML_PREFIX: Final = "{http://www.w3.org/XML/1998/namespace}"


class _Names(Struct, frozen=True):
    """The names of a document as they are written.

    Shape: `tags` are (name as written, namespace to be declared where it is not in force; None with a prefix);
    `attributes` those that are written alike wherever they stand, up to the quotation mark; `declared` the prefixes.
    """

    tags: dict[str, tuple[str, str | None]]
    attributes: dict[str, str]
    prefixes: dict[str, str]
    declared: str


def render(node: Node) -> bytes:
    """A Node → the document in UTF-8 with its declaration.

    Problems: OUTPUT_INVALID when a text holds a character that XML cannot carry.
    """
    tags: set[str] = set()
    attributes: set[str] = set()
    _collect(node, tags, attributes)
    names = _names_of(node.tag, frozenset(tags), frozenset(attributes))
    out: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(node, "", names.declared, names, out)
    text = "".join(out)
    if ILLEGAL.search(text):
        raise fail(ProblemCode.OUTPUT_INVALID, "A text holds a character that XML cannot carry")
    return text.encode()


# Letters of one kind have the same names
@lru_cache(maxsize=32)
def _names_of(root: str, tags: frozenset[str], attributes: frozenset[str]) -> _Names:
    """The tag of the root and all names of a document → how they are written in it."""
    used = {namespace(name) for name in (*tags, *attributes)}
    own = namespace(root)
    prefixes = {ns: prefix for ns, prefix in PREFIXES.items() if ns in used and ns != own}
    return _Names(
        {tag: _tag(tag, prefixes) for tag in tags},
        {name: f' {name}="' for name in attributes if not namespace(name)},
        prefixes,
        "".join(f' xmlns:{prefix}="{ns}"' for ns, prefix in prefixes.items()),
    )


def _collect(node: Node, tags: set[str], attributes: set[str]) -> None:
    tags.add(node.tag)
    for name, _ in node.attributes:
        attributes.add(name)
    for part in node.content:
        if not isinstance(part, str):
            _collect(part, tags, attributes)


def _tag(tag: str, prefixes: Mapping[str, str]) -> tuple[str, str | None]:
    ns, name = namespace(tag), local_name(tag)
    prefix = prefixes.get(ns)
    return (name, ns) if prefix is None else (f"{prefix}:{name}", None)


def _write(node: Node, default: str, declared: str, names: _Names, out: list[str]) -> None:
    name, ns = names.tags[node.tag]
    if ns is not None and ns != default:
        declared = f' xmlns="{escape_attribute(ns)}"{declared}'
        default = ns
    opened = f"<{name}{declared}"
    for number, (attribute, value) in enumerate(node.attributes):
        begun = names.attributes.get(attribute)
        if begun is None:
            opened += _attribute(attribute, value, names.prefixes, number)
        else:
            opened += f'{begun}{escape_attribute(value)}"'
    if not node.content:
        out.append(f"{opened}/>")
        return
    out.append(f"{opened}>")
    for part in node.content:
        if isinstance(part, str):
            out.append(escape_text(part))
        else:
            _write(part, default, "", names, out)
    out.append(f"</{name}>")


def _attribute(name: str, value: str, prefixes: Mapping[str, str], number: int) -> str:
    """An attribute with a namespace → as it is written."""
    ns, local = namespace(name), local_name(name)
    text = escape_attribute(value)
    if name.startswith(_XML_PREFIX):
        return f' xml:{local}="{text}"'
    prefix = prefixes.get(ns)
    if prefix is not None:
        return f' {prefix}:{local}="{text}"'
    return f' xmlns:a{number}="{escape_attribute(ns)}" a{number}:{local}="{text}"'


def escape_text(text: str) -> str:
    """A text → the same as character data; a carriage return survives as a reference."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    )


def escape_attribute(text: str) -> str:
    """A text → the same between double quotes; white space survives as references."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")

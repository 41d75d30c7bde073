"""The one gate to lxml: bytes → Element (hardened), Element → Node, canonical form; `xml_write.py` is the way back.

Source: security/xml-and-message-security.md §1 (rules tested there), XML 1.0 5th ed., HIS 80601:2006 (charset).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NoReturn, Protocol, cast

from lxml import etree as _lxml  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType] lxml ships no types
from msgspec import Struct

from hub.emessage.namespaces import SCHEMA_HINTS
from hub.problems import ProblemCode, fail

_etree: Any = cast("Any", _lxml)

MAX_BYTES: Final = 35 * 1024 * 1024
MAX_DEPTH: Final = 64
# Start and end tags together; attachments are one element each, so real messages stay far below.
MAX_TAGS: Final = 500_000
# Above it a document may hold a text that libxml2 takes only with its own limits lifted (ADR 0021).
ORDINARY_BYTES: Final = 9_000_000
WHITESPACE: Final = " \t\r\n"

# HIS 80601: UTF-8 when sending, ISO-8859-1 accepted; Windows-1252 is seen in old KITH messages; ASCII is in all.
_ENCODINGS: Final = frozenset(
    {"utf-8", "utf8", "iso-8859-1", "latin1", "windows-1252", "us-ascii", "ascii"}
)
_DECLARATION: Final = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._\-]*)[\"']"
)
_BOM: Final = b"\xef\xbb\xbf"
# How nearly every document begins: nothing more is to be looked at
_USUAL: Final = tuple(
    b'<?xml version="1.0" encoding="%s"' % name for name in (b"UTF-8", b"utf-8", b"ISO-8859-1")
)
MAX_ATTRIBUTES: Final = 64
_TOO_MANY: Final = _etree.XPath(f"boolean(//@*[{MAX_ATTRIBUTES + 1}])")
_TOO_DEEP: Final = _etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")


class Element(Protocol):
    """A parsed element, read-only: `tag` is "{namespace}name", comments and instructions are gone."""

    @property
    def tag(self) -> str:
        """The name as "{namespace}name"."""
        ...

    @property
    def text(self) -> str | None:
        """Characters before the first child."""
        ...

    @property
    def tail(self) -> str | None:
        """Characters after the element, before the next sibling."""
        ...

    @property
    def nsmap(self) -> Mapping[str | None, str]:
        """The prefixes in force here, each with its namespace."""
        ...

    def items(self) -> list[tuple[str, str]]:
        """Attributes as ("{namespace}name", value) pairs."""
        ...

    def getparent(self) -> Element | None:
        """The element around this one."""
        ...

    def __iter__(self) -> Iterator[Element]:
        """The child elements in document order."""
        ...

    def __len__(self) -> int:
        """The number of child elements."""
        ...


class Node(Struct, frozen=True):
    """An element as a value of its own: what is written, and what is carried without being understood.

    Shape: `tag` is "{namespace}name"; `content` mixes texts and elements in document order.
    """

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    content: tuple[Node | str, ...] = ()


class _RefuseAll(_etree.Resolver):
    """Answers no request for another document."""

    def resolve(self, *_: object) -> NoReturn:
        """Whatever is asked for → refused."""
        raise OSError(
            "external resources are never read"
        )  # pragma: no cover - the belt beside the braces: nothing asks


def parse(data: bytes, max_bytes: int = MAX_BYTES) -> Element:
    """Bytes of one document → its root Element.

    Problems: TOO_LARGE, TOO_DEEP, XML_FORBIDDEN (a DTD), XML_NOT_WELL_FORMED (also unreadable charsets).
    Drops: comments and processing instructions; text split by a comment is joined.
    """
    if len(data) > max_bytes or (len(data) > MAX_TAGS and data.count(b"<") > MAX_TAGS):
        raise fail(
            ProblemCode.TOO_LARGE,
            f"The document is larger than {max_bytes} bytes or {MAX_TAGS} tags",
        )
    _check_charset(data)
    if len(data) > ORDINARY_BYTES and b"<!DOCTYPE" in data:
        # In every charset that gets here these bytes are these letters.
        raise fail(ProblemCode.XML_FORBIDDEN, "A document type declaration (DTD) is not allowed")
    parser = _etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=len(data) > ORDINARY_BYTES,
        recover=False,
        remove_blank_text=False,
        remove_comments=True,
        remove_pis=True,
    )
    refuse_outside(parser)
    try:
        root = _etree.fromstring(data, parser)
    except (_etree.XMLSyntaxError, ValueError, OSError) as error:
        _raise_unreadable(data, error)
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise fail(ProblemCode.XML_FORBIDDEN, "A document type declaration (DTD) is not allowed")
    if _TOO_DEEP(root):
        raise fail(ProblemCode.TOO_DEEP, f"Elements are nested deeper than {MAX_DEPTH}")
    if _TOO_MANY(root):
        raise fail(ProblemCode.TOO_LARGE, f"An element has more than {MAX_ATTRIBUTES} attributes")
    return cast("Element", root)


def refuse_outside(parser: Any) -> None:
    """A parser → one that asks for no other document, whatever its settings would let it."""
    parser.resolvers.add(_RefuseAll())


def _check_charset(data: bytes) -> None:
    """First bytes → nothing, or XML_NOT_WELL_FORMED when the charset is none of those we read."""
    if data.startswith(_USUAL):
        return
    bom = data.startswith(_BOM)
    head = data[3:400] if bom else data[:400]
    start = head.lstrip(b" \t\r\n")
    # A second byte of zero is UTF-16 or UTF-32 without a byte order mark.
    if not start.startswith(b"<") or start[1:2] == b"\x00":
        raise fail(
            ProblemCode.XML_NOT_WELL_FORMED, "The document does not begin as XML in a known charset"
        )
    declared = _DECLARATION.match(start)
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if name not in _ENCODINGS or (bom and name not in {"utf-8", "utf8"}):
        raise fail(ProblemCode.XML_NOT_WELL_FORMED, "The charset is not UTF-8 or ISO-8859-1")


def _raise_unreadable(data: bytes, error: Exception) -> NoReturn:
    if b"<!DOCTYPE" in data:
        raise fail(
            ProblemCode.XML_FORBIDDEN, "A document type declaration (DTD) is not allowed"
        ) from error
    line = getattr(error, "lineno", None)
    where = f"line {line}" if isinstance(line, int) and line > 0 else ""
    text = str(error)
    if "xcessive depth" in text:
        raise fail(ProblemCode.TOO_DEEP, "Elements are nested too deep") from error
    if "huge" in text.lower() or "resource limit" in text.lower():
        raise fail(ProblemCode.TOO_LARGE, "A text is longer than the reader allows") from error
    raise fail(
        ProblemCode.XML_NOT_WELL_FORMED, "The document is not well-formed XML", where
    ) from error


# A document has a few dozen names, each many times; a name may be long, so that few are remembered
@lru_cache(maxsize=512)
def local_name(tag: str) -> str:
    """A tag "{namespace}name" → its local name."""
    return tag.rpartition("}")[2]


@lru_cache(maxsize=512)
def namespace(tag: str) -> str:
    """A tag "{namespace}name" → its namespace, "" when it has none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def path(element: Element) -> str:
    """An element → its XPath by local names, with a position where siblings share the name."""
    steps: list[str] = []
    here: Element | None = element
    while here is not None:
        parent = here.getparent()
        step = local_name(here.tag)[:64]
        if parent is not None:
            alike = [child for child in parent if child.tag == here.tag]
            if len(alike) > 1:
                step += f"[{alike.index(here) + 1}]"
        steps.append(step)
        here = parent
    return "/" + "/".join(reversed(steps))


def to_node(element: Element) -> Node:
    """An Element → the same as a Node, schema hints left out."""
    content: list[Node | str] = [element.text] if element.text else []
    for child in element:
        content.append(to_node(child))
        if child.tail:
            content.append(child.tail)
    attributes = tuple((name, value) for name, value in element.items() if name not in SCHEMA_HINTS)
    return Node(element.tag, attributes, tuple(content))


def canonical(data: bytes) -> str:
    """Bytes → C14N 2.0 with prefixes rewritten, for comparing two documents.

    Drops: comments, schema hints, and white space between elements where an element has no other text.
    """
    root: Any = parse(data)
    for element in root.iter():
        for hint in SCHEMA_HINTS:
            element.attrib.pop(hint, None)
        parts = [element.text, *(child.tail for child in element)]
        if len(element) and not any(part and part.strip(WHITESPACE) for part in parts):
            element.text = None
            for child in element:
                child.tail = None
    return str(
        _etree.canonicalize(_etree.tostring(root, encoding="unicode"), rewrite_prefixes=True)
    )

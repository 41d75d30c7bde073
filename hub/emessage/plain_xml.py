"""The usual document of an e-message → its tree, without lxml: a strict part of XML, and whatever is not in it is left to `xml.py`.

Asking lxml for the name, attributes and texts of every element costs several times what its parse does. Here a document is
cut at its tags, and a tag that was seen before is known by its characters. Only what can be judged without doubt is read:
UTF-8 or ISO-8859-1, names in Latin letters, declared prefixes, no DTD, no CDATA, no instructions. A NotPlainError is no verdict on
the document: lxml reads it then.
Source: XML 1.0 5th ed. §2.2, §2.3, §2.5, §2.11, §3.1, §3.3.3, §4.1; Namespaces in XML 1.0 §3, §6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NoReturn

import msgspec

from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.plain_tags import OUTSIDE, Attributes, Head, NotPlainError, Scope, look, unescaped
from hub.emessage.xml import MAX_DEPTH, WHITESPACE, Node

MOST_BYTES: Final = 512 * 1024
"""Larger documents are left to lxml, whose limits then need no counterpart here."""


class Plain(msgspec.Struct, gc=False):
    """An element that nothing but its parent knows; it answers as an `xml.Element` does. Shape: a tree, so no collector is needed."""

    tag: str
    attributes: Attributes
    text: str | None
    children: list[Plain] | tuple[()]
    tail: str | None

    @property
    def nsmap(self) -> Mapping[str | None, str]:
        """Prefixes are not kept. Problems: NotPlainError."""
        raise NotPlainError

    def items(self) -> list[tuple[str, str]]:
        """Attributes as ("{namespace}name", value) pairs."""
        return list(self.attributes.items)

    def getparent(self) -> NoReturn:
        """Where an element stands is asked when something is wrong with it: lxml is to say what. Problems: NotPlainError."""
        raise NotPlainError

    def __iter__(self) -> Iterator[Plain]:
        """The child elements in document order."""
        return iter(self.children)

    def __len__(self) -> int:
        """The number of child elements."""
        return len(self.children)


# Control characters → one of them, which is found at once
_MARK: Final = 0
_MARKED: Final = bytes(n if n > 31 or n in b"\t\n" else _MARK for n in range(256))
# libxml2 and Python agree on these too, but no sender means them
_MARKED_OF_LATIN: Final = bytes(_MARK if 0x80 <= n < 0xA0 else _MARKED[n] for n in range(256))
_DECLARATION: Final = re.compile(
    rb"""<\?xml version=(["'])1\.0\1(?: encoding=(["'])(?i:(utf-8)|iso-8859-1)\2)?(?: standalone=(["'])(?:yes|no)\4)? ?\?>"""
)
_BOM: Final = b"\xef\xbb\xbf"


def parse_plain(data: bytes) -> Plain:
    """The bytes of one document → its root element, the same as `xml.parse` gives.

    Problems: NotPlainError for whatever is not usual, well-formed or not.
    Drops: comments; text split by a comment is joined.
    """
    parts = begun(characters(data).split("<"))
    root = grow(*start(parts, OUTSIDE), parts, 1)
    check_end(root.tail or "", parts)
    root.tail = None
    return root


def characters(data: bytes) -> str:
    """The bytes of one document → its characters after the declaration, comments left out. Problems: NotPlainError."""
    if len(data) > MOST_BYTES:
        raise NotPlainError
    text = _decoded(data)
    # One character is found many times faster than several
    if "!" in text and "<!--" in text:
        text = _without_comments(text)
    return text


def begun(pieces: Iterable[str]) -> Iterator[str]:
    """A document cut at each "<" → what follows its first: a tag, ">" and the text after it. Problems: NotPlainError."""
    parts = iter(pieces)
    if next(parts).strip(WHITESPACE):
        raise NotPlainError
    return parts


def start(parts: Iterator[str], scope: Scope) -> tuple[Head, str]:
    """What comes next, where an element is due → its start tag and the text after it."""
    head, closed, text = next(parts, "").partition(">")
    if not closed:
        raise NotPlainError
    return scope.heads.get(head) or look(head, scope), text


def check_end(text: str, parts: Iterator[str]) -> None:
    """What comes after the root → nothing but white space, or NotPlainError."""
    if text.strip(WHITESPACE) or next(parts, None) is not None:
        raise NotPlainError


def _decoded(data: bytes) -> str:
    """Bytes → the characters after the declaration, ends of lines as XML reads them."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    declaration = _DECLARATION.match(data, start)
    utf8 = declaration is None or declaration[2] is None or declaration[3] is not None
    if start and not utf8:
        raise NotPlainError
    body = data[declaration.end() :] if declaration is not None else data[start:]
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    # Where one character of it is missing, which is found many times faster, so is the whole
    if (
        _MARK in body.translate(_MARKED if utf8 else _MARKED_OF_LATIN)
        or (b"\xef" in body and b"\xef\xbf" in body)
        or (b"]" in body and b"]]>" in body)
    ):
        raise NotPlainError
    try:
        return body.decode("utf-8" if utf8 else "iso-8859-1")
    except UnicodeDecodeError:
        raise NotPlainError from None


def _without_comments(text: str) -> str:
    """A document → the same without comments, all of which stand between tags."""
    before, *pieces = text.split("<!--")
    kept = [before]
    for piece in pieces:
        # A comment inside of a tag would leave the tag whole
        if before.rfind("<") > before.rfind(">"):
            raise NotPlainError
        _, _, before = piece.partition("--")
        if not before.startswith(">"):
            raise NotPlainError
        before = before[1:]
        kept.append(before)
    return "".join(kept)


def grow(head: Head, text: str, parts: Iterator[str], depth: int) -> Plain:
    """A start tag, the text after it and what comes next → the element, up to and with the text after its end."""
    opens, tag, attributes, end, scope = head
    if "&" in text:
        text = unescaped(text)
    if not opens:
        return Plain(tag, attributes, None, (), text or None)
    if depth >= MAX_DEPTH:
        raise NotPlainError
    kids: list[Plain] = []
    top = Plain(tag, attributes, text or None, kids, None)
    heads = scope.heads
    outer: list[tuple[list[Plain], str, Scope]] = []
    for part in parts:
        written, closed, text = part.partition(">")
        if not closed:
            raise NotPlainError
        if "&" in text:
            text = unescaped(text)
        if written == end:
            if not outer:
                top.tail = text or None
                return top
            kids, end, scope = outer.pop()
            heads = scope.heads
            kids[-1].tail = text or None
            continue
        opens, tag, attributes, closing, inside = heads.get(written) or look(written, scope)
        if not opens:
            kids.append(Plain(tag, attributes, None, (), text or None))
            continue
        mine: list[Plain] = []
        kids.append(Plain(tag, attributes, text or None, mine, None))
        outer.append((kids, end, scope))
        kids, end = mine, closing
        scope, heads = inside, inside.heads
        # What is inside of it, if anything, stands one deeper
        if depth + len(outer) >= MAX_DEPTH:
            raise NotPlainError
    raise NotPlainError


def grow_node(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Node, str]:
    """The same → the element as `xml.to_node` gives it, and the text after its end."""
    opens, tag, attributes, end, scope = head
    if "&" in text:
        text = unescaped(text)
    kept = attributes.items
    if kept:
        kept = tuple([item for item in kept if item[0] not in SCHEMA_HINTS])
    if not opens:
        return Node(tag, kept), text
    if depth >= MAX_DEPTH:
        raise NotPlainError
    content: list[Node | str] = [text] if text else []
    heads = scope.heads
    for part in parts:
        written, closed, text = part.partition(">")
        if not closed:
            raise NotPlainError
        if written == end:
            return Node(tag, kept, tuple(content)), unescaped(text) if "&" in text else text
        inner = heads.get(written) or look(written, scope)
        node, text = grow_node(inner, text, parts, depth + 1)
        content.append(node)
        if text:
            content.append(text)
    raise NotPlainError

"""The attachments of a message as links: what each is called, its type and its size.

The bytes are where the caller says they are: a page of the hub, or in the page itself (a `data:` address for the types
that hold no program).
Source: HIS 1036 (the receiver shows that there are attachments, their format and description).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hub.emessage import xml
from hub.emessage.attached_documents import ATTACHMENT_TYPES
from hub.emessage.attachment_kinds import type_of
from hub.emessage.attachment_names import file_name
from hub.emessage.base64_text import decode_base64
from hub.emessage.datatypes import BASE64_TAG
from hub.emessage.large_text import LargeText
from hub.emessage.page.leaves import attribute, text_of
from hub.emessage.xml import WHITESPACE, Node
from hub.html import Html, el

_TYPES: Final = {
    "application/pdf": "PDF",
    "image/jpeg": "bilde, JPEG",
    "image/png": "bilde, PNG",
    "text/plain": "tekst",
}
_KILO: Final = 1000
_TOLD: Final = 60


@dataclass(frozen=True, slots=True)
class Found:
    """One attachment in a message. Shape: `number` from 1 in document order; `held` is its base64; `name` that of the file it becomes."""

    number: int
    title: str
    mime_type: str
    held: str | LargeText
    name: str = ""

    @property
    def size(self) -> int:
        """How many bytes it is."""
        if isinstance(self.held, LargeText):
            return self.held.size
        digits = len(self.held) - sum(map(self.held.count, WHITESPACE))
        return max(digits * 3 // 4 - self.held[-8:].count("="), 0)

    @property
    def text(self) -> str:
        """Its base64, as written."""
        return self.held if isinstance(self.held, str) else self.held.text

    @property
    def data(self) -> bytes | None:
        """Its bytes; None when they cannot be made out."""
        return decode_base64(self.held) if isinstance(self.held, str) else self.held.data


Address = Callable[[Found], str]
"""An attachment → where its bytes are got, "" when nowhere."""


@dataclass(frozen=True, slots=True)
class Attachments:
    """The attachments of one message. Shape: by the identity of the element that holds the bytes."""

    found: dict[int, Found]
    address: Address

    def link_to(self, node: Node) -> Html | None:
        """An element → the link to the attachment it is; None when it is none."""
        one = self.found.get(id(node))
        if one is None:
            return None
        href = self.address(one)
        told = f"({_TYPES.get(one.mime_type, one.mime_type) or 'ukjent format'}, {shown_size(one.size)})"
        name = one.title or f"Vedlegg {one.number}"
        shown = el("a", name, href=href, download=one.name) if href else el("span", name)
        return el("span", shown, " ", el("span", told, class_="code"), class_="attachment")


def find_attachments(root: Node, large: Mapping[str, LargeText]) -> tuple[Found, ...]:
    """The root of a message, and what marks in it stand for → its attachments, in document order."""
    return tuple(one for _, one in _all(root, large))


def attachments_of(root: Node, address: Address, large: Mapping[str, LargeText]) -> Attachments:
    """The root of a message, where bytes are got and what marks stand for → its attachments."""
    return Attachments({id(node): one for node, one in _all(root, large)}, address)


def in_the_page(one: Found) -> str:
    """An attachment of a type that holds no program → its bytes as an address; of any other type none."""
    if one.mime_type not in ATTACHMENT_TYPES:
        return ""
    return f"data:{one.mime_type};base64,{''.join(one.text.split())}"


def shown_size(size: int) -> str:
    """Bytes → a size as people write it."""
    if size < _KILO:
        return f"{size} byte"
    if size < _KILO * _KILO:
        return f"{size / _KILO:.0f} kB"
    return f"{size / _KILO / _KILO:.1f} MB".replace(".", ",")


def _all(root: Node, large: Mapping[str, LargeText]) -> Iterator[tuple[Node, Found]]:
    """Shape: of several attachments whose files would have one name, the later ones are told apart by their number."""
    names: set[str] = set()
    for number, (node, ref) in enumerate(_containers(root, root), start=1):
        title, kind = _text(ref, "Description"), type_of(_text(ref, "MimeType"))
        name = file_name(title, kind, number)
        if name.lower() in names:
            name = file_name(f"{title[:_TOLD]} {number}", kind, number)
        names.add(name.lower())
        text = text_of(node)
        yield node, Found(number, title, kind, large.get(text, text), name)


def _containers(node: Node, ref: Node) -> Iterator[tuple[Node, Node]]:
    """An element and the document around it → the attachments below it, each with its document."""
    for part in node.content:
        if not isinstance(part, Node):
            continue
        if part.tag == BASE64_TAG:
            yield part, ref
        else:
            here = part if xml.local_name(part.tag) == "RefDoc" else ref
            yield from _containers(part, here)


def _text(node: Node, name: str) -> str:
    for part in node.content:
        if isinstance(part, Node) and xml.local_name(part.tag) == name:
            return (attribute(part, "V") or text_of(part)).strip(WHITESPACE)
    return ""

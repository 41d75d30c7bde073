"""What may stand in RefDoc/Content: the payloads we read, attachments, and others carried unread.

Source: MsgHead-v1_2.xsd (Content: any element, strict), HIS 1036 (Base64Container).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from hub.emessage import table, xml
from hub.emessage.datatypes import BASE64_TAG, Base64Container, read_base64
from hub.emessage.message_types import MESSAGE_TYPES
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.plain_tags import NONE, Head, NotPlainError, look
from hub.emessage.plain_xml import grow
from hub.emessage.table import Edition, Errors, Special
from hub.emessage.table_build import build_node
from hub.emessage.table_parse import reader_of
from hub.emessage.table_plain import check_blank, plain_reader_of
from hub.emessage.xml import WHITESPACE, Element, Node

# A payload class of the table of message types, an attachment, or a Node: a payload that no codec reads, carried whole.
Payload = object

PAYLOADS: Final[dict[str, tuple[type, Edition | None]]] = {
    table.tag_of(row.payload, row.edition): (row.payload, row.edition)
    for row in MESSAGE_TYPES
    if row.payload is not None
}
_NAMESPACES: Final = frozenset(xml.namespace(tag) for tag in (*PAYLOADS, BASE64_TAG))


class Content(msgspec.Struct, frozen=True):
    """The elements of one Content; a message has exactly one, and nothing but the schema lets there be more.

    Shape: `edition` is that of the payload, which it is read and written in.
    """

    elements: tuple[Payload, ...] = ()
    edition: Edition | None = None


def _read(element: Element, errors: Errors) -> Content:
    if any(name not in SCHEMA_HINTS for name, _ in element.items()):
        errors.append((element, "Attributes are not allowed here"))
    texts = (element.text, *(child.tail for child in element))
    if any(text is not None and text.strip(WHITESPACE) for text in texts):
        errors.append((element, "Text is not allowed here"))
    read = [_read_payload(child, errors) for child in element]
    edition = next((edition for _, edition in read if edition is not None), None)
    return Content(tuple(payload for payload, _ in read), edition)


def _read_payload(element: Element, errors: Errors) -> tuple[Payload, Edition | None]:
    cls, edition = PAYLOADS.get(element.tag, (None, None))
    if cls is not None:
        return reader_of(cls, edition)(element, errors), edition
    if element.tag == BASE64_TAG:
        return read_base64(element, errors), None
    if xml.namespace(element.tag) in _NAMESPACES:
        errors.append((element, "The element cannot be a payload"))
    return xml.to_node(element), None


def _write(tag: str, value: Content) -> Node:
    return Node(tag, (), tuple(_write_payload(p, value.edition) for p in value.elements))


def _write_payload(payload: Payload, edition: Edition | None) -> Node:
    if isinstance(payload, Node):
        return payload
    if isinstance(payload, Base64Container):
        return Node(BASE64_TAG, (), (payload.text,) if payload.text else ())
    return build_node(payload, edition)


def _read_plain(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Content, str]:
    """The start tag of a Content and what comes next → the Content with what codecs read, and the text after its end."""
    opens, _, attributes, end, scope = head
    if not opens or attributes is not NONE:
        raise NotPlainError
    check_blank(text)
    read: list[tuple[Payload, Edition | None]] = []
    for part in parts:
        written, closed, text = part.partition(">")
        if not closed:
            raise NotPlainError
        if written == end:
            break
        inner = scope.heads.get(written) or look(written, scope)
        cls, edition = PAYLOADS.get(inner[1], (None, None))
        if cls is not None:
            payload, text = plain_reader_of(cls, edition)(inner, text, parts, depth + 1)
        elif inner[1] == BASE64_TAG:
            payload, text = _read_base64(inner, text, parts, depth + 1)
        else:
            raise NotPlainError
        read.append((payload, edition))
        check_blank(text)
    else:
        raise NotPlainError
    edition = next((edition for _, edition in read if edition is not None), None)
    return Content(tuple(payload for payload, _ in read), edition), text


def _read_base64(
    head: Head, text: str, parts: Iterator[str], depth: int
) -> tuple[Base64Container, str]:
    errors: Errors = []
    element = grow(head, text, parts, depth)
    container = read_base64(element, errors)
    if errors:
        raise NotPlainError
    return container, element.tail or ""


CONTENT: Final[Special[Content]] = Special("content", _read, _write, _read_plain)

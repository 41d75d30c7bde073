"""What may stand in RefDoc/Content of a letter with an envelope of its own (Epikrise, Henvisning 1.x).

Source: HIS 1036 (Base64Container), Epikrise-v1.2.xsd and Henvisning-v1.1.xsd (Content: any element, strict).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.emessage import xml
from hub.emessage.datatypes import BASE64_TAG, Base64Container, read_base64
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.table import Errors, Special
from hub.emessage.xml import WHITESPACE, Element, Node


@dataclass(frozen=True, slots=True)
class Attached:
    """The elements of one Content. Shape: a Node is XML that nobody here reads; it is carried whole."""

    elements: tuple[Base64Container | Node, ...] = ()


def _read(element: Element, errors: Errors) -> Attached:
    if any(name not in SCHEMA_HINTS for name, _ in element.items()):
        errors.append((element, "Attributes are not allowed here"))
    texts = (element.text, *(child.tail for child in element))
    if any(text is not None and text.strip(WHITESPACE) for text in texts):
        errors.append((element, "Text is not allowed here"))
    return Attached(tuple(_read_one(child, errors) for child in element))


def _read_one(element: Element, errors: Errors) -> Base64Container | Node:
    if element.tag == BASE64_TAG:
        return read_base64(element, errors)
    # The schema would judge it strictly, and nobody would read it
    if "/xmlstds" in xml.namespace(element.tag) or not xml.namespace(element.tag):
        errors.append((element, "The element cannot be an attachment"))
    return xml.to_node(element)


def _write(tag: str, value: Attached) -> Node:
    return Node(tag, (), tuple(_write_one(one) for one in value.elements))


def _write_one(one: Base64Container | Node) -> Node:
    if isinstance(one, Node):
        return one
    return Node(BASE64_TAG, (), (one.text,) if one.text else ())


ATTACHED: Final[Special[Attached]] = Special("content", _read, _write)

"""What may stand in RefDoc/Content: the payloads we read, attachments, and others carried unread.

Source: MsgHead-v1_2.xsd (Content: any element, strict), HIS 1036 (Base64Container).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from hub.emessage import dialogmelding_1_0, table, xml
from hub.emessage.datatypes import BASE64_TAG, Base64Container, read_base64
from hub.emessage.dialogmelding import Dialogmelding
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.table import Errors, Special
from hub.emessage.table_build import build_node
from hub.emessage.table_parse import reader_of
from hub.emessage.xml import WHITESPACE, Element, Node

# Node = a payload that no codec reads: it is carried whole and answered as not supported.
Payload = (
    TverrfagligEpikrise
    | Pasientlogistikk
    | Dialogmelding
    | dialogmelding_1_0.Dialogmelding
    | Base64Container
    | Node
)

PAYLOADS: Final[dict[str, type]] = {
    table.tag_of(cls): cls
    for cls in (
        TverrfagligEpikrise,
        Pasientlogistikk,
        Dialogmelding,
        dialogmelding_1_0.Dialogmelding,
    )
}
_NAMESPACES: Final = frozenset(xml.namespace(tag) for tag in (*PAYLOADS, BASE64_TAG))


@dataclass(frozen=True, slots=True)
class Content:
    """The elements of one Content; a message has exactly one, and nothing but the schema lets there be more."""

    elements: tuple[Payload, ...] = ()


def _read(element: Element, errors: Errors) -> Content:
    if any(name not in SCHEMA_HINTS for name, _ in element.items()):
        errors.append((element, "Attributes are not allowed here"))
    texts = (element.text, *(child.tail for child in element))
    if any(text is not None and text.strip(WHITESPACE) for text in texts):
        errors.append((element, "Text is not allowed here"))
    return Content(tuple(_read_payload(child, errors) for child in element))


def _read_payload(element: Element, errors: Errors) -> Payload:
    cls = PAYLOADS.get(element.tag)
    if cls is not None:
        return cast("Payload", reader_of(cls)(element, errors))
    if element.tag == BASE64_TAG:
        return read_base64(element, errors)
    if xml.namespace(element.tag) in _NAMESPACES:
        errors.append((element, "The element cannot be a payload"))
    return xml.to_node(element)


def _write(tag: str, value: Content) -> Node:
    return Node(tag, (), tuple(_write_payload(payload) for payload in value.elements))


def _write_payload(payload: Any) -> Node:
    if isinstance(payload, Node):
        return payload
    if isinstance(payload, Base64Container):
        return Node(BASE64_TAG, (), (payload.text,) if payload.text else ())
    return build_node(payload)


CONTENT: Final[Special[Content]] = Special("content", _read, _write)

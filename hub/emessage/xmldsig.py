"""A personal XML signature inside an envelope: carried as it stands, neither judged nor trusted here.

Source: W3C XML-DSig core (2000/09/xmldsig#), §4.1; the message types of this hub do not ask for signatures.
"""

from __future__ import annotations

from typing import Final

from hub.emessage import xml
from hub.emessage.namespaces import XMLDSIG
from hub.emessage.table import Errors, Special
from hub.emessage.xml import Element, Node

# SignedInfo and SignatureValue are required; KeyInfo and Object may follow.
_NEEDED: Final = (f"{{{XMLDSIG}}}SignedInfo", f"{{{XMLDSIG}}}SignatureValue")


def _read(element: Element, errors: Errors) -> Node:
    tags = tuple(child.tag for child in element)
    if tags[:2] != _NEEDED:
        errors.append((element, "A signature needs SignedInfo and SignatureValue"))
    return xml.to_node(element)


def _write(tag: str, value: Node) -> Node:
    return Node(tag, value.attributes, value.content)


SIGNATURE: Final[Special[Node]] = Special("signature", _read, _write)

"""Canonical bytes of a signed document and of its SignedInfo: the third and last place that touches lxml.

Source: W3C Canonical XML 1.0, Exclusive XML Canonicalization 1.0; security/xml-and-message-security.md §2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from lxml import etree as _lxml  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType] lxml ships no types

from hub.emessage.namespaces import XMLDSIG
from hub.emessage.xml import ORDINARY_BYTES, refuse_outside

_etree: Any = cast("Any", _lxml)
INCLUSIVE: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
METHODS: Final = frozenset((INCLUSIVE, EXCLUSIVE))


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """What was signed. Shape: `content` is the whole document without its signature, `signed_info` what bears the value."""

    content: bytes
    signed_info: bytes


def canonical_parts(data: bytes, content_method: str, info_method: str) -> SignedBytes | None:
    """A document that `xml.parse` has accepted and two methods → its canonical bytes; None without one Signature at its root.

    Comments are no part of either; processing instructions are, and so the document is read anew.
    """
    parser = _etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(data) > ORDINARY_BYTES,
        remove_comments=True,
    )
    refuse_outside(parser)
    root = _etree.fromstring(data, parser)
    tag = f"{{{XMLDSIG}}}Signature"
    own = [child for child in root if child.tag == tag]
    if len(own) != 1 or sum(1 for _ in root.iter(tag)) != 1:
        return None
    (signature,) = own
    info = signature.find(f"{{{XMLDSIG}}}SignedInfo")
    if info is None:
        return None
    signed_info = _canonical(info, info_method)
    _take_out(root, signature)
    return SignedBytes(_canonical(root, content_method), signed_info)


def _canonical(element: Any, method: str) -> bytes:
    return bytes(
        _etree.tostring(
            element,
            method="c14n",
            exclusive=method == EXCLUSIVE,
            with_comments=False,
            with_tail=False,
        )
    )


def _take_out(root: Any, element: Any) -> None:
    """An element → gone, the text behind it kept: only the signature itself is left out."""
    tail, before = element.tail, element.getprevious()
    root.remove(element)
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        root.text = (root.text or "") + tail

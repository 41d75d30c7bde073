"""Where the longest text of a document stands.

Source: HISD 1155 (markup inside a text is lower case; elements of messages begin with a capital).
"""

from __future__ import annotations

from hub.emessage import xml
from hub.emessage.large_text import parse_cut
from hub.emessage.xml import Element


def where_longest(data: bytes) -> str:
    """The bytes of a message → the XPath of the field with the longest text, attachments aside; markup in it belongs to it.

    Problems: those of `xml.parse`.
    """
    root, _ = parse_cut(data)
    longest, size = root, -1
    waiting = [root]
    while waiting:
        element = waiting.pop()
        waiting += element
        length = _length(element)
        if length > size:
            longest, size = element, length
    return xml.path(_field(longest))


def _length(element: Element) -> int:
    values = (len(value) for _, value in element.items())
    tails = sum(len(child.tail or "") for child in element)
    return max(len(element.text or "") + tails, *values, 0)


def _field(element: Element) -> Element:
    """An element → itself, or the element of the message around it when it is markup."""
    while xml.local_name(element.tag)[:1].islower():
        parent = element.getparent()
        if parent is None:
            break
        element = parent
    return element

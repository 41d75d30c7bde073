"""Marked up text of a message → the div of a Narrative, when a narrative may hold it.

Source: HISD 1155; http://hl7.org/fhir/R4/narrative.html (allowed XHTML).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from hub.emessage import xml, xml_write
from hub.emessage.namespaces import XHTML
from hub.emessage.xml import Node
from hub.fhir.models.narrative import ok_narrative, ok_start

DIV: Final = f"{{{XHTML}}}div"
_STRUCK: Final = frozenset(f"{{{XHTML}}}{name}" for name in ("del", "s", "strike"))
_LINE_THROUGH: Final = (("style", "text-decoration: line-through"),)
_NAMESPACE: Final = f' xmlns="{XHTML}"'
Tags = tuple[str, str, str, bool]
"""The start and the end of an element as written, the whole of it when nothing is in it, and whether it is a picture."""


def to_div(outer: Node) -> str | None:
    """A div with its content → the same as text; None when a narrative may not hold it.

    Shape: plain XHTML is judged while it is written, tag by tag; anything else is written first and judged as a whole.
    """
    out: list[str] = []
    try:
        says = _write(outer, _tag(outer.tag, outer.attributes, outermost=True), out)
    except LookupError:
        return _judged(_struck_shown(outer))
    text = "".join(out)
    return _judged(outer) if xml_write.ILLEGAL.search(text) else text if says else None


def _struck_shown(node: Node) -> Node:
    """A node → the same with what is struck out in tags that a narrative may hold: words alone would say the opposite."""
    content = tuple(p if isinstance(p, str) else _struck_shown(p) for p in node.content)
    if node.tag in _STRUCK:
        return Node(f"{{{XHTML}}}span", _LINE_THROUGH, content)
    return Node(node.tag, node.attributes, content)


def _judged(outer: Node) -> str | None:
    div = xml_write.render(outer).decode().partition("\n")[2]
    return div if ok_narrative(div) else None


def _write(node: Node, tags: Tags, out: list[str]) -> bool:
    """A node and its tags → written; whether any words or a picture are in it."""
    start, end, empty, says = tags
    content = node.content
    if not content:
        out.append(empty)
        return says
    out.append(start)
    for part in content:
        if not isinstance(part, str):
            if _write(part, _tag(part.tag, part.attributes), out):
                says = True
        elif part.isspace() and "\r" not in part:
            out.append(part)
        elif part:
            out.append(xml_write.escape_text(part))
            says = True
    out.append(end)
    return says


@lru_cache(maxsize=512)
def _tag(tag: str, attributes: tuple[tuple[str, str], ...], *, outermost: bool = False) -> Tags:
    """An element and its attributes → its tags as written, and whether it is a picture.

    Problems: LookupError when it is not XHTML that a narrative may hold, or too long to be remembered.
    """
    name = xml.local_name(tag)
    said = "".join([f' {key}="{xml_write.escape_attribute(value)}"' for key, value in attributes])
    declared = f"{_NAMESPACE}{said}" if outermost else said
    if (
        xml.namespace(tag) != XHTML
        or len(said) > 400
        or not ok_start(name, declared, outermost=outermost)
    ):
        raise LookupError
    start = f"<{name}{declared}"
    return f"{start}>", f"</{name}>", f"{start}/>", name == "img"

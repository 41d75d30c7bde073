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
_SHOWN_AS: Final = {
    **{f"{{{XHTML}}}{name}": "text-decoration: line-through" for name in ("del", "s", "strike")},
    **{f"{{{XHTML}}}{name}": "text-decoration: underline" for name in ("u", "ins")},
    f"{{{XHTML}}}font": "",
}
"""What a narrative may not hold → the style of a span that shows the same."""
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
        return _judged(_shown(outer))
    text = "".join(out)
    return _judged(outer) if xml_write.ILLEGAL.search(text) else text if says else None


def _shown(node: Node) -> Node:
    """A node → the same in tags that a narrative may hold: words alone would lose what is struck out and make 10<sup>9</sup> 109."""
    content = tuple(p if isinstance(p, str) else _shown(p) for p in node.content)
    style = _SHOWN_AS.get(node.tag)
    if style is None:
        return Node(node.tag, node.attributes, content)
    return Node(f"{{{XHTML}}}span", (("style", style),) if style else (), content)


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

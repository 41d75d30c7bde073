"""Marked up text of a message → the div of a Narrative, when a narrative may hold it.

Source: HISD 1155; http://hl7.org/fhir/R4/narrative.html (allowed XHTML).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from hub.emessage import xml
from hub.emessage.namespaces import XHTML
from hub.emessage.xml import Node
from hub.fhir.models.narrative import ok_narrative, ok_start

DIV: Final = f"{{{XHTML}}}div"
_NAMESPACE: Final = f' xmlns="{XHTML}"'


def to_div(outer: Node) -> str | None:
    """A div with its content → the same as text; None when a narrative may not hold it.

    Shape: plain XHTML is judged while it is written, tag by tag; anything else is written first and judged as a whole.
    """
    try:
        start, end, _ = _tag(outer.tag, outer.attributes, outermost=True)
    except LookupError:
        return _judged(outer)
    out: list[str] = []
    try:
        says = _write(outer, start, end, out)
    except LookupError:
        return _judged(outer)
    text = "".join(out)
    return _judged(outer) if xml.ILLEGAL.search(text) else text if says else None


def _judged(outer: Node) -> str | None:
    div = xml.render(outer).decode().partition("\n")[2]
    return div if ok_narrative(div) else None


def _write(node: Node, start: str, end: str, out: list[str]) -> bool:
    """A node and its tags → written; whether any words or a picture are in it."""
    if not node.content:
        out.append(f"{start}/>")
        return False
    out.append(f"{start}>")
    says = False
    for part in node.content:
        if isinstance(part, str):
            text = xml.escape_text(part)
            out.append(text)
            says = says or (text != "" and not text.isspace())
        else:
            inner, close, picture = _tag(part.tag, part.attributes)
            says = _write(part, inner, close, out) or says or picture
    out.append(end)
    return says


@lru_cache(maxsize=512)
def _tag(
    tag: str, attributes: tuple[tuple[str, str], ...], *, outermost: bool = False
) -> tuple[str, str, bool]:
    """An element and its attributes → its start and end as written, and whether it is a picture.

    Problems: LookupError when it is not XHTML that a narrative may hold, or too long to be remembered.
    """
    name = xml.local_name(tag)
    said = "".join([f' {key}="{xml.escape_attribute(value)}"' for key, value in attributes])
    declared = f"{_NAMESPACE}{said}" if outermost else said
    if (
        xml.namespace(tag) != XHTML
        or len(said) > 400
        or not ok_start(name, declared, outermost=outermost)
    ):
        raise LookupError
    return f"<{name}{declared}", f"</{name}>", name == "img"

"""Formatted text of a message → mark-up that can do nothing but look right; and what nobody knows, told as such.

Elements are let through by name and without their attributes; of all others the text stays. Nothing is dropped: what an
attribute said is told beside the text.
Source: HISD 1155 (XHTML in messages: no links, pictures, scripts, styles).
"""

from __future__ import annotations

from typing import Final

from hub.emessage import xml
from hub.emessage.namespaces import XHTML
from hub.emessage.xml import WHITESPACE, Node
from hub.html import Html, Part, el

# XHTML element → the one it becomes here. Headings inside a text are no headings of the page.
_KEPT: Final = {
    name: name
    for name in [
        "abbr",
        "address",
        "b",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "dd",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "hr",
        "i",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
    ]
} | {"acronym": "abbr", "big": "b", "tt": "code"}
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_VOID: Final = frozenset({"br", "hr"})
# How it looked is not what it said.
_LOOKS: Final = frozenset(
    {"class", "style", "align", "valign", "width", "height", "border", "id", "lang"}
)
_SPANS: Final = ("colspan", "rowspan")
_MOST_CELLS: Final = 100


def formatted_text(node: Node) -> Html:
    """The element of a text field → its text, with the mark-up that is let through."""
    marked = any(isinstance(part, Node) for part in node.content)
    return el(
        "div",
        _told(node),
        [_part(p) for p in node.content],
        class_="text" if not marked else "marked",
    )


def _part(part: Node | str) -> Part:
    if isinstance(part, str):
        return part
    name = xml.local_name(part.tag).lower()
    if name in _HEADINGS and _is_markup(part):
        return el("p", _told(part), _inside(part), class_="heading")
    kept = _KEPT.get(name) if _is_markup(part) else None
    if kept is None:
        return _foreign_inline(part)
    if kept in _VOID:
        return el(kept)
    spans = {key: span for key in _SPANS if (span := _span(part, key))}
    return el(kept, _told(part), _inside(part), **spans)


def _inside(node: Node) -> list[Part]:
    return [_part(part) for part in node.content]


def _is_markup(node: Node) -> bool:
    """XHTML, or mark-up that forgot its namespace: it stands in that of the message, in lower case."""
    return xml.namespace(node.tag) == XHTML or xml.local_name(node.tag)[:1].islower()


def _span(node: Node, name: str) -> str:
    value = dict(node.attributes).get(name, "")
    return (
        value if value.isascii() and value.isdigit() and 0 < int(value[:4]) <= _MOST_CELLS else ""
    )


def _told(node: Node) -> Html | None:
    """Attributes that say something → told in words before the text."""
    said = [
        f"{xml.local_name(name)}: {value}"
        for name, value in node.attributes
        if xml.local_name(name).lower() not in _LOOKS and not _span(node, name)
    ]
    return el("span", f"[{'; '.join(said)}] ", class_="code") if said else None


def _foreign_inline(node: Node) -> Html:
    """An element that is not let through → its name and its text, as text."""
    name = xml.local_name(node.tag)
    return el(
        "span",
        el("span", f"[{name}] ", class_="code"),
        _told(node),
        _inside(node),
        class_="foreign",
    )


def foreign(node: Node) -> Html:
    """An element that no table knows, with all that is in it → a list of names and texts."""
    texts = [part.strip(WHITESPACE) for part in node.content if isinstance(part, str)]
    inside = [part for part in node.content if isinstance(part, Node)]
    return el(
        "ul",
        [
            el("li", el("code", xml.local_name(name)), ": ", value)
            for name, value in node.attributes
        ],
        [el("li", text, class_="text") for text in texts if text],
        [el("li", el("code", xml.local_name(part.tag)), foreign(part)) for part in inside],
        class_="unknown",
    )

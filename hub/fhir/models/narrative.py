"""Narrative XHTML: a `text.div` → whether it is clean; it is refused or kept, never changed (D2).

A small strict reader of our own: what it does not understand is not clean. It accepts well-formed XHTML of the elements
and attributes FHIR allows, and nothing that runs, loads from elsewhere or escapes the page.
Source: http://hl7.org/fhir/R4/narrative.html, invariants txt-1 and txt-2.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import name2codepoint
from typing import Final

_XHTML: Final = "http://www.w3.org/1999/xhtml"
_ELEMENTS: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "b",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
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
        "tt",
        "ul",
        "var",
    ]
)
_ATTRIBUTES: Final = frozenset(
    [
        "abbr",
        "accesskey",
        "align",
        "alt",
        "axis",
        "bgcolor",
        "border",
        "cellpadding",
        "cellspacing",
        "char",
        "charoff",
        "charset",
        "cite",
        "class",
        "colspan",
        "compact",
        "coords",
        "dir",
        "frame",
        "headers",
        "height",
        "href",
        "hreflang",
        "hspace",
        "id",
        "idref",
        "lang",
        "longdesc",
        "name",
        "nowrap",
        "rel",
        "rev",
        "rowspan",
        "rules",
        "scope",
        "shape",
        "span",
        "src",
        "start",
        "style",
        "summary",
        "tabindex",
        "title",
        "type",
        "valign",
        "value",
        "vspace",
        "width",
        "xml:lang",
        "xml:space",
        "xmlns",
    ]
)
_LINKS: Final = frozenset({"href", "src", "cite", "longdesc"})

# Each token starts where the one before it ended; the text between tags holds no `<`.
_TOKEN: Final = re.compile(
    r"""(?P<text>[^<]+)
    |<(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:\s+[A-Za-z:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?P<empty>/?)>
    |</(?P<end>[a-z][a-z0-9]*)\s*>
    |<!--(?P<comment>(?:(?!--)[\s\S])*)-->""",
    re.VERBOSE,
)
_ATTRIBUTE: Final = re.compile(r"""([A-Za-z:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE: Final = re.compile(r"&(?:#(?:[0-9]+|x[0-9A-Fa-f]+)|([A-Za-z][A-Za-z0-9]*));|&")
# No scheme at all (relative, fragment), or one of these; data: only for still pictures.
_SAFE_LINK: Final = re.compile(
    r"(?:https?:|ftp:|mailto:|tel:|urn:|cid:|data:image/(?:png|gif|jpeg);|[^:]*\Z|[^:/?#]*[/?#])",
    re.IGNORECASE,
)
_UNSAFE_STYLE: Final = re.compile(
    r"expression|@import|javascript|behaviou?r\s*:|-moz-binding|\\|/\*", re.IGNORECASE
)
# Nothing is given back and no link holds a bracket: blanks, or one url( after the other, are looked at once
_STYLE_URL: Final = re.compile(
    r"url\s*+\(\s*+(?P<quote>[\"']?+)(?P<link>[^()\"']*+)(?P=quote)\s*+\)", re.IGNORECASE
)
_ANY_URL: Final = re.compile(r"url\s*\(|image-set|src\s*\(", re.IGNORECASE)
# A style loads without being asked: nothing from another place.
_SAFE_STYLE_LINK: Final = re.compile(r"data:image/(?:png|gif|jpeg);|(?!//)[^:]*\Z", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[\x00-\x20\x7f]+")


def ok_narrative(div: str) -> bool:
    """A Narrative's div → whether it is one well-formed, harmless XHTML div with something in it."""
    text = div.strip()
    open_elements: list[str] = []
    content = False
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or (at > 0 and not open_elements):
            return False
        at = token.end()
        kind = token.lastgroup
        if kind == "empty":  # the last part of a start tag
            name, attributes, empty = token.group("name", "attributes", "empty")
            if not ok_start(name, attributes, outermost=not open_elements):
                return False
            content = content or name == "img"
            if not empty:
                open_elements.append(name)
        elif kind == "end":
            if not open_elements or open_elements.pop() != token["end"]:
                return False
        elif not open_elements:
            return False
        elif kind == "text":
            written = token[0]
            if not _ok_text(written):
                return False
            content = content or not written.isspace()
    return content and not open_elements


def ok_start(name: str, attributes: str, *, outermost: bool) -> bool:
    """The name and the attributes of a start tag, as written → whether a Narrative may hold it."""
    if name not in _ELEMENTS or (outermost and name != "div"):
        return False
    if not attributes:
        return not outermost
    seen: set[str] = set()
    for match in _ATTRIBUTE.finditer(attributes):
        key = match[1]
        written = match[2] if match[2] is not None else match[3]
        if key not in _ATTRIBUTES or key in seen or not _ok_text(written):
            return False
        seen.add(key)
        if not _ok_value(key, unescape(written)):
            return False
    return not outermost or "xmlns" in seen


def _ok_value(key: str, value: str) -> bool:
    if key == "xmlns":
        return value == _XHTML
    if key in _LINKS:
        return _SAFE_LINK.match(_BLANKS.sub("", value)) is not None
    return key != "style" or _ok_style(value)


def _ok_style(value: str) -> bool:
    if _UNSAFE_STYLE.search(value):
        return False
    links = [match["link"] for match in _STYLE_URL.finditer(value)]
    if len(links) != len(_ANY_URL.findall(value)):
        return False
    return all(_SAFE_STYLE_LINK.match(_BLANKS.sub("", link)) for link in links)


def _ok_text(text: str) -> bool:
    """Every `&` starts a known reference to a character that text may hold."""
    if "&" not in text:
        return True
    for match in _REFERENCE.finditer(text):
        if match[0] == "&" or (match[1] and match[1] not in name2codepoint and match[1] != "apos"):
            return False
        if unescape(match[0]) in {"", "\ufffd"}:
            return False
    return True

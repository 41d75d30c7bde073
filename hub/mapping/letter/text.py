"""Text fields of letters (plain, or an XHTML subset) ↔ Narrative, and text that stands beside a code.

Drops: markup that FHIR's narrative may not hold (HISD 1155 lets receivers strip it); its text stays.
Source: HISD 1155; http://hl7.org/fhir/R4/narrative.html.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final

from hub.emessage import xml
from hub.emessage.datatypes import FORMATTED_TEXT, FormattedText, text
from hub.emessage.namespaces import XHTML
from hub.emessage.xml import Node
from hub.emessage.xml_write import escape_text
from hub.mapping.markup import DIV, to_div
from hub.mapping.message_urls import DIV_ADDED
from hub.mapping.two_way import Json, Lens, Room
from hub.problems import HubError

AnyText = str | FormattedText

_P: Final = f"{{{XHTML}}}p"
_PLAIN: Final = (("style", "white-space: pre-wrap"),)
_TAGS: Final = re.compile(r"<[^>]*>")


def plain_of(value: AnyText | None) -> str:
    """A text field → its words."""
    return value if isinstance(value, str) else value.plain if value is not None else ""


def words_of(value: AnyText | None) -> str:
    """A text field → its words as they stand; of marked up text the words alone."""
    if value is None or isinstance(value, str):
        return value or ""
    return _words(value)


def has_markup(value: AnyText | None) -> bool:
    """A text field → whether it holds more than words."""
    return value is not None and not isinstance(value, str) and not _is_plain(value)


def to_narrative(value: AnyText) -> Json | None:
    """A text field → Narrative, or None when it says nothing that a narrative may hold."""
    if not _says(value):
        return None
    if not isinstance(value, str) and not _is_plain(value):
        made = _marked_up(value)
        if made is not None:
            return made
    whole = words_of(value)
    div = f'<div xmlns="{XHTML}"><p style="white-space: pre-wrap">{escape_text(whole)}</p></div>'
    return {"status": "additional", "div": div}


def _says(value: AnyText) -> bool:
    """Whether there are words in a text field."""
    if isinstance(value, str):
        return bool(value.strip())
    return any(_words_in(part) for part in value.content)


def _words_in(part: Node | str) -> bool:
    if isinstance(part, str):
        return bool(part) and not part.isspace()
    return any(map(_words_in, part.content))


def _is_plain(value: FormattedText) -> bool:
    return all(isinstance(part, str) for part in value.content)


def _marked_up(value: FormattedText) -> Json | None:
    nodes = [part for part in value.content if isinstance(part, Node)]
    words = [part for part in value.content if isinstance(part, str) and part.strip()]
    wrapped = len(nodes) == 1 and not words and nodes[0].tag == DIV
    outer = nodes[0] if wrapped else Node(DIV, (), value.content)
    div = to_div(outer)
    if div is None:
        return None
    made: Json = {"status": "additional", "div": div}
    return made if wrapped else {"extension": [{"url": DIV_ADDED, "valueBoolean": True}], **made}


def from_narrative(narrative: Json | None) -> FormattedText | None:
    """A Narrative → the text field; None when it is missing or was generated from the rest of the resource."""
    if not narrative or narrative.get("status") == "generated":
        return None
    div = str(narrative.get("div") or "")
    try:
        outer = xml.to_node(xml.parse(div.encode()))
    except HubError:
        # Narrative knows HTML's named characters, XML does not
        return text(unescape(_TAGS.sub("", div)).strip())
    inner = [part for part in outer.content if not (isinstance(part, str) and not part.strip())]
    if (
        len(inner) == 1
        and isinstance(inner[0], Node)
        and (inner[0].tag, inner[0].attributes) == (_P, _PLAIN)
    ):
        return FormattedText(inner[0].content)
    if any(e.get("url") == DIV_ADDED for e in narrative.get("extension") or ()):
        return FormattedText(outer.content)
    return FormattedText((outer,))


def _as_kind(value: FormattedText | None, kind: Any) -> AnyText | None:
    if value is None or kind is FORMATTED_TEXT:
        return value
    return _words(value)


def _words(value: FormattedText) -> str:
    return (
        "".join(p for p in value.content if isinstance(p, str)) if _is_plain(value) else value.plain
    )


def _put(value: AnyText, _room: Room) -> Json | None:
    return to_narrative(value)


NARRATIVE: Final = Lens(_put, lambda node, _room, kind: _as_kind(from_narrative(node), kind))
"""A text field ↔ Narrative."""


def choose(words: str | None, narrative: Json | None, kind: Any) -> AnyText | None:
    """Words in an element and the narrative of the resource → the text field: the narrative while it says the same."""
    formatted = from_narrative(narrative)
    if words is None:
        return None
    if formatted is not None and not _is_plain(formatted) and formatted.plain == words:
        return _as_kind(formatted, kind)
    return _as_kind(text(words), kind)

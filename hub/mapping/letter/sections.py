"""Texts and lists of a letter ↔ sections of its Composition.

Source: http://hl7.org/fhir/R4/composition.html (cmp-1: a section has text, entries or sections); lists 8231, 8233, 8311.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from hub.mapping.letter.text import NARRATIVE
from hub.mapping.letter.urls import SECTION_CODE, SECTIONS
from hub.mapping.narrative import to_list, to_paragraphs
from hub.mapping.two_way import Json, Room, filled, get_all, kinds_of
from hub.mapping.two_way_codes import CONCEPT, code
from hub.mapping.two_way_extension import at

_XHTML: Final = "http://www.w3.org/1999/xhtml"


def new_section(
    kind: str,
    title: str,
    *,
    heading: Any = None,
    number: str = "",
    room: Room | None = None,
) -> Json:
    """What a section is, its title and the coded heading as sent (of this list) → section without content."""
    said: Json = {}
    if heading is not None and room is not None:
        said = code(number).put(heading, room)
        if heading.dn and not heading.dn.isspace():
            title = heading.dn
        elif not title.strip():
            title = kind
    mark = {"system": SECTIONS, "code": kind}
    return {"title": title, "code": {**said, "coding": [mark, *(said.get("coding") or ())]}}


def kind_of(section: Json) -> str:
    """A section → what it is, "" when it is none of ours."""
    said: Json = section.get("code") or {}
    codings: list[Json] = said.get("coding") or []
    return next((str(c.get("code")) for c in codings if c.get("system") == SECTIONS), "")


def heading_of(section: Json, number: str, kind: Any, room: Room) -> Any:
    """A section → its coded heading, or None when it has none."""
    said: Json = dict(section.get("code") or {})
    said["coding"] = [c for c in said.get("coding") or () if c.get("system") != SECTIONS]
    if not said["coding"]:
        del said["coding"]
    return code(number).get(said, room, kind) if said else None


def of_kind(sections: Iterable[Json], kind: str) -> list[Json]:
    """Sections → those that are this."""
    return [s for s in sections if kind_of(s) == kind]


def say(section: Json, lines: Iterable[str] = ()) -> Json:
    """A section → the same with a generated text where it has none: its lines, else its title."""
    if "text" in section:
        return section
    body = to_list([line for line in lines if line and not line.isspace()])
    body = body or _titled(section["title"])
    div = f'<div xmlns="{_XHTML}">{body}</div>'
    return {**section, "text": {"status": "generated", "div": div}}


# Titles are ours or the words of a code, which come again
_titled: Final = lru_cache(maxsize=512)(to_paragraphs)


def put_text(value: Any, kind: str, title: str, number: str, codes: str, room: Room) -> Json:
    """A text with a coded heading (Comment, ReasonAsText) → section; `codes` names the field of its codes."""
    section = new_section(kind, title, heading=value.heading, number=number, room=room)
    if value.text_result_value is not None:
        narrative = NARRATIVE.put(value.text_result_value, room)
        if narrative is not None:
            section["text"] = narrative
    parts = getattr(value, codes)
    told = [{"url": SECTION_CODE, "valueCodeableConcept": CONCEPT.put(c, room)} for c in parts]
    if told:
        section["extension"] = told
    return say(section)


def get_text(section: Json, number: str, codes: str, room: Room, cls: type) -> Any:
    """A section → a text with a coded heading."""
    kinds = kinds_of(cls)
    found: Json = {}
    heading = heading_of(section, number, kinds["heading"], room)
    text = NARRATIVE.get(section.get("text") or {}, room, kinds["text_result_value"])
    told = tuple(
        CONCEPT.get(e["valueCodeableConcept"], room, kinds[codes])
        for e in get_all(section, at(SECTION_CODE))
    )
    for name, part in (("heading", heading), ("text_result_value", text), (codes, told)):
        if part not in (None, ()):
            found[name] = part
    return filled(cls, found)

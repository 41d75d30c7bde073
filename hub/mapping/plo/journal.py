"""Journal text of PLO messages ↔ sections of the Composition, whose text is exactly what it says.

Source: plo.md §3 ("Free text sections are epj2:Journaltekst with a heading code"), lists 9141, 9142, 9145;
http://hl7.org/fhir/R4/narrative.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Final

import msgspec

from hub.emessage.epj import Journaltekst
from hub.emessage.table import Field
from hub.fhir.models.r4.composition import CompositionSection
from hub.fhir.models.r4.datatypes import Narrative
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Line, Pen, field_of, spoken, told_of
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.written import as_written, kept_text
from hub.mapping.codes import content
from hub.mapping.message_urls import PLO_SECTIONS
from hub.mapping.narrative import shown

_XHTML: Final = 'xmlns="http://www.w3.org/1999/xhtml"'
_TAG: Final = re.compile(r"<[^>]*>")
_FOR_READERS: Final = re.compile(r'<p class="dho-remark">.*?</p>', re.DOTALL)


def to_text(plain: str) -> Narrative:
    """A journal text → Narrative that holds exactly it; one that says nothing is told to be empty."""
    if content(plain) is None:
        return Narrative(
            status="empty", extension=kept_text(plain), div=f"<div {_XHTML}><p>–</p></div>"
        )
    body = escape(plain, quote=False).replace("\r", "&#13;").replace("\n", "<br/>")
    return Narrative(status="generated", div=f"<div {_XHTML}><p>{body}</p></div>")


def of_text(narrative: Narrative | None) -> str | None:
    """A Narrative → its plain text: paragraphs an empty line apart, line breaks as such."""
    if narrative is None:
        return None
    if narrative.status == "empty":
        return as_written(narrative) or ""
    body = _FOR_READERS.sub("", narrative.div)
    parts = re.split(r"</p>\s*<p[^>]*>", body)
    lines = (re.sub(r"<br\s*/?>", "\n", part) for part in parts)
    return unescape("\n\n".join(_TAG.sub("", line) for line in lines))


def name_of(section: CompositionSection) -> str | None:
    """A section → the name of the element it stands for, or None for a journal text."""
    codings = section.code.coding if section.code else ()
    return next((c.code for c in codings if c.system == PLO_SECTIONS), None)


class Journal:
    """Journal texts: sections of their own, whose text is what they say and whose code is their heading."""

    def __init__(self, name: str) -> None:
        self.name = name

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        del fhir, base
        return _JournalLine(field_of(cls, self.name), spoken(cls.__name__))


@dataclass(frozen=True, slots=True)
class _JournalLine:
    field: Field
    title: str
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field.name,)

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        here = getattr(value, self.field.name)
        if here is not None:
            self.part(here, sheet, pen)

    def part(self, here: Any, sheet: Sheet, pen: Pen) -> None:
        fill, sections = _JOURNAL.fill, list[CompositionSection]()
        for part in here if self.field.many else (here,):
            made = Sheet(CompositionSection)
            fill(part, made, pen)
            made["title"] = shown(made.get("code")) or self.title
            sections.append(made.close())
        sheet.add("section", *sections)

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        values = tuple(_JOURNAL.read(s, eye) for s in struct.section if name_of(s) is None)
        if values:
            found[self.field.name] = values if self.field.many else values[0]

    def told(self) -> Iterable[tuple[str, str]]:
        yield from told_of(_JOURNAL, "Journaltekst")


def is_journal(line: Line) -> bool:
    """A line → whether it is one of journal texts."""
    return isinstance(line, _JournalLine)


def _put_note(text: Journaltekst, sheet: Sheet, _pen: Pen) -> None:
    told = to_text(text.notat)
    remark = content(text.merknad)
    if remark and told.div:
        said = f'<p class="dho-remark">{escape(remark, quote=False)}</p></div>'
        told = msgspec.structs.replace(told, div=told.div.removesuffix("</div>") + said)
    sheet["text"] = told


def _get_note(section: CompositionSection, _eye: Eye) -> Mapping[str, Any]:
    return {"notat": of_text(section.text)}


_JOURNAL: Final = Form(
    Journaltekst,
    CompositionSection,
    At("overskriftskode", "code"),
    Custom(("notat",), "text", _put_note, _get_note),
)

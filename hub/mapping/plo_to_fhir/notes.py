"""Journal text of PLO messages → sections of the Composition.

Drops: the marking attributes of GenereltJournalnotat (basiskomponenttype, komponenttype, komponentID,
referanseViktigTilleggsinfo), which say only what kind of component it is.
Source: plo.md §3 ("Free text sections are epj2:Journaltekst with a heading code"), lists 9141, 9142, 9145.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.emessage.epj import GenereltJournalnotat, Journaltekst
from hub.fhir.models.r4.composition import CompositionSection
from hub.fhir.models.r4.datatypes import Annotation, CodeableConcept, Extension, Reference
from hub.mapping.codes import to_concept, to_narrative
from hub.mapping.message_urls import CODE_AS_SENT
from hub.mapping.narrative import labelled, shown, to_list, to_paragraphs

FOLLOW_UP_PLAN: Final = ("2.16.578.1.12.4.1.1.9142", "OP")
"""The heading of the plan for further follow-up: (list, code)."""

# What a journal note of no particular kind is called by its informasjonskategori
_USUAL_CATEGORY: Final = "Andre notater"


def to_section(text: Journaltekst, title: str, category: str | None = None) -> CompositionSection:
    """A Journaltekst → section with its heading as title and code; `title` when it has no heading.

    Shape: `category` is the informasjonskategori of the note it stands in, kept when it says more than the usual one
    (a note on infection marked Cave/allergier).
    """
    marked = category if category and category != _USUAL_CATEGORY else None
    code = to_concept(text.overskriftskode)
    heading = shown(code) or title
    if marked:
        code = CodeableConcept(coding=code.coding if code else (), text=f"{heading} ({marked})")
    body = to_paragraphs(text.notat) + labelled("Merknad", text.merknad)
    return CompositionSection(
        title=f"{heading} ({marked})" if marked else heading,
        code=code,
        text=to_narrative(body or to_paragraphs(heading)),
    )


def to_sections(
    notes: Iterable[GenereltJournalnotat], title: str
) -> tuple[CompositionSection, ...]:
    """Journal notes → one section for each of their texts."""
    return tuple(
        to_section(text, title, note.informasjonskategori)
        for note in notes
        for text in note.journaltekst
    )


def to_annotation(text: Journaltekst) -> Annotation:
    """A Journaltekst beside something structured → Annotation: heading (its code kept), text and remark."""
    code = to_concept(text.overskriftskode)
    heading = shown(code)
    parts = (f"{heading}:" if heading else "", text.notat, text.merknad)
    return Annotation(
        extension=(Extension(url=CODE_AS_SENT, valueCodeableConcept=code),) if code else (),
        text="\n".join(p for p in parts if p and not p.isspace()) or "–",
    )


def section_of(
    title: str,
    *blocks: str,
    entries: tuple[Reference, ...] = (),
    lines: Iterable[str] = (),
    sections: tuple[CompositionSection, ...] = (),
    code: CodeableConcept | None = None,
) -> CompositionSection | None:
    """A title and what belongs under it → section, or None when nothing does."""
    body = "".join(blocks) + to_list(line for line in lines if line)
    if not (body or entries or sections):
        return None
    return CompositionSection(
        title=title,
        code=code,
        text=to_narrative(body) if body else None,
        entry=entries,
        section=sections,
    )

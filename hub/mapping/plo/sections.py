"""How blocks of a PLO message stand in its Composition: a section each, with their resources as entries.

A section's code is the name of its element, which is how it is found again. Its text is made for the reader and not read
back, but for journal text, which is what its section says.
Source: plo.md §3 ("Free text sections are epj2:Journaltekst with a heading code"); http://hl7.org/fhir/R4/composition.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec

from hub.emessage.table import Field
from hub.fhir.models.r4.composition import CompositionSection
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Narrative, Reference
from hub.fhir.models.r4.procedure import Procedure
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.both_ways.form import Eye, Form, Line, Pen, Spec, field_of, told_of
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.codes import to_narrative
from hub.mapping.draft import Created
from hub.mapping.message_urls import PLO_SECTIONS
from hub.mapping.narrative import Contained, to_list
from hub.mapping.plo.journal import is_journal, name_of
from hub.mapping.plo.words import lines_of, pieces, title_of

_XHTML: Final = 'xmlns="http://www.w3.org/1999/xhtml"'


@cache
def code_for(element: str) -> CodeableConcept:
    """The name of an element → the code of its section."""
    return CodeableConcept(
        coding=(Coding(system=PLO_SECTIONS, code=element, display=title_of(element)),)
    )


def section_for(element: str, sheet: Sheet, lines: Iterable[str]) -> Sheet:
    """What stands in a section and its lines for the reader → the section, with code, title and text."""
    body = to_list(lines)
    sheet["title"] = title_of(element)
    sheet["code"] = code_for(element)
    if body:
        sheet["text"] = to_narrative(body)
    elif not (sheet.get("entry") or sheet.get("section")):
        # cmp-1: a section has text, entries or sections
        sheet["text"] = Narrative(status="empty", div=f"<div {_XHTML}><p>Uten innhold</p></div>")
    return sheet


def lay(form: Form, value: Any, pen: Pen) -> Reference:
    """A value and its form → the resource is on the desk; reference to it."""
    sheet, contained = Sheet(form.fhir), Contained()
    form.fill(value, sheet, Pen(pen.desk, contained))
    if contained.items:
        sheet["contained"] = contained.listed()
    sheet.setdefault("meta", pen.desk.meta)
    reference = pen.desk.add(sheet.close(), form.label(value) if form.label else None)
    if "supportingInfo" in sheet:
        link_back(reference, sheet, pen)
    return reference


def link_back(reference: Reference, sheet: Sheet, pen: Pen) -> None:
    """A request that names what was done for it → each of those says that it is based on the request."""
    named = {r.reference for r in sheet["supportingInfo"]}
    for place, made in enumerate(pen.desk.created):
        if made.full_url in named and isinstance(made.resource, Procedure | ServiceRequest):
            based = msgspec.structs.replace(made.resource, basedOn=(reference,))
            pen.desk.created[place] = Created(made.full_url, based)


def read_entries(
    forms: tuple[Form, ...], entries: Iterable[Reference], eye: Eye
) -> tuple[Any, ...]:
    """The entries of a section → the values of those resources that one of the forms reads."""
    values: list[Any] = []
    for resource in (eye.find(entry) for entry in entries):
        form = next((f for f in forms if isinstance(resource, f.fhir)), None)
        if form is not None:
            values.append(form.read(resource, eye.inside(resource)))
    return tuple(values)


class Entry:
    """A block whose resource is an entry of the section it stands in; each form of a FHIR type of its own."""

    def __init__(self, name: str, *forms: Form) -> None:
        self.name, self.forms = name, forms

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        del fhir, base
        return _EntryLine(field_of(cls, self.name), self.forms)


@dataclass(frozen=True, slots=True)
class _EntryLine:
    field: Field
    forms: tuple[Form, ...]
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field.name,)

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        here = getattr(value, self.field.name)
        if here is not None:
            self.part(here, sheet, pen)

    def part(self, here: Any, sheet: Sheet, pen: Pen) -> None:
        parts = here if self.field.many else (here,)
        sheet.add("entry", *[lay(self._form_of(part), part, pen) for part in parts])

    def _form_of(self, part: Any) -> Form:
        forms = self.forms
        return forms[0] if len(forms) == 1 else next(f for f in forms if isinstance(part, f.cls))

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        values = read_entries(self.forms, struct.entry, eye)
        if values:
            found[self.field.name] = values if self.field.many else values[0]

    def told(self) -> Iterable[tuple[str, str]]:
        for form in self.forms:
            yield from told_of(form, form.cls.__name__)


class Group:
    """A repeated block whose resources stand together in one section."""

    def __init__(self, name: str, form: Form) -> None:
        self.name, self.form = name, form

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        del fhir, base
        return _GroupLine(field_of(cls, self.name), self.form)


@dataclass(frozen=True, slots=True)
class _GroupLine:
    field: Field
    form: Form
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field.name,)

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        here = getattr(value, self.field.name)
        if here is not None and here != ():
            self.part(here, sheet, pen)

    def part(self, here: Any, sheet: Sheet, pen: Pen) -> None:
        parts = here if self.field.many else (here,)
        made = Sheet(CompositionSection)
        made["entry"] = tuple([lay(self.form, part, pen) for part in parts])
        made = section_for(self.field.kinds[0][0], made, lines_of(parts))
        sheet.add("section", made.close())

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        name = self.field.kinds[0][0]
        sections = [s for s in struct.section if name_of(s) == name]
        values = tuple(v for s in sections for v in read_entries((self.form,), s.entry, eye))
        if values:
            found[self.field.name] = values if self.field.many else values[0]

    def told(self) -> Iterable[tuple[str, str]]:
        yield from told_of(self.form, self.field.kinds[0][0])


class Sub:
    """A block that is a section of its own, once for each time it stands in the message."""

    def __init__(self, name: str, form: Form) -> None:
        self.name, self.form = name, form

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        del fhir, base
        below = frozenset(n for x in self.form.lines if _is_section(x) for n in x.names)
        return _SubLine(field_of(cls, self.name), self.form, below)


@dataclass(frozen=True, slots=True)
class _SubLine:
    field: Field
    form: Form
    below: frozenset[str]
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field.name,)

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        here = getattr(value, self.field.name)
        if here is not None:
            self.part(here, sheet, pen)

    def part(self, here: Any, sheet: Sheet, pen: Pen) -> None:
        element, fill = self.field.kinds[0][0], self.form.fill
        sections: list[CompositionSection] = []
        for part in here if self.field.many else (here,):
            made = Sheet(CompositionSection)
            fill(part, made, pen)
            sections.append(section_for(element, made, pieces(part, self.below)).close())
        sheet.add("section", *sections)

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        name = self.field.kinds[0][0]
        values = tuple(self.form.read(s, eye) for s in struct.section if name_of(s) == name)
        if values:
            found[self.field.name] = values if self.field.many else values[0]

    def told(self) -> Iterable[tuple[str, str]]:
        yield from told_of(self.form, self.field.kinds[0][0])


def _is_section(line: Line) -> bool:
    return isinstance(line, _SubLine | _GroupLine) or is_journal(line)


def section(cls: type, *specs: Spec) -> Form:
    """A class and its lines → the form of a block that is a section of the Composition."""
    return Form(cls, CompositionSection, *specs)

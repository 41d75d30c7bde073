"""What every resource that a PLO message makes has in common, and the small lines several blocks share.

Source: http://hl7.org/fhir/R4/; http://hl7.org/fhir/R4/datatypes.html#Annotation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.epj import Journaltekst
from hub.fhir.models.r4.datatypes import Annotation, Extension
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.ways import as_struct, primitive
from hub.mapping.both_ways.written import kind_of
from hub.mapping.codes import content, words
from hub.mapping.plo.sections import lay, read_entries
from hub.mapping.plo.words import line_of
from hub.mapping.urls import URI_SYSTEM

_URN: Final = "urn:uuid:"


def request(pen: Pen, kind: str, intent: str) -> dict[str, Any]:
    """The frame of a ServiceRequest of this kind (in words) and intent."""
    return {
        "status": "active",
        "intent": intent,
        "category": (words(kind),),
        "subject": pen.desk.patient,
        "encounter": pen.desk.encounter,
        "authoredOn": pen.desk.sent,
        "requester": pen.desk.sender,
    }


def observation(pen: Pen, category: Any, code: Any = None) -> dict[str, Any]:
    """The frame of an Observation of this category and code."""
    frame: dict[str, Any] = {
        "status": "final",
        "category": (category,),
        "subject": pen.desk.patient,
        "encounter": pen.desk.encounter,
    }
    return frame if code is None else {**frame, "code": code}


def label(value: Any) -> str | None:
    """A block → what references to its resource show."""
    return line_of(value)[:200] or None


def _component_id(text: str) -> str | None:
    bare = content(text)
    return None if bare is None else f"{_URN}{bare.strip()}"


_COMPONENT_ID: Final = primitive(
    kind_of("String", _component_id, lambda text: text.removeprefix(_URN))
)
COMPONENT_ID: Final = At("komponent_id", "identifier[0].value", _COMPONENT_ID)
"""The komponentID of an EPJ document → the identifier of its resource; `name_component` tells its system."""


def name_component(_value: Any, sheet: Sheet, _pen: Pen) -> None:
    """The identifier of a resource that is an EPJ document has a system."""
    sheet["identifier"][0]["system"] = URI_SYSTEM


JOURNAL_NOTE: Final = as_struct(Form(Journaltekst, Annotation, At("notat", "text")))
"""A journal text beside something structured → Annotation."""


def ticked(name: str, path: str, mark: Any, url: str) -> Custom:
    """A box → `mark` in the list `path` when it is ticked; only that it is not ticked needs an extension."""

    def to(value: Any, sheet: Sheet, _pen: Pen) -> None:
        box = getattr(value, name)
        if box:
            sheet.add(path, mark)
        elif box is False:
            sheet.add("extension", _no(url))

    def of(struct: Any, _eye: Eye) -> Mapping[str, Any]:
        if mark in getattr(struct, path):
            return {name: True}
        return {name: False} if any(e.url == url for e in struct.extension) else {}

    return Custom((name,), path, to, of)


def _no(url: str) -> Any:
    return Extension(url=url, valueBoolean=False)


def linked(name: str, path: str, form: Form) -> Custom:
    """Blocks whose resources hang on another one → resources of their own, named in the list `path`."""

    def to(value: Any, sheet: Sheet, pen: Pen) -> None:
        if parts := getattr(value, name):
            sheet.add(path, *[lay(form, part, pen) for part in parts])

    def of(struct: Any, eye: Eye) -> Mapping[str, Any]:
        return {name: read_entries((form,), getattr(struct, path), eye)}

    return Custom((name,), path, to, of)

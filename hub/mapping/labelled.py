"""A code with words of the sender beside it ↔ one concept: the code is the coding, the words are the text.

Source: http://hl7.org/fhir/R4/datatypes.html#CodeableConcept ("text" as the human said it).
"""

from __future__ import annotations

from hub.emessage.datatypes import CV
from hub.fhir.models.r4.datatypes import CodeableConcept, Extension
from hub.mapping.codes import NOTHING_SAID, content, to_coding
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_to_code import oid_of
from hub.mapping.message_urls import OTHER_TEXT
from hub.mapping.urls import DATA_ABSENT_EXTENSION


def to_labelled(code: CV | None, words: str | None) -> CodeableConcept | None:
    """A code and the words beside it → concept, or None when there is neither; OT is kept beside."""
    said = content(words)
    if code is None:
        return CodeableConcept(text=said) if said else None
    coding, other = to_coding(code), content(code.ot)
    beside = (Extension(url=OTHER_TEXT, valueString=other),) if other else ()
    return CodeableConcept(
        extension=beside or (() if coding else NOTHING_SAID),
        coding=(coding,) if coding else (),
        text=said,
    )


def from_labelled(concept: CodeableConcept | None) -> tuple[CV | None, str | None]:
    """A concept → its code and the words beside it."""
    if concept is None:
        return None, None
    other = extension(concept.extension, OTHER_TEXT)
    words = other.valueString if other is not None else None
    if not concept.coding:
        absent = extension(concept.extension, DATA_ABSENT_EXTENSION) is not None
        return (CV(ot=words) if words or absent else None), concept.text
    coding = concept.coding[0]
    code = CV(v=coding.code, s=oid_of(coding.system), dn=coding.display, ot=words)
    return code, concept.text

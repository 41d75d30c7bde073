"""Codes (CS, CV), quantities (PQ) and times (TS) of e-messages ↔ CodeableConcept, Quantity and dateTime, exactly.

Source: kith.xsd; emessage/identifiers-and-codes.md ("Unknown code values are legal input"); fhir-no/no-basis.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from hub.emessage.datatypes import CS, CV, PQ
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Extension, Quantity
from hub.mapping.both_ways.written import NUMBER, TEXT, TOKEN
from hub.mapping.codes import list_system, oid_system, ucum_of
from hub.mapping.message_urls import ATC, ICPC_2, PLO
from hub.mapping.urls import DATA_ABSENT_REASON, LOINC, SNOMED, UCUM

OTHER_TEXT: Final = f"{PLO}other-text"
"""On Coding; valueString: what the sender wrote where no code fits (OT), when the concept's text says something else."""
WITHOUT_CONTENT: Final = f"{PLO}without-content"
"""On any element; valueBoolean true: the sender wrote the element and nothing in it."""
WORKED_OUT: Final = f"{PLO}worked-out"
"""On a primitive; valueBoolean true: the sender said nothing here, FHIR demands something, so it was worked out."""

_OIDS: Final = {
    ATC: "2.16.578.1.12.4.1.1.7180",
    ICPC_2: "2.16.578.1.12.4.1.1.7170",
    SNOMED: "2.16.840.1.113883.6.96",
    LOINC: "2.16.840.1.113883.6.1",
}
_EMPTY: Final = Coding()
_NOTHING_IN_IT: Final = (Extension(url=WITHOUT_CONTENT, valueBoolean=True),)


NOT_TOLD: Final = CodeableConcept(
    coding=(Coding(system=DATA_ABSENT_REASON, code="unknown", display="Unknown"),)
)
"""What stands where FHIR demands a concept and the message tells none; it is never read back."""


def to_coding(value: CS | CV, list_number: str | None) -> Coding:
    """A CS (with the number of the list its element implies) or a CV → Coding, empty when the value is."""
    if isinstance(value, CV):
        return _coding(value.v, value.dn, oid_system(value.s))
    return _coding(value.v, value.dn, list_system(list_number) if list_number else None)


# The same codes come in every message; free text (OT, descriptions) never goes into these two
@lru_cache(maxsize=4096)
def _coding(v: str | None, dn: str | None, system: str | None) -> Coding:
    code, code_ext = (None, None) if v is None else TOKEN.to(v)
    display, display_ext = (None, None) if dn is None else TEXT.to(dn)
    return Coding(
        system=system, code=code, code_ext=code_ext, display=display, display_ext=display_ext
    )


@lru_cache(maxsize=4096)
def _alone(coding: Coding) -> CodeableConcept:
    """A code that nothing is said beside → CodeableConcept."""
    return CodeableConcept(
        coding=(Coding(extension=_NOTHING_IN_IT) if coding == _EMPTY else coding,)
    )


def of_coding(coding: Coding, *, named: bool) -> tuple[Any, Any, Any]:
    """A Coding → (code, name, OID of its list); the OID only when the list is to be `named`."""
    system = coding.system
    oid = None
    if named and system is not None:
        oid = _OIDS.get(system) or (
            system.removeprefix("urn:oid:") if system.startswith("urn:oid:") else None
        )
    return (
        TOKEN.of(coding.code, coding.code_ext),
        TEXT.of(coding.display, coding.display_ext),
        oid,
    )


def to_concept(
    value: CS | CV | None, list_number: str | None, words: str | None = None, *, worded: bool
) -> CodeableConcept:
    """A code, and the words that go with it when there is a place for them (`worded`) → CodeableConcept.

    Shape: words and code may both be None, not both at once. Without a place for words the text is OT.
    """
    coding = None if value is None else to_coding(value, list_number)
    other = value.ot if isinstance(value, CV) else None
    said = words if worded else other
    if coding is not None and said is None and other is None:
        return _alone(coding)
    text, text_ext = (None, None) if said is None else TEXT.to(said)
    if worded and other is not None and coding is not None:
        told, told_ext = TEXT.to(other)
        extra = Extension(url=OTHER_TEXT, valueString=told, valueString_ext=told_ext)
        coding = msgspec.structs.replace(coding, extension=(extra,))
    if coding == _EMPTY:
        coding = Coding(extension=_NOTHING_IN_IT) if worded or said is None else None
    return CodeableConcept(coding=() if coding is None else (coding,), text=text, text_ext=text_ext)


def concepts_of(kind: type, list_number: str | None) -> Callable[[Any], CodeableConcept]:
    """CS or CV, and the number of its list → what makes the concept of a value that has no words beside it."""
    system = list_system(list_number) if list_number else None

    def of_code(value: CS) -> CodeableConcept:
        return _told(value.v, value.dn, system)

    def of_named(value: CV) -> CodeableConcept:
        if value.ot is None:
            return _told(value.v, value.dn, oid_system(value.s))
        return to_concept(value, list_number, worded=False)

    return of_named if kind is CV else of_code


@lru_cache(maxsize=4096)
def _told(v: str | None, dn: str | None, system: str | None) -> CodeableConcept:
    return _alone(_coding(v, dn, system))


def of_concept(
    concept: CodeableConcept | None, kind: type, list_number: str | None, *, worded: bool
) -> tuple[Any, str | None]:
    """A CodeableConcept → the code of this kind (CS, CV; None when it has none) and its words."""
    if concept is None:
        return None, None
    text = TEXT.of(concept.text, concept.text_ext)
    coding = _best(concept.coding, list_number)
    if worded:
        return (None if coding is None else _value(coding, kind, _other(coding))), text
    if coding is None and text is None:
        return None, None
    return _value(coding or Coding(), kind, text), None


def _best(codings: tuple[Coding, ...], list_number: str | None) -> Coding | None:
    codings = tuple(c for c in codings if c.system != DATA_ABSENT_REASON)
    if not codings:
        return None
    system = list_system(list_number) if list_number else None
    return next((c for c in codings if c.system == system), codings[0])


def _other(coding: Coding) -> str | None:
    found = next((e for e in coding.extension if e.url == OTHER_TEXT), None)
    return None if found is None else TEXT.of(found.valueString, found.valueString_ext)


def _value(coding: Coding, kind: type, other: str | None) -> CS | CV:
    code, name, oid = of_coding(coding, named=kind is CV)
    if kind is CV:
        return CV(v=code, s=oid, dn=name, ot=other)
    # A CS has no place for words: what FHIR says in words alone is its name
    return CS(v=code, dn=name if name is not None else other)


def to_quantity(value: PQ, count: str | None = None) -> Quantity:
    """A PQ → Quantity, with the UCUM code where the unit is exactly one."""
    number, number_ext = (None, None) if value.v is None else NUMBER.to(value.v)
    unit, unit_ext = (None, None) if value.u is None else TEXT.to(value.u)
    code = ucum_of(unit)
    nothing = value.v is None and value.u is None
    return Quantity(
        extension=_NOTHING_IN_IT if nothing else (),
        value=number,
        value_ext=number_ext,
        unit=unit or count,
        unit_ext=unit_ext,
        system=UCUM if code else None,
        code=code,
    )


def of_quantity(quantity: Quantity | None, count: str | None = None) -> PQ | None:
    """A Quantity → PQ; `count` is the unit that says only that things are counted."""
    if quantity is None:
        return None
    unit = TEXT.of(quantity.unit, quantity.unit_ext)
    return PQ(v=NUMBER.of(quantity.value, quantity.value_ext), u=None if unit == count else unit)

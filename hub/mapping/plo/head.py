"""The elements that head every PLO message ↔ RelatedPerson, CareTeam, Observation, Communication.

What is said about the patient's circumstances becomes Observations by this message; the Patient is not changed.
Source: plo.md §5; code lists 8724, 3303, 9033, 9050, 8254, 8329, 8330; LOINC 45404-1, 54899-0, SNOMED CT 105529008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub.emessage.datatypes import CS
from hub.emessage.plo.components import (
    ParorendeForesatt,
    SendtDokument,
    TilleggsopplysningPasient,
)
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.composition import CompositionSection
from hub.fhir.models.r4.datatypes import CodeableConcept, Element, Extension
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.mapping.both_ways.access import got_at, placed, put_pair
from hub.mapping.both_ways.coded import WORKED_OUT, of_concept, to_concept
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen, where
from hub.mapping.both_ways.inline import Inline
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.people import PERSON_LINES
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.ways import contained, primitive
from hub.mapping.both_ways.written import TEXT, YEAR, as_written
from hub.mapping.codes import concept, list_system
from hub.mapping.message_urls import PLO
from hub.mapping.narrative import shown
from hub.mapping.person import full_name
from hub.mapping.plo.fixed import observation
from hub.mapping.plo.sections import section
from hub.mapping.urls import LOINC, OBSERVATION_CATEGORY, SNOMED

_SOCIAL: Final = concept(OBSERVATION_CATEGORY, "social-history", "Social History")
_MARRIED: Final = concept(LOINC, "45404-1", "Marital status", "Sivilstatus")
_ALONE: Final = concept(SNOMED, "105529008", "Lives alone", "Bor alene")
_LANGUAGE: Final = concept(LOINC, "54899-0", "Preferred language", "Språk")
# Field → what is observed, and the list of its answer (None: yes or no)
_FACTS: Final = {
    "sivil_status": (_MARRIED, "8724"),
    "bor_alene": (_ALONE, None),
    "sprak": (_LANGUAGE, "3303"),
}


def _put_facts(value: TilleggsopplysningPasient, sheet: Sheet, pen: Pen) -> None:
    for name, (code, number) in _FACTS.items():
        told: Any = getattr(value, name)
        if told is None:
            continue
        frame: dict[str, Any] = {
            **observation(pen, _SOCIAL, code),
            "category": (_SOCIAL,),
            "effectiveDateTime": pen.desk.sent,
            "performer": (pen.desk.sender,),
        }
        if isinstance(told, CS):
            frame["valueCodeableConcept"] = to_concept(told, number, worded=False)
        else:
            frame["valueBoolean"] = told
        sheet.add("entry", pen.desk.add(Observation(**frame)))


def _get_facts(struct: CompositionSection, eye: Eye) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for entry in struct.entry:
        fact = eye.find(entry)
        if not isinstance(fact, Observation):
            continue
        codes = {c.code for c in fact.code.coding}
        for name, (code, number) in _FACTS.items():
            if code.coding[0].code in codes:
                told = fact.valueCodeableConcept
                found[name] = (
                    fact.valueBoolean
                    if number is None
                    else of_concept(told, CS, number, worded=False)[0]
                )
    return found


CIRCUMSTANCES: Final = section(
    TilleggsopplysningPasient,
    Custom(tuple(_FACTS), "entry → Observation.value[x]", _put_facts, _get_facts),
)

_RELATIONS: Final = {"slektskap": "9033", "omsorgsfunksjon": "9050"}


def _put_relations(value: ParorendeForesatt, sheet: Sheet, _pen: Pen) -> None:
    for name, number in _RELATIONS.items():
        told: CS | None = getattr(value, name)
        if told is not None:
            made = to_concept(told, number, worded=False)
            sheet.add("relationship", made)


def _get_relations(person: RelatedPerson, _eye: Eye) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for told in person.relationship:
        systems = {c.system for c in told.coding}
        for name, number in _RELATIONS.items():
            if list_system(number) in systems:
                found[name] = of_concept(told, CS, number, worded=False)[0]
    return found


def _put_year(value: ParorendeForesatt, sheet: Sheet, _pen: Pen) -> None:
    """The year a minor was born → birthDate, when the person has no date of birth beside it."""
    year = value.fodselsar_mindrearig_parorende
    if year is None:
        return
    if value.referanseperson.date_of_birth is None:
        put_pair(sheet, "birthDate", *YEAR.to(year))
    else:
        _PUT_BIRTH_YEAR(YEAR.to(year), sheet)


def _get_year(person: RelatedPerson, eye: Eye) -> Mapping[str, Any]:
    born = person.birthDate
    if born is not None and len(born) == len("2014"):
        return {"fodselsar_mindrearig_parorende": YEAR.of(born, person.birthDate_ext)}
    pairs = got_at(_BIRTH_YEAR, _YEAR, person)
    return {"fodselsar_mindrearig_parorende": next((_YEAR.of(p, eye) for p in pairs), None)}


_YEAR: Final = primitive(YEAR)
_BIRTH_YEAR: Final = where(RelatedPerson, "@fodselsar-mindrearig-parorende", PLO)
_PUT_BIRTH_YEAR: Final = placed(_BIRTH_YEAR, _YEAR)

NEXT_OF_KIN: Final = Form(
    ParorendeForesatt,
    RelatedPerson,
    Custom(("fodselsar_mindrearig_parorende",), "birthDate", _put_year, _get_year),
    Custom(tuple(_RELATIONS), "relationship", _put_relations, _get_relations),
    Inline("referanseperson", *PERSON_LINES),
    fixed=lambda pen: {"active": True, "patient": pen.desk.patient},
    label=lambda value: full_name(value.referanseperson) or None,
)


def _put_receiver(value: SendtDokument, sheet: Sheet, pen: Pen) -> None:
    sheet["status"] = "completed" if value.ja_nei else "not-done"
    if not value.ja_nei:
        sheet.add("extension", _NOT_SENT)
    if value.type_mottaker is not None or value.navn_mottaker is not None:
        sheet["recipient"] = (contained(_RECEIVER, value, pen),)


def _get_receiver(told: Communication, eye: Eye) -> Mapping[str, Any]:
    receiver = eye.find(told.recipient[0]) if told.recipient else None
    found = _RECEIVER.find(receiver, eye) if isinstance(receiver, Organization) else {}
    was_sent = _SENT.get(told.status or "")
    return {**found, "ja_nei": _NOT_SENT not in told.extension if was_sent is None else was_sent}


_SENT: Final = {"completed": True, "in-progress": True, "not-done": False}
# What is withdrawn has lost its status
_NOT_SENT: Final = Extension(url=f"{PLO}ja-nei", valueBoolean=False)


def _must_have_name(_value: SendtDokument, sheet: Sheet, _pen: Pen) -> None:
    """org-1: a name (or an identifier); where none was sent it is that of the type."""
    if "name" not in sheet:
        kept = sheet["name_ext"].extension if "name_ext" in sheet else ()
        sheet["name"] = _stand_in(sheet.get("type"))
        sheet["name_ext"] = Element(extension=(_WORKED_OUT, *kept))


def _stand_in(types: Sequence[CodeableConcept] | None) -> str:
    return (shown(types[0]) if types else "") or "Mottaker uten navn"


def _get_name(receiver: Organization, _eye: Eye) -> Mapping[str, Any]:
    companion, name = receiver.name_ext, receiver.name
    made_up = companion is not None and any(e.url == WORKED_OUT for e in companion.extension)
    if made_up and name == _stand_in(receiver.type):
        return {"navn_mottaker": as_written(companion)}
    return {"navn_mottaker": TEXT.of(name, companion)}


def _put_name(value: SendtDokument, sheet: Sheet, _pen: Pen) -> None:
    if value.navn_mottaker is not None:
        put_pair(sheet, "name", *TEXT.to(value.navn_mottaker))


_WORKED_OUT: Final = Extension(url=WORKED_OUT, valueBoolean=True)
_RECEIVER: Final = Form(
    SendtDokument,
    Organization,
    At("type_mottaker", "type[0]"),
    Custom(("navn_mottaker",), "name", _put_name, _get_name),
    only=frozenset({"type_mottaker", "navn_mottaker"}),
    also=_must_have_name,
)
SENT_DOCUMENT: Final = Form(
    SendtDokument,
    Communication,
    At("opplysning", "topic"),
    Custom(
        ("ja_nei", "type_mottaker", "navn_mottaker"),
        "status, recipient → Organization",
        _put_receiver,
        _get_receiver,
    ),
    At("dato_sendt", "sent"),
    At("merknad", "note[0].text"),
    fixed=lambda pen: {
        "subject": pen.desk.patient,
        "encounter": pen.desk.encounter,
        "sender": pen.desk.sender,
    },
)

"""Critical information (CAVE) and allergies of PLO messages → AllergyIntolerance.

A CAVE keyword is what the patient must not have; it carries no code and is told in the sender's words.
Drops: the marking attributes of Cave, SakshodeCave and Allerginotat, but the komponentID of an Allerginotat, which
becomes the identifier of its AllergyIntolerance.
Source: plo.md §5 (MedisinskfagligeOpplysninger), lists 7180 and 1103; EPJ-cave-mv.xsd.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.emessage.datatypes import CS
from hub.emessage.epj import Allergi, Allerginotat, Cave, StikkordCave
from hub.fhir.models.r4.allergy_intolerance import (
    AllergyIntolerance,
    AllergyIntoleranceCategoryCode,
    AllergyIntoleranceCriticalityCode,
)
from hub.fhir.models.r4.datatypes import Annotation, CodeableConcept, Reference
from hub.mapping.codes import as_sent, concept, content, to_coding, uuid_identifier, words
from hub.mapping.draft import Desk
from hub.mapping.message_urls import ALLERGY_CLINICAL
from hub.mapping.narrative import shown
from hub.mapping.plo_to_fhir.notes import section_of, to_annotation

_ACTIVE = concept(ALLERGY_CLINICAL, "active", "Active")
_CRITICALITY: dict[str, AllergyIntoleranceCriticalityCode] = {"1": "high", "9": "unable-to-assess"}


def lay_critical_information(
    cave: Cave | None, allergies: Iterable[Allerginotat], desk: Desk
) -> None:
    """A Cave with its allergies, and the allergies beside it → AllergyIntolerances and a section on the desk."""
    keywords = cave.sakshode_cave.stikkord_cave if cave else ()
    notes = (*(cave.allerginotat if cave else ()), *allergies)
    entries: list[Reference] = []
    lines: list[str] = []
    for found in (*(_keyword(k, desk) for k in keywords), *(_allergy(n, desk) for n in notes)):
        label = shown(found.code)
        entries.append(desk.add(found, label or None))
        lines.append(
            ": ".join([label, *("; ".join(n.text.split("\n")) for n in found.note if n.text)])
        )
    desk.section(
        section_of("Kritisk informasjon (CAVE og allergier)", entries=tuple(entries), lines=lines)
    )


def _keyword(keyword: StikkordCave, desk: Desk) -> AllergyIntolerance:
    return AllergyIntolerance(
        clinicalStatus=_ACTIVE,
        code=words(content(keyword.cave_stikkord) or "CAVE uten opplysninger"),
        patient=desk.patient,
        recordedDate=desk.sent,
        note=(to_annotation(keyword.journaltekst),) if keyword.journaltekst else (),
    )


def _allergy(note: Allerginotat, desk: Desk) -> AllergyIntolerance:
    allergy = note.allergi
    codings = (
        to_coding(allergy.virkestoff_legemiddel, "7180"),
        to_coding(allergy.kode_annet_stoff),
    )
    anaphylaxis = allergy.anafylaktiske_reaksjoner
    return AllergyIntolerance(
        extension=as_sent(anaphylaxis, "1103"),
        identifier=(uuid_identifier(note.komponent_id),) if content(note.komponent_id) else (),
        clinicalStatus=_ACTIVE,
        type="allergy",
        category=_categories(allergy),
        criticality=_CRITICALITY.get(anaphylaxis.v or "") if anaphylaxis else None,
        code=CodeableConcept(
            coding=tuple(c for c in codings if c is not None),
            text=_substance(allergy),
        ),
        patient=desk.patient,
        recordedDate=desk.sent,
        note=(*_concerns(allergy, anaphylaxis), *(to_annotation(t) for t in note.journaltekst)),
    )


def _substance(allergy: Allergi) -> str:
    others = (allergy.virkestoff_legemiddel, allergy.kode_annet_stoff)
    said = (content(allergy.allergisk_mot), *(content(o.ot) for o in others if o is not None))
    return " – ".join(t for t in said if t) or "Ikke oppgitt stoff"


def _categories(allergy: Allergi) -> tuple[AllergyIntoleranceCategoryCode, ...]:
    rows: tuple[tuple[bool | None, AllergyIntoleranceCategoryCode], ...] = (
        (allergy.hensyn_ved_forskrivning, "medication"),
        (allergy.hensyn_mat_drikke, "food"),
        (allergy.kontaktallergi or allergy.pollen_innsektstikk, "environment"),
    )
    return tuple(code for holds, code in rows if holds)


def _concerns(allergy: Allergi, anaphylaxis: CS | None) -> tuple[Annotation, ...]:
    """What the boxes say in words: two of them share one FHIR category."""
    rows = (
        (allergy.hensyn_ved_forskrivning, "hensyn ved forskrivning"),
        (allergy.hensyn_mat_drikke, "hensyn ved mat og drikke"),
        (allergy.kontaktallergi, "kontaktallergi"),
        (allergy.pollen_innsektstikk, "pollen eller insektstikk"),
    )
    said = [label for holds, label in rows if holds]
    if anaphylaxis and anaphylaxis.dn:
        said.append(f"anafylaktiske reaksjoner: {anaphylaxis.dn.lower()}")
    return (Annotation(text=", ".join(said).capitalize()),) if said else ()

"""Utskrivningsrapport 1.6 (TverrfagligEpikrise) → FHIR: the stay, and everything the hospital tells the municipality.

Drops: see `drops.py`.
Source: plo.md §2 row 8, §4 (Utskrivningsrapport), list 9139; LOINC 18842-5.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.epj import GenereltJournalnotat
from hub.emessage.msghead import MsgHead
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.fhir.models.r4.datatypes import Coding
from hub.fhir.models.r4.encounter import EncounterDiagnosis
from hub.mapping.codes import to_concept
from hub.mapping.draft import Context, Desk, Draft
from hub.mapping.message_to_communication import message_uri
from hub.mapping.plo_to_fhir.aids import lay_aids
from hub.mapping.plo_to_fhir.allergies import lay_critical_information
from hub.mapping.plo_to_fhir.appointments import lay_appointments
from hub.mapping.plo_to_fhir.assemble import lay_events, section_with, to_draft
from hub.mapping.plo_to_fhir.diagnoses import lay_blood_group, lay_diagnoses, lay_earlier_illnesses
from hub.mapping.plo_to_fhir.functions import lay_functions
from hub.mapping.plo_to_fhir.information import (
    lay_assisted_communication,
    lay_information_given,
    lay_reservations,
)
from hub.mapping.plo_to_fhir.medication import lay_medication
from hub.mapping.plo_to_fhir.needs import lay_needs
from hub.mapping.plo_to_fhir.notes import to_sections
from hub.mapping.plo_to_fhir.nursing import lay_nursing, lay_other_professions
from hub.mapping.series import sent_at
from hub.mapping.stay import to_stay_event
from hub.mapping.urls import LOINC
from hub.problems import Translation

_DISCHARGE_SUMMARY: Final = Coding(system=LOINC, code="18842-5", display="Discharge summary")


def to_fhir(message: MsgHead, payload: TverrfagligEpikrise, context: Context) -> Translation[Draft]:
    """A discharge report, the patient it is about and what is here of the stay and the series → Draft.

    Problems: those of `assemble.to_draft`.
    """
    info = message.msg_info
    stay = tuple(o.tidsfestet_hendelse for o in payload.opplysning_opphold)
    events = tuple(
        to_stay_event(e, message_uri(info), sent_at(info, context.received)) for e in stay
    )
    return to_draft(
        message,
        payload,
        context,
        events,
        lambda desk: _lay(payload, desk),
        topic=to_concept(payload.type_innhold_i_melding.type_innhold, "9139"),
        kind=_DISCHARGE_SUMMARY,
    )


def _lay(payload: TverrfagligEpikrise, desk: Desk) -> tuple[EncounterDiagnosis, ...]:
    """The report's own content → the desk, in the order a reader wants it; the diagnoses of the stay."""
    desk.section(section_with("Om innholdet", payload.type_innhold_i_melding.merknad))
    lay_events(tuple(o.tidsfestet_hendelse for o in payload.opplysning_opphold), "Opphold", desk)
    diagnoses = lay_diagnoses(payload.info_medisinsk_diagnose, desk)
    medical, other = payload.medisinskfaglige_opplysninger, payload.info_andre_viktige_opplysninger
    lay_critical_information(
        medical.cave if medical else None,
        (*(medical.allerginotat if medical else ()), *(other.allerginotat if other else ())),
        desk,
    )
    notes = _notes(payload)
    for section in to_sections(notes, "Journalnotat"):
        desk.section(section)
    if medical is not None:
        lay_blood_group(medical.registrert_blodtype, desk)
        lay_earlier_illnesses(medical.info_tidligere_sykdommer, desk)
    lay_medication(payload.legemiddelinfo, desk)
    advised = lay_nursing(payload.sykepleierdokumentasjon, desk)
    advised = (*advised, *lay_other_professions(payload.opplysninger_andre_faggrupper, desk))
    lay_functions(payload.info_kartlegging_funksjonsniva, desk)
    lay_needs(payload.tjeneste_behov, payload.sykepleierdokumentasjon, notes, advised, desk)
    lay_information_given(payload.info_informasjon_gitt, desk)
    lay_assisted_communication(payload.info_assistert_kommunikasjon, desk)
    lay_reservations(payload.info_reservasjon, desk)
    lay_appointments(payload.info_kontrolltime, desk)
    lay_aids(payload.opplysninger_om_hjelpemidler, desk)
    return diagnoses


def _notes(payload: TverrfagligEpikrise) -> tuple[GenereltJournalnotat, ...]:
    medical, other = payload.medisinskfaglige_opplysninger, payload.info_andre_viktige_opplysninger
    return (
        *(medical.generelt_journalnotat if medical else ()),
        *(other.generelt_journalnotat if other else ()),
    )

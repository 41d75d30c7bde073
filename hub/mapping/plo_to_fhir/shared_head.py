"""The seven elements that head every PLO message → RelatedPerson, CareTeam, Observation, Communication.

What is said about the patient's circumstances becomes Observations by this message; the Patient is not changed.
Source: plo.md §5; code lists 8724, 3303, 9033, 9050, 8254, 8329, 8330; LOINC 45404-1, 54899-0, SNOMED CT 105529008.
"""

from __future__ import annotations

from hub.emessage.plo.components import (
    AnsvarForRapport,
    ParorendeForesatt,
    SendtDokument,
    TilleggsopplysningPasient,
)
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.fhir.models.r4.care_team import CareTeam, CareTeamParticipant
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.composition import CompositionAttester
from hub.fhir.models.r4.datatypes import Annotation, CodeableConcept, ContactPoint, Reference
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.organization import Organization
from hub.mapping.codes import concept, content, to_concept, to_note
from hub.mapping.draft import Desk
from hub.mapping.narrative import Contained, local_time, shown, yes_no
from hub.mapping.organisation import (
    AnyProfessional,
    professional_reference,
    to_organization,
    to_related_person,
    to_role,
)
from hub.mapping.person import full_name
from hub.mapping.plo_to_fhir.notes import section_of
from hub.mapping.times import to_date
from hub.mapping.urls import LOINC, OBSERVATION_CATEGORY, SNOMED

Payload = TverrfagligEpikrise | Pasientlogistikk

_SOCIAL = concept(OBSERVATION_CATEGORY, "social-history", "Social History")


def lay_head(payload: Payload, desk: Desk) -> None:
    """The shared head of a message (but InformasjonOmForsendelsen, which the Communication tells) → the desk."""
    _lay_circumstances(payload.tilleggsopplysning_pasient, desk)
    _lay_next_of_kin(payload.parorende_foresatt, desk)
    _lay_contacts(payload, desk)
    _lay_sent_documents(payload.sendt_dokument, desk)


def to_authors(payload: Payload, desk: Desk) -> tuple[Reference, ...]:
    """Who answers for the message → authors of its Composition; the sending party when nobody is named."""
    named = tuple(professional_reference(a.ansvarlig_rapport) for a in payload.ansvar_for_rapport)
    return named or (desk.sender,)


def to_attesters(payload: Payload) -> tuple[CompositionAttester, ...]:
    """Approvals with a date → attesters of the Composition."""
    return tuple(
        CompositionAttester(
            mode="professional",
            time=to_date(a.godkjent_dato),
            party=professional_reference(a.ansvarlig_rapport),
        )
        for a in payload.ansvar_for_rapport
        if to_date(a.godkjent_dato)
    )


def _lay_circumstances(facts: TilleggsopplysningPasient | None, desk: Desk) -> None:
    if facts is None:
        return
    entries: list[Reference] = []
    lines: list[str] = []
    married, language = to_concept(facts.sivil_status, "8724"), to_concept(facts.sprak, "3303")
    if married is not None:
        entries.append(
            desk.add(
                _circumstance(
                    desk, concept(LOINC, "45404-1", "Marital status", "Sivilstatus"), married
                )
            )
        )
        lines.append(f"Sivilstatus: {shown(married)}")
    if facts.bor_alene is not None:
        alone = concept(SNOMED, "105529008", "Lives alone", "Bor alene")
        entries.append(desk.add(_circumstance(desk, alone, facts.bor_alene)))
        lines.append(f"Bor alene: {yes_no(facts.bor_alene)}")
    if language is not None:
        spoken = concept(LOINC, "54899-0", "Preferred language", "Språk")
        entries.append(desk.add(_circumstance(desk, spoken, language)))
        lines.append(f"Språk: {shown(language)}")
    desk.section(
        section_of("Tilleggsopplysninger om pasienten", entries=tuple(entries), lines=lines)
    )


def _circumstance(desk: Desk, code: CodeableConcept, value: CodeableConcept | bool) -> Observation:
    return Observation(
        status="final",
        category=(_SOCIAL,),
        code=code,
        subject=desk.patient,
        encounter=desk.encounter,
        effectiveDateTime=desk.sent,
        performer=(desk.sender,),
        valueBoolean=value if isinstance(value, bool) else None,
        valueCodeableConcept=None if isinstance(value, bool) else value,
    )


def _lay_next_of_kin(people: tuple[ParorendeForesatt, ...], desk: Desk) -> None:
    entries: list[Reference] = []
    lines: list[str] = []
    for one in people:
        relations = (to_concept(one.slektskap, "9033"), to_concept(one.omsorgsfunksjon, "9050"))
        relationship = tuple(r for r in relations if r is not None)
        year = one.fodselsar_mindrearig_parorende
        person = to_related_person(
            one.referanseperson, desk.patient, relationship=relationship, birth_year=year
        )
        name = full_name(one.referanseperson)
        entries.append(desk.add(person, name))
        minor = f"mindreårig, født {year}" if year else None
        parts = (
            name,
            *map(shown, relationship),
            minor,
            *_numbers(person.telecom),
            content(one.merknad),
        )
        lines.append(", ".join(p for p in parts if p))
    desk.section(section_of("Pårørende og foresatte", entries=tuple(entries), lines=lines))


def _lay_contacts(payload: Payload, desk: Desk) -> None:
    contained, notes = Contained(), list[Annotation]()
    participants: list[CareTeamParticipant] = []
    lines: list[str] = []
    for unit in payload.tilknyttet_enhet:
        participants.append(
            CareTeamParticipant(member=to_organization(unit.kontaktenhet, contained))
        )
        name, remark = unit.kontaktenhet.organisation_name, content(unit.merknad)
        notes += to_note(f"{name}: {remark}" if remark else None)
        phones = (content(t.tele_address.v) for t in unit.kontaktenhet.tele_com)
        lines.append(", ".join(p for p in (name, *(_bare(p) for p in phones), remark) if p))
    for contact in payload.kontaktperson_helsepersonell:
        participants.append(_member(contact.kontaktperson, contained))
        remark = content(contact.merknad)
        notes += to_note(f"{full_name(contact.kontaktperson)}: {remark}" if remark else None)
        lines.append(_contact_line(contact.kontaktperson, remark))
    for responsible in payload.ansvar_for_rapport:
        participants.append(_responsible(responsible, contained))
        remark = content(responsible.merknad)
        notes += to_note(
            f"{full_name(responsible.ansvarlig_rapport)}: {remark}" if remark else None
        )
        lines.append(
            _contact_line(responsible.ansvarlig_rapport, "ansvarlig for meldingen", remark)
        )
    if not participants:
        return
    team = CareTeam(
        status="active",
        name="Kontakter oppgitt i meldingen",
        subject=desk.patient,
        encounter=desk.encounter,
        participant=tuple(participants),
        note=tuple(notes),
        contained=contained.listed(),
    )
    desk.section(section_of("Kontakter", entries=(desk.add(team, team.name),), lines=lines))


def _member(professional: AnyProfessional, contained: Contained) -> CareTeamParticipant:
    role = to_concept(professional.role_to_patient, "9034")
    return CareTeamParticipant(
        role=(role,) if role else (), member=to_role(professional, contained)
    )


def _responsible(responsible: AnsvarForRapport, contained: Contained) -> CareTeamParticipant:
    relation = to_concept(responsible.type_relasjon, "8254")
    role = to_concept(responsible.ansvarlig_rapport.role_to_patient, "9034")
    return CareTeamParticipant(
        role=tuple(r for r in (role, relation) if r is not None),
        member=to_role(responsible.ansvarlig_rapport, contained, relation=relation),
    )


def _contact_line(professional: AnyProfessional, *remarks: str | None) -> str:
    category, role = professional.type_healthcare_professional, professional.role_to_patient
    phones = (_bare(content(t.tele_address.v)) for t in professional.tele_com)
    titles = (content(category.dn) if category else None, content(role.dn) if role else None)
    return ", ".join(p for p in (full_name(professional), *titles, *phones, *remarks) if p)


def _bare(address: str | None) -> str | None:
    return address.removeprefix("tel:") if address else None


def _numbers(telecom: tuple[ContactPoint, ...]) -> tuple[str, ...]:
    return tuple(t.value for t in telecom if t.value)


def _lay_sent_documents(documents: tuple[SendtDokument, ...], desk: Desk) -> None:
    entries: list[Reference] = []
    lines: list[str] = []
    for one in documents:
        told = _sent_document(one, desk)
        entries.append(desk.add(told))
        day = local_time(told.sent)
        name = content(one.navn_mottaker) or shown(to_concept(one.type_mottaker, "8330"))
        done = f"sendt {day}".strip() if one.ja_nei else "ikke sendt"
        lines.append(", ".join(p for p in (shown(told.topic), done, name) if p))
    desk.section(section_of("Sendte dokumenter", entries=tuple(entries), lines=lines))


def _sent_document(one: SendtDokument, desk: Desk) -> Communication:
    contained = Contained()
    kind, name = to_concept(one.type_mottaker, "8330"), content(one.navn_mottaker)
    receiver = (
        Organization(type=(kind,) if kind else (), name=name or shown(kind))
        if kind or name
        else None
    )
    return Communication(
        status="completed" if one.ja_nei else "not-done",
        subject=desk.patient,
        topic=to_concept(one.opplysning, "8329"),
        encounter=desk.encounter,
        sent=to_date(one.dato_sendt),
        recipient=(contained.add(receiver, name),) if receiver else (),
        sender=desk.sender,
        note=to_note(one.merknad),
        contained=contained.listed(),
    )

"""What nurses and other professions write in PLO messages → sections, with what is structured in them on the desk.

Source: plo.md §5 (Sykepleierdokumentasjon, OpplysningerAndreFaggrupper), list 9141.
"""

from __future__ import annotations

import msgspec

from hub.emessage.plo.components import (
    AndreFagrapporter,
    Ansvarlig,
    OpplysningerAndreFaggrupper,
    OpplysningerRelevantOppfolging,
    Sykepleierdokumentasjon,
)
from hub.fhir.models.r4.composition import CompositionEvent, CompositionSection
from hub.fhir.models.r4.datatypes import Period, Reference
from hub.mapping.codes import words
from hub.mapping.draft import Desk
from hub.mapping.narrative import labelled, local_time, yes_no
from hub.mapping.organisation import to_role
from hub.mapping.person import full_name
from hub.mapping.plo_to_fhir.functions import lay_assessments, lay_responsible, responsible_line
from hub.mapping.plo_to_fhir.measures import lay_goal, lay_measure, lay_medication_agreement
from hub.mapping.plo_to_fhir.medication import lay_given_medication
from hub.mapping.plo_to_fhir.notes import section_of, to_section
from hub.mapping.times import to_date_time


def lay_nursing(nursing: Sykepleierdokumentasjon | None, desk: Desk) -> tuple[Reference, ...]:
    """The nurses' documentation → the desk; references to the measures it recommends."""
    if nursing is None:
        return ()
    told = nursing.info_fra_sykepleier
    if told is not None:
        desk.section(_follow_up(told.opplysninger_relevant_oppfolging))
        for text in told.journaltekst:
            desk.section(to_section(text, "Sykepleiedokumentasjon"))
    lay_given_medication(nursing.legemidler_administrert_ved_overforing, desk)
    if nursing.info_avtale_om_legemiddeladm is not None:
        desk.section(
            lay_medication_agreement(
                nursing.info_avtale_om_legemiddeladm.avtale_om_adm_legemidler, desk
            )
        )
    for section in lay_assessments(nursing.info_vurderinger, desk):
        desk.section(section)
    begun = [
        lay_measure(m.tiltaksbeskrivelse, desk, "order", "Iverksatt tiltak")
        for m in nursing.iverksatte_tiltak
    ]
    advised = [
        lay_measure(m.tiltaksbeskrivelse, desk, "proposal", "Anbefalt videre tiltak")
        for m in nursing.anbefalt_videre_tiltak
    ]
    desk.section(section_of("Iverksatte tiltak", entries=_references(begun), lines=_lines(begun)))
    desk.section(
        section_of("Anbefalte videre tiltak", entries=_references(advised), lines=_lines(advised))
    )
    for goal in nursing.info_maal_forventet_res:
        desk.section(lay_goal(goal, desk))
    _lay_responsible(nursing.ansvarlig, desk)
    return _references(advised)


def _references(measures: list[tuple[Reference, str]]) -> tuple[Reference, ...]:
    return tuple(reference for reference, _ in measures)


def _lines(measures: list[tuple[Reference, str]]) -> list[str]:
    return [line for _, line in measures]


def _follow_up(facts: OpplysningerRelevantOppfolging | None) -> CompositionSection | None:
    if facts is None:
        return None
    boxes = (
        ("Bandasjemateriell/engangsutstyr", facts.bandasjemateriell_engangsutstyr),
        ("Hjelp til legemiddeladministrering", facts.hjelp_legemiddeladm),
    )
    return section_of(
        "Opplysninger relevante for oppfølging",
        labelled("Endring i funksjonsnivå", facts.endring_funksjonsnivaa),
        labelled("Merknad til bandasjemateriell", facts.merknad_til_bandasjemateriell),
        labelled(
            "Merknad til legemiddeladministrering", facts.merknad_til_legemiddeladministrering
        ),
        lines=[f"{label}: {yes_no(box)}" for label, box in boxes if box is not None],
    )


def _lay_responsible(people: tuple[Ansvarlig, ...], desk: Desk) -> None:
    for one in people:
        lay_responsible(one, desk)
    desk.section(section_of("Ansvarlige", lines=[responsible_line(one) for one in people]))


def lay_other_professions(
    blocks: tuple[OpplysningerAndreFaggrupper, ...], desk: Desk
) -> tuple[Reference, ...]:
    """What other professions write → the desk; references to the measures they recommend."""
    found: list[Reference] = []
    for block in blocks:
        desk.section(_report(block.andre_fagrapporter, desk) if block.andre_fagrapporter else None)
        advised = [
            lay_measure(m.tiltaksbeskrivelse, desk, "proposal", "Anbefalt videre tiltak")
            for m in block.anbefalt_videre_tiltak
        ]
        title = "Anbefalte videre tiltak fra andre faggrupper"
        desk.section(section_of(title, entries=_references(advised), lines=_lines(advised)))
        for section in lay_assessments(block.info_vurderinger, desk):
            desk.section(section)
        found += _references(advised)
    return tuple(found)


def _report(report: AndreFagrapporter, desk: Desk) -> CompositionSection | None:
    """One profession's report → section; its author is contained in the Composition."""
    doer = report.ansvarlig_rapport
    begun = local_time(to_date_time(report.behandling_start))
    section = section_of(
        "Opplysninger fra andre faggrupper",
        labelled("Behandling startet", begun),
        labelled("Status ved innleggelse", report.status_innleggelse),
        labelled("Status ved behandlingsstart", report.status_behandlingsstart),
        labelled("Forventet status ved utskriving", report.forventet_status_utskriving),
        labelled("Ansvarlig", full_name(doer) if doer else None),
        sections=tuple(to_section(t, "Fagrapport") for t in report.journaltekst),
    )
    who = to_role(doer, desk.contained) if doer else None
    start = to_date_time(report.behandling_start)
    if start:
        code, period = words("Behandling startet (annen faggruppe)"), Period(start=start)
        desk.events.append(
            CompositionEvent(code=(code,), period=period, detail=(who,) if who else ())
        )
    if section is None or who is None:
        return section
    return msgspec.structs.replace(section, author=(who,))

"""Function scores and assessments of PLO messages → Observation.

Source: plo.md §3 ("Function scores"), lists 9111 (IPLOS), 9115 (GAF), 9536, 9060, 9131.
"""

from __future__ import annotations

from hub.emessage.plo.components import (
    Ansvarlig,
    Enkeltvurdering,
    InfoKartleggingFunksjonsniva,
    InfoVurderinger,
    KartlagtFunksjon,
)
from hub.fhir.models.r4.composition import CompositionEvent, CompositionSection
from hub.fhir.models.r4.datatypes import Annotation, CodeableConcept, Period, Reference
from hub.fhir.models.r4.observation import Observation, ObservationComponent
from hub.mapping.codes import concept, content, to_amount, to_concept, to_note, to_period, words
from hub.mapping.draft import Desk
from hub.mapping.narrative import Contained, local_time, shown, yes_no
from hub.mapping.organisation import (
    professional_reference,
    to_category_role,
    to_organization,
    to_role,
)
from hub.mapping.person import full_name
from hub.mapping.plo_to_fhir.notes import section_of, to_section
from hub.mapping.times import to_date_time
from hub.mapping.urls import OBSERVATION_CATEGORY

_SURVEY = concept(OBSERVATION_CATEGORY, "survey", "Survey")
_EXAM = concept(OBSERVATION_CATEGORY, "exam", "Exam")
_INT_MAX = 2**31 - 1


def responsible_line(responsible: Ansvarlig) -> str:
    """An Ansvarlig → how a person reads it."""
    doer, unit = responsible.ansvarlig_tjenesteyter, responsible.virksomhet
    parts = (
        shown(to_concept(responsible.type_hendelse, "9131")) or "Ansvarlig",
        local_time(to_date_time(responsible.tidspunkt_for_hendelse)),
        full_name(doer) if doer else None,
        content(unit.organisation_name) if unit else None,
        f"ekstern: {yes_no(responsible.ekstern).lower()}",
        content(responsible.merknad),
    )
    return ", ".join(p for p in parts if p)


def lay_responsible(responsible: Ansvarlig, desk: Desk) -> None:
    """An Ansvarlig → event of the Composition: what was done when, and by whom (contained in it)."""
    kind = to_concept(responsible.type_hendelse, "9131")
    at = to_date_time(responsible.tidspunkt_for_hendelse)
    doer, contained = responsible.ansvarlig_tjenesteyter, desk.contained
    unit = to_organization(responsible.virksomhet, contained) if responsible.virksomhet else None
    who = to_role(doer, contained, organization=unit) if doer else unit
    desk.events.append(
        CompositionEvent(
            code=(kind or words("Ansvarlig"),),
            period=Period(start=at) if at else None,
            detail=(who,) if who else (),
        )
    )


def lay_functions(survey: InfoKartleggingFunksjonsniva | None, desk: Desk) -> None:
    """A survey of function → one Observation for each variable and one for the whole, on the desk."""
    if survey is None:
        return
    responsible = survey.ansvarlig
    at = to_date_time(responsible.tidspunkt_for_hendelse) if responsible else None
    scores = [_score(k, responsible, at, desk) for k in survey.kartlagt_funksjon]
    entries = tuple(desk.add(s, shown(s.code)) for s in scores)
    lines = [_score_line(s, k) for s, k in zip(scores, survey.kartlagt_funksjon, strict=True)]
    whole = _whole(survey, entries, at, desk)
    if whole is not None:
        entries = (desk.add(whole), *entries)
        lines = [*_whole_lines(survey), *lines]
    if responsible is not None:
        lay_responsible(responsible, desk)
        lines.append(responsible_line(responsible))
    desk.section(section_of("Funksjonsnivå", entries=entries, lines=lines))


def _score(
    one: KartlagtFunksjon, responsible: Ansvarlig | None, at: str | None, desk: Desk
) -> Observation:
    doer, whole = (
        responsible.ansvarlig_tjenesteyter if responsible else None,
        _integer(one.vurdering),
    )
    return Observation(
        status="final",
        category=(_SURVEY,),
        code=to_concept(one.funksjonsvariabel, "9111") or words("Funksjonsvariabel ikke oppgitt"),
        subject=desk.patient,
        encounter=desk.encounter,
        effectiveDateTime=at,
        performer=(professional_reference(doer),) if doer else (),
        valueInteger=whole,
        valueString=content(one.vurdering) if whole is None else None,
        note=to_note(one.merknad),
    )


def _integer(text: str | None) -> int | None:
    whole = (text or "").strip()
    number = int(whole) if whole.lstrip("+-").isdigit() and len(whole) < 12 else None
    return number if number is not None and abs(number) <= _INT_MAX else None


def _score_line(score: Observation, one: KartlagtFunksjon) -> str:
    value = content(one.vurdering)
    return ", ".join(
        p for p in (f"{shown(score.code)}: {value or 'ikke vurdert'}", content(one.merknad)) if p
    )


def _whole(
    survey: InfoKartleggingFunksjonsniva, members: tuple[Reference, ...], at: str | None, desk: Desk
) -> Observation | None:
    whole = survey.samlet_vurdering_funksjonsniva
    if whole is None:
        return None
    said = content(whole.vurdering_pleietyngde)
    return Observation(
        status="final",
        category=(_SURVEY,),
        code=words("Samlet vurdering av funksjonsnivå: pleietyngde"),
        subject=desk.patient,
        encounter=desk.encounter,
        effectiveDateTime=at,
        valueQuantity=to_amount(whole.pleietyngde, None),
        interpretation=(words(said),) if said else (),
        note=to_note(whole.merknad),
        hasMember=members,
    )


def _whole_lines(survey: InfoKartleggingFunksjonsniva) -> list[str]:
    whole = survey.samlet_vurdering_funksjonsniva
    if whole is None:
        return []
    rows = (
        ("Pleietyngde", whole.pleietyngde),
        ("Vurdering", whole.vurdering_pleietyngde),
        ("Merknad", whole.merknad),
    )
    return [f"{label}: {text}" for label, text in rows if content(text)]


def lay_assessments(
    blocks: tuple[InfoVurderinger, ...], desk: Desk
) -> tuple[CompositionSection, ...]:
    """Assessments → one Observation each on the desk, with a component for every single judgement; their sections."""
    return tuple(_assessment(block, desk) for block in blocks)


def _assessment(block: InfoVurderinger, desk: Desk) -> CompositionSection:
    whole, contained = block.innhold_vurdering, Contained()
    code = words(content(whole.vurderingen_gjelder) or "Vurdering")
    role = to_category_role(whole.kategori_helsepersonell, contained)
    observation = Observation(
        status="final",
        category=(_EXAM,),
        code=code,
        subject=desk.patient,
        encounter=desk.encounter,
        effectivePeriod=to_period(whole.fra_dato, whole.til_dato),
        performer=(role,) if role else (),
        component=tuple(_component(e, code) for e in whole.enkeltvurdering),
        note=tuple(Annotation(text=s) for s in whole.stikkord if content(s)),
        contained=contained.listed(),
    )
    lines = [
        *(f"{shown(c.code)}: {shown(c.valueCodeableConcept)}" for c in observation.component),
        *(n.text for n in observation.note if n.text),
    ]
    title = shown(code)
    section = section_of(
        f"Vurdering: {title}",
        entries=(desk.add(observation, title),),
        lines=lines,
        sections=tuple(to_section(t, title) for t in block.journaltekst),
    )
    assert section is not None
    return section


def _component(one: Enkeltvurdering, of: CodeableConcept) -> ObservationComponent:
    return ObservationComponent(
        code=to_concept(one.funksjonsomrade, "9536") or of,
        valueCodeableConcept=to_concept(one.kodet_vurdering, text=one.vurdering_tekst),
    )

"""Measures (tiltak), goals and agreements of PLO messages → ServiceRequest, Procedure and Goal.

Source: plo.md §5 (Sykepleierdokumentasjon, OpplysningerAndreFaggrupper), lists 9132, 9060, 9082, 9088, 9135, 9136.
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, PQ
from hub.emessage.plo.components import (
    AvtaleOmAdmLegemidler,
    GjennomforingAvTiltak,
    InfoMaalForventetRes,
    PlanlagtGjennomforingTiltak,
    Tiltaksbeskrivelse,
)
from hub.fhir.models.r4.composition import CompositionSection
from hub.fhir.models.r4.datatypes import (
    Annotation,
    CodeableConcept,
    DaysOfWeekCode,
    Extension,
    Reference,
    Timing,
    TimingRepeat,
    UnitsOfTimeCode,
)
from hub.fhir.models.r4.goal import Goal, GoalTarget
from hub.fhir.models.r4.procedure import Procedure
from hub.fhir.models.r4.service_request import RequestIntentCode, ServiceRequest
from hub.mapping.codes import as_sent, content, to_concept, to_decimal, to_note, to_period, words
from hub.mapping.draft import Desk
from hub.mapping.narrative import Contained, local_time, shown, yes_no
from hub.mapping.organisation import to_category_role
from hub.mapping.plo_to_fhir.notes import section_of, to_section
from hub.mapping.times import to_date, to_date_time

_DAYS: dict[str, DaysOfWeekCode] = {
    "1": "mon",
    "2": "tue",
    "3": "wed",
    "4": "thu",
    "5": "fri",
    "6": "sat",
    "7": "sun",
}
_UNITS: dict[str, UnitsOfTimeCode] = {
    "Sekund": "s",
    "Minutt": "min",
    "Time": "h",
    "Døgn": "d",
    "Måned": "mo",
    "År": "a",
}


def lay_measure(
    measure: Tiltaksbeskrivelse,
    desk: Desk,
    intent: RequestIntentCode,
    kind: str,
    part_of: Reference | None = None,
) -> tuple[Reference, str]:
    """A Tiltaksbeskrivelse → ServiceRequest on the desk, and a Procedure for each time it was done.

    Shape: `intent` is order for a measure begun or agreed, proposal for one recommended; the line is what a person reads.
    """
    code = _code(measure, kind)
    plan = measure.planlagt_gjennomforing_tiltak
    request = ServiceRequest(
        extension=_weekdays(plan),
        basedOn=(part_of,) if part_of else (),
        status="active",
        intent=intent,
        category=(words(kind),),
        code=code,
        subject=desk.patient,
        encounter=desk.encounter,
        occurrenceTiming=_timing(plan) if plan else None,
        asNeededBoolean=plan.etter_behov if plan else None,
        authoredOn=desk.sent,
        requester=desk.sender,
        performerType=to_concept(measure.kategori_helsepersonell, "9060"),
        note=_remarks(measure),
    )
    reference = desk.add(request, shown(code))
    for done in measure.gjennomforing_av_tiltak:
        desk.add(_done(done, code, reference, desk))
    notes = [n.text for n in request.note if n.text]
    times = [_done_line(d) for d in measure.gjennomforing_av_tiltak]
    planned = f"fra {local_time(to_date_time(plan.planlagt_start))}" if plan else ""
    return reference, ", ".join(p for p in (shown(code), planned, *notes, *times) if p)


def _weekdays(plan: PlanlagtGjennomforingTiltak | None) -> tuple[Extension, ...]:
    return tuple(e for d in plan.faste_ukedager for e in as_sent(d, "9082")) if plan else ()


def _remarks(measure: Tiltaksbeskrivelse) -> tuple[Annotation, ...]:
    plan, evaluated = measure.planlagt_gjennomforing_tiltak, to_date(measure.evaluering_tidspunkt)
    return (
        *(Annotation(text=s) for s in measure.stikkord if content(s)),
        *to_note(measure.merknad),
        *to_note(f"Evalueres {evaluated}" if evaluated else None),
        *_odd_interval(plan.gjentagelse_intervall if plan else None),
    )


def _code(measure: Tiltaksbeskrivelse, kind: str) -> CodeableConcept:
    sent = (to_concept(v, "9132") for v in measure.intervensjon_tiltak_kode)
    codes = [c for c in sent if c is not None]
    told, names = content(measure.intervensjon_tiltak_beskrivelse), [shown(c) for c in codes]
    text = told or ", ".join(n for n in names if n) or kind
    # What a code says beyond its own name (OT) is said as well
    pairs = zip(codes, names, strict=True)
    others = [n for c, n in pairs if told and n not in {d.display for d in c.coding}]
    return CodeableConcept(
        coding=tuple(coding for c in codes for coding in c.coding),
        text=" – ".join([text, *others]),
    )


def _timing(plan: PlanlagtGjennomforingTiltak) -> Timing | None:
    interval = plan.gjentagelse_intervall
    unit = _UNITS.get(interval.u or "") if interval else None
    period = to_decimal(interval.v) if interval else None
    exact = unit is not None and period is not None and period > 0
    repeat = TimingRepeat(
        boundsPeriod=to_period(plan.planlagt_start, plan.planlagt_slutt),
        frequency=1 if exact else None,
        period=period if exact else None,
        periodUnit=unit if exact else None,
        dayOfWeek=_days(plan.faste_ukedager),
    )
    return None if repeat == TimingRepeat() else Timing(repeat=repeat)


def _days(days: tuple[CS, ...]) -> tuple[DaysOfWeekCode, ...]:
    return tuple(_DAYS[day.v] for day in days if day.v in _DAYS)


def _odd_interval(interval: PQ | None) -> tuple[Annotation, ...]:
    """An interval that no Timing can hold, in words."""
    if interval is None or not (interval.v or interval.u):
        return ()
    number = to_decimal(interval.v)
    if _UNITS.get(interval.u or "") and number is not None and number > 0:
        return ()
    return (Annotation(text=f"Gjentas hver {interval.v or ''} {interval.u or ''}".strip()),)


def _done(
    done: GjennomforingAvTiltak, code: CodeableConcept, of: Reference, desk: Desk
) -> Procedure:
    may_end = done.tiltak_kan_termineres
    return Procedure(
        basedOn=(of,),
        status="completed",
        code=code,
        subject=desk.patient,
        encounter=desk.encounter,
        performedDateTime=to_date(done.utfort_tidspunkt),
        outcome=words(f"Tiltaket kan avsluttes: {yes_no(may_end)}")
        if may_end is not None
        else None,
        note=to_note(done.merknad),
    )


def _done_line(done: GjennomforingAvTiltak) -> str:
    ended = " (kan avsluttes)" if done.tiltak_kan_termineres else ""
    return f"utført {local_time(to_date_time(done.utfort_tidspunkt))}{ended}"


def lay_medication_agreement(
    agreement: AvtaleOmAdmLegemidler, desk: Desk
) -> CompositionSection | None:
    """An agreement on who administers the drugs → ServiceRequest on the desk with its measures; its section."""
    orders = agreement.adm_instrukser
    details = (
        words(f"Avtale om administrering av legemidler: {yes_no(agreement.avtale_adm_legemidler)}"),
        words(f"Avtale om multidose: {yes_no(agreement.avtale_adm_multidose)}"),
        to_concept(orders.utleveringsform, "9135") if orders else None,
        *(to_concept(t, "9136") for t in (orders.sarskilte_tiltak if orders else ())),
    )
    agreed = agreement.avtale_adm_legemidler or agreement.avtale_adm_multidose
    request = ServiceRequest(
        status="active" if agreed else "unknown",
        intent="order",
        category=(words("Legemiddeladministrering"),),
        code=words("Avtale om legemiddeladministrering"),
        orderDetail=tuple(d for d in details if d is not None),
        subject=desk.patient,
        encounter=desk.encounter,
        authoredOn=desk.sent,
        requester=desk.sender,
        note=to_note(agreement.merknad),
    )
    reference = desk.add(request, shown(request.code))
    measures = [
        lay_measure(m, desk, "order", "Legemiddeladministrering", reference)
        for m in agreement.tiltaksbeskrivelse
    ]
    lines = [*map(shown, request.orderDetail), *(n.text for n in request.note if n.text)]
    return section_of(
        "Avtale om legemiddeladministrering",
        entries=(reference, *(r for r, _ in measures)),
        lines=[*lines, *(line for _, line in measures)],
    )


def lay_goal(block: InfoMaalForventetRes, desk: Desk) -> CompositionSection | None:
    """A goal or expected result → Goal on the desk; its section."""
    goal, contained = block.innhold_maaldokument, Contained()
    description = to_concept(goal.maal_forventet_resultat, text=goal.beskrivelse) or words("Mål")
    degree = to_concept(goal.forventet_grad_maaloppnaaelse)
    due, until = to_date(goal.forventes_oppnaadd), to_date(goal.til_dato)
    target = GoalTarget(
        measure=words("Forventet grad av måloppnåelse") if degree else None,
        detailCodeableConcept=degree,
        dueDate=due,
    )
    whole = Goal(
        lifecycleStatus="active",
        description=description,
        subject=desk.patient,
        startDate=to_date(goal.fra_dato),
        target=(target,) if degree or due else (),
        expressedBy=to_category_role(goal.kategori_helsepersonell, contained),
        note=(
            *(Annotation(text=s) for s in goal.stikkord if content(s)),
            *to_note(f"Gjelder til {until}" if until else None),
        ),
        contained=contained.listed(),
    )
    title = shown(description)
    return section_of(
        f"Mål: {title}",
        entries=(desk.add(whole, title),),
        lines=[
            shown(degree),
            f"oppnås {local_time(due)}" if due else "",
            *(n.text or "" for n in whole.note),
        ],
        sections=tuple(to_section(t, title) for t in block.journaltekst),
    )

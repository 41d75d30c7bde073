"""What a discharge report asks the municipality to do at home → ServiceRequests and one Task for a person.

The rule, in the order of its lines; each gives a ServiceRequest (intent proposal: the municipality decides):
1. every TjenesteBehov;
2. the box HjelpLegemiddeladm, when ticked;
3. every AnbefaltVidereTiltak, of nurses and of other professions (made where it stands, `measures.py`);
4. the text under heading OP "Planer for videre oppfølging" (9142), each as a whole.
When there is at least one, one Task asks the receiving service to look at them. Nothing is read out of other free text.
Source: plo.md §2 row 8, §3 (OP), §5 (TjenesteBehov), list 9151.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.emessage.epj import GenereltJournalnotat, Journaltekst
from hub.emessage.plo.components import Sykepleierdokumentasjon, TjenesteBehov
from hub.fhir.models.r4.datatypes import CodeableConcept, Reference
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.codes import concept, content, to_amount, to_concept, to_note, words
from hub.mapping.draft import Desk
from hub.mapping.message_urls import SERVICE_REQUEST_CODES
from hub.mapping.narrative import shown
from hub.mapping.plo_to_fhir.notes import FOLLOW_UP_PLAN, section_of
from hub.mapping.plo_to_fhir.tasks import ASSESS_FOLLOW_UP, to_task

_FOLLOW_UP = words("Oppfølging etter utskriving")


def lay_needs(
    services: tuple[TjenesteBehov, ...],
    nursing: Sykepleierdokumentasjon | None,
    notes: Iterable[GenereltJournalnotat],
    advised: tuple[Reference, ...],
    desk: Desk,
) -> None:
    """Everything that asks for something at home → ServiceRequests and the Task on the desk."""
    asked = [desk.add(r, shown(r.code)) for r in (_service(s, desk) for s in services)]
    lines = [_service_line(s) for s in services]
    desk.section(section_of("Behov for tjenester", entries=tuple(asked), lines=lines))
    if _help_with_drugs(nursing):
        code = concept(
            SERVICE_REQUEST_CODES, "medication-help", "Hjelp til legemiddeladministrering"
        )
        asked.append(desk.add(_request(code, desk), shown(code)))
    for text in (
        t for note in notes for t in note.journaltekst if _is_plan(t) and content(t.notat)
    ):
        code = concept(SERVICE_REQUEST_CODES, "follow-up-plan", "Plan for videre oppfølging")
        asked.append(desk.add(_request(code, desk, note=text.notat), shown(code)))
    wanted = (*asked, *advised)
    if wanted:
        desk.add(to_task(ASSESS_FOLLOW_UP, desk, focus=wanted[0], inputs=wanted))


def _help_with_drugs(nursing: Sykepleierdokumentasjon | None) -> bool:
    told = nursing.info_fra_sykepleier if nursing else None
    facts = told.opplysninger_relevant_oppfolging if told else None
    return bool(facts and facts.hjelp_legemiddeladm)


def _is_plan(text: Journaltekst) -> bool:
    code = text.overskriftskode
    return code is not None and (code.s or FOLLOW_UP_PLAN[0], code.v) == FOLLOW_UP_PLAN


def _request(code: CodeableConcept, desk: Desk, *, note: str | None = None) -> ServiceRequest:
    return ServiceRequest(
        status="active",
        intent="proposal",
        category=(_FOLLOW_UP,),
        code=CodeableConcept(coding=code.coding, text=code.coding[0].display),
        subject=desk.patient,
        encounter=desk.encounter,
        authoredOn=desk.sent,
        requester=desk.sender,
        performer=(desk.receiver,),
        note=to_note(note),
    )


def _service(need: TjenesteBehov, desk: Desk) -> ServiceRequest:
    place = content(need.ved_institusjon)
    return ServiceRequest(
        status="active",
        intent="proposal",
        category=(_FOLLOW_UP,),
        code=to_concept(need.iplos_tjenestetype, "9151", need.betegnelse_tjeneste)
        or words("Tjeneste"),
        quantityQuantity=to_amount(need.antall_enheter_onsket, need.enhet),
        subject=desk.patient,
        encounter=desk.encounter,
        authoredOn=desk.sent,
        requester=desk.sender,
        performer=(desk.receiver,),
        locationCode=(words(place),) if place else (),
        note=to_note(need.beskrivelse_av_tjeneste),
    )


def _service_line(need: TjenesteBehov) -> str:
    amount = f"{need.antall_enheter_onsket or ''} {need.enhet or ''}".strip()
    code = to_concept(need.iplos_tjenestetype, "9151", need.betegnelse_tjeneste)
    parts = (shown(code) or "Tjeneste", need.ved_institusjon, amount, need.beskrivelse_av_tjeneste)
    return ", ".join(p for p in map(content, parts) if p)

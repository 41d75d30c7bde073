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

from typing import Any, Final

from hub.emessage.epj import GenereltJournalnotat, Journaltekst
from hub.emessage.plo.components import Sykepleierdokumentasjon
from hub.fhir.models.r4.datatypes import CodeableConcept, Reference
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.codes import concept, content, to_note, words
from hub.mapping.draft import Desk
from hub.mapping.message_urls import SERVICE_REQUEST_CODES
from hub.mapping.narrative import shown
from hub.mapping.plo.measures import ADVISED
from hub.mapping.plo.services import FOLLOW_UP
from hub.mapping.plo_to_fhir.tasks import ASSESS_FOLLOW_UP, to_task

_PLAN: Final = ("2.16.578.1.12.4.1.1.9142", "OP")
"""The heading of the plan for further follow-up: (list, code)."""


def lay_needs(payload: Any, desk: Desk) -> None:
    """Everything on the desk and in the message that asks for something at home → ServiceRequests and the Task."""
    wanted = [
        Reference(reference=made.full_url, type="ServiceRequest")
        for made in desk.created
        if isinstance(made.resource, ServiceRequest) and _asks(made.resource)
    ]
    if _help_with_drugs(payload.sykepleierdokumentasjon):
        code = concept(
            SERVICE_REQUEST_CODES, "medication-help", "Hjelp til legemiddeladministrering"
        )
        wanted.append(desk.add(_request(code, desk), shown(code)))
    for text in (t for n in _notes(payload) for t in n.journaltekst if _is_plan(t)):
        if content(text.notat):
            code = concept(SERVICE_REQUEST_CODES, "follow-up-plan", "Plan for videre oppfølging")
            wanted.append(desk.add(_request(code, desk, note=text.notat), shown(code)))
    if wanted:
        desk.add(to_task(ASSESS_FOLLOW_UP, desk, focus=wanted[0], inputs=tuple(wanted)))


def _asks(request: ServiceRequest) -> bool:
    kinds = {c.text for c in request.category}
    return bool(kinds & {FOLLOW_UP, ADVISED})


def _notes(payload: Any) -> tuple[GenereltJournalnotat, ...]:
    medical, other = (
        payload.medisinskfaglige_opplysninger,
        getattr(payload, "info_andre_viktige_opplysninger", None),
    )
    return (
        *(medical.generelt_journalnotat if medical else ()),
        *(other.generelt_journalnotat if other else ()),
    )


def _help_with_drugs(nursing: Sykepleierdokumentasjon | None) -> bool:
    told = nursing.info_fra_sykepleier if nursing else None
    facts = told.opplysninger_relevant_oppfolging if told else None
    return bool(facts and facts.hjelp_legemiddeladm)


def _is_plan(text: Journaltekst) -> bool:
    code = text.overskriftskode
    return code is not None and (code.s or _PLAN[0], code.v) == _PLAN


def _request(code: CodeableConcept, desk: Desk, *, note: str | None = None) -> ServiceRequest:
    return ServiceRequest(
        status="active",
        intent="proposal",
        category=(words(FOLLOW_UP),),
        code=CodeableConcept(coding=code.coding, text=code.coding[0].display),
        subject=desk.patient,
        encounter=desk.encounter,
        authoredOn=desk.sent,
        requester=desk.sender,
        performer=(desk.receiver,),
        note=to_note(note),
    )

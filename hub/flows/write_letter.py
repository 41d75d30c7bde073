"""A Communication that points to a ServiceRequest or a Composition → the referral or the discharge letter it asks for.

Source: HIS 80517:2017, HIS 80226:2014; docs/adr/0023 (sent by being saved).
"""

from __future__ import annotations

from typing import Final

from hub.emessage.msghead import ConversationRef
from hub.emessage.table_build import render
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.composition import Composition
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.questionnaire_response import QuestionnaireResponse
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.flows.letter_desk import LetterDesk
from hub.flows.sent_series import Written, change_for, document_id, find_standing
from hub.flows.store_draft import Desk
from hub.mapping.fhir_to_message import written_msg_id
from hub.mapping.fresh_message import REFERRAL, Fresh, message_type
from hub.mapping.gp import GpReceiver
from hub.mapping.letter import fresh_letter as letter
from hub.mapping.letter.discharge_letter import DischargeLetter, to_epikrise
from hub.mapping.letter.referral_into_follow_up import FollowUpReferral, to_henvisning
from hub.mapping.message_parties import to_receiver, to_sender
from hub.mapping.own_party import Responsible
from hub.mapping.sent_message import conversation_of
from hub.ports import Unit
from hub.problems import HubError, Problem, ProblemCode

_OPEN: Final = frozenset({"draft", "active", "on-hold"})
_WITHDRAWN: Final = frozenset({"revoked", "entered-in-error"})


def write_letter(unit: Unit, desk: Desk, fresh: Fresh, patient: Patient, msg_id: str) -> Written:
    """What a letter is made of, the patient and its number → the letter. Problems: OUTPUT_INVALID."""
    if fresh.receiver is None:
        raise _fault("Brevet har ingen mottaker", "Communication.recipient")
    make = _referral if message_type(fresh.communication) == REFERRAL else _discharge
    return make(LetterDesk(unit, desk, patient), fresh, fresh.receiver, msg_id)


def _referral(desk: LetterDesk, fresh: Fresh, receiver: GpReceiver, msg_id: str) -> Written:
    request = desk.told(fresh.communication, ServiceRequest)
    standing = find_standing(desk.unit, desk.desk, fresh.communication, receiver.party_her_id)
    withdrawn = request.status in _WITHDRAWN and standing is not None
    if not withdrawn and request.status not in _OPEN:
        raise _fault("Henvisningen er avsluttet eller trukket tilbake", "ServiceRequest.status")
    # A ServiceRequest has no word for being changed: what was sent before and stands is changed by this one
    change, earlier = change_for(
        standing, withdrawn=withdrawn, amended=True, where="ServiceRequest.status"
    )
    referrer = desk.professional(request.requester)
    if referrer is None or not referrer.hpr:
        detail = "Henvisningen sier ikke hvem som henviser (requester med navn og HPR-nummer)"
        raise _fault(detail, "ServiceRequest.requester")
    forms = (desk.read(about, QuestionnaireResponse) for about in request.supportingInfo)
    gp = desk.patient.generalPractitioner
    words = [p.contentString for p in fresh.communication.payload if p.contentString]
    told = FollowUpReferral(
        request=request,
        patient=desk.patient,
        sender=to_sender(fresh.sender),
        receiver=to_receiver(receiver),
        answers=(
            *(("Melding", text) for text in words),
            *(answer for form in forms if form is not None for answer in letter.answers_of(form)),
        ),
        conditions=desk.conditions(request.reasonReference),
        referrer=referrer,
        gp=desk.professional(gp[0]) if gp else None,
        processing=fresh.processing,
        change=change,
        conversation=_conversation(earlier),
        msg_id=msg_id,
        document_id=_series(desk, fresh, receiver.party_her_id, request.id, msg_id),
        sent=desk.sent,
    )
    return Written(render(to_henvisning(told)), receiver.party_her_id, change, earlier)


def _conversation(earlier: Communication | None) -> ConversationRef | None:
    """The latest message of the series → how the next one refers to it and to the first one."""
    found = conversation_of(earlier)
    parent, first = map(written_msg_id, (r.identifier for r in found)) if found else (None, None)
    if parent is None or first is None:
        return None
    return ConversationRef(ref_to_parent=parent, ref_to_conversation=first)


def _discharge(desk: LetterDesk, fresh: Fresh, receiver: GpReceiver, msg_id: str) -> Written:
    composition = desk.told(fresh.communication, Composition)
    status = letter.change_of(composition)
    if status is None:
        raise _fault("Epikrisen er ikke ferdig (status final)", "Composition.status")
    to = receiver.party_her_id
    standing = find_standing(desk.unit, desk.desk, fresh.communication, to)
    change, earlier = change_for(
        standing, withdrawn=status == "C", amended=status == "M", where="Composition.status"
    )
    stay = desk.read(composition.encounter, Encounter)
    if stay is None:
        raise _fault("Epikrisen sier ikke hvilket opphold den gjelder", "Composition.encounter")
    responsible = _responsible(desk, composition)
    listed = letter.entries_of(composition.section)
    told = DischargeLetter(
        encounter=stay,
        patient=desk.patient,
        sender=letter.own_hcp(fresh.sender),
        receiver=letter.receiver_hcp(receiver),
        responsible=letter.responsible_hcp(responsible),
        conditions=desk.conditions((*(d.condition for d in stay.diagnosis), *listed)),
        texts=tuple(letter.texts_of(composition.section)),
        title=composition.title or "Epikrise",
        change=change,
        processing=fresh.processing,
        msg_id=msg_id,
        series=_series(desk, fresh, to, composition.id, msg_id),
        sent=desk.sent,
    )
    return Written(render(to_epikrise(told)), to, change, earlier)


def _responsible(desk: LetterDesk, composition: Composition) -> Responsible:
    authors = (desk.professional(author) for author in composition.author)
    found = next((author for author in authors if author is not None), None)
    if found is None:
        raise _fault("Epikrisen sier ikke hvem som er ansvarlig", "Composition.author")
    return found


def _series(desk: LetterDesk, fresh: Fresh, to: str, about: str | None, msg_id: str) -> str:
    """What a letter is about, its receiver and its number → the id of its series."""
    told = fresh.communication
    return document_id(desk.unit, desk.desk, told, to, about or msg_id, msg_id)


def _fault(detail: str, where: str) -> HubError:
    return HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))

"""A need for home follow-up that stands in FHIR and never was a message → Henvisning 2.0 with the three questions in it.

What comes in: a ServiceRequest for follow-up, the patient, the conditions it rests on and the answers to the questions a
municipality asks about everyone who is referred → MsgHead with Henvisning.
Problems: OUTPUT_INVALID when the patient or the time of the request cannot be told.
Source: dho/requirements.md 40 and 41 (the three questions), HIS 80517:2017, epikrise-henvisning.md; lists 7309, 8304, 8311.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.emessage import henvisning, msghead
from hub.emessage.codes.forsendelsesstatus_7309 import FORSENDELSESSTATUS
from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.codes.processing_status_8113 import PROCESSING_STATUS
from hub.emessage.datatypes import CS, CV, TS
from hub.emessage.msghead import MIG_VERSION
from hub.emessage.payloads import Content
from hub.emessage.plo.components_2_0 import (
    AnsvarForRapport,
    KontaktpersonHelsepersonell,
    TypeInnholdIMelding,
)
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.letter.referral import priority_code
from hub.mapping.message_parties import to_patient_block, to_professional
from hub.mapping.message_words import clean
from hub.mapping.own_party import Responsible
from hub.mapping.times import lexical_time
from hub.mapping.two_way import Room
from hub.mapping.two_way_codes import CONCEPT
from hub.problems import HubError, Problem, ProblemCode

TYPE: Final = "HENVISNING_NYTILSTAND"
_NEW: Final = CS(v="N", dn="Ny")
_REFERRER: Final = CV(v="HHE", s="2.16.578.1.12.4.1.1.8254", dn="Henvisende helsepersonell")
_ANYWHERE: Final = Room([], dict, lambda _: None, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpReferral:
    """What the referral says beside the ServiceRequest.

    Shape: `answers` are question and answer in words, in the order they are asked; `sent` is a FHIR dateTime;
    `document_id` stays the same over a change and a cancellation; `referrer` answers for the referral, `gp` is the
    patient's; `processing` of list 8113; `change` of list 7309, `conversation` refers to the latest and the first message of
    the series.
    """

    request: ServiceRequest
    patient: Patient
    sender: msghead.Organisation
    receiver: msghead.Organisation
    answers: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...] = ()
    referrer: Responsible | None = None
    gp: Responsible | None = None
    processing: str = "P"
    change: str = "N"
    conversation: msghead.ConversationRef | None = None
    msg_id: str
    document_id: str
    sent: str


def to_henvisning(told: FollowUpReferral) -> msghead.MsgHead:
    """A need for home follow-up → the whole message. Problems: OUTPUT_INVALID."""
    patient, problem = to_patient_block(told.patient)
    if problem is not None:
        raise HubError(problem)
    sent = lexical_time(told.sent)
    if sent is None or "T" not in sent:
        detail = "The time of the referral is not known"
        raise HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, "ServiceRequest.authoredOn"))
    body = _body(told, lexical_time(told.request.authoredOn) or sent)
    return msghead.MsgHead(
        msg_info=msghead.MsgInfo(
            type=MESSAGE_FUNCTION.cs(TYPE),
            mig_version=MIG_VERSION,
            gen_date=sent,
            msg_id=told.msg_id,
            processing_status=PROCESSING_STATUS.cs(told.processing),
            ack=CS(v="J", dn="Ja"),
            conversation_ref=told.conversation,
            sender=msghead.Sender(organisation=told.sender),
            receiver=msghead.Receiver(organisation=told.receiver),
            patient=patient,
        ),
        document=(
            msghead.Document(
                ref_doc=msghead.RefDoc(
                    issue_date=TS(v=sent),
                    msg_type=CS(v="XML", dn="XML-instans"),
                    content=Content((body,)),
                )
            ),
        ),
    )


def _body(told: FollowUpReferral, issued: str) -> henvisning.Henvisning:
    request = told.request
    words = " ".join(clean(note.text) for note in request.note)
    code, name = priority_code(request.priority or "routine")
    return henvisning.Henvisning(
        serv_type=FORSENDELSESSTATUS.cs(told.change),
        issue_date=issued if "T" in issued else f"{issued}T00:00:00",
        document_id=told.document_id,
        kontaktperson_helsepersonell=tuple(
            KontaktpersonHelsepersonell(kontaktperson=to_professional(gp, "6"))
            for gp in (told.gp,)
            if gp is not None and gp.hpr
        ),
        ansvar_for_rapport=tuple(
            AnsvarForRapport(ansvarlig_rapport=to_professional(one), type_relasjon=_REFERRER)
            for one in (told.referrer,)
            if one is not None and one.hpr
        ),
        type_innhold_i_melding=TypeInnholdIMelding(
            type_innhold=CV(ot="Henvisning til digital hjemmeoppfølging")
        ),
        reason_as_text=(
            *((_reason("PROB", "Aktuell problemstilling", words),) if words else ()),
            *(_reason(None, question, answer) for question, answer in told.answers),
        ),
        diagnosis=tuple(d for d in map(_diagnosis, told.conditions) if d is not None),
        req_serv=henvisning.ReqServ(serv_type=_NEW, priority=CS(v=code, dn=name)),
    )


def _reason(code: str | None, heading: str, words: str) -> henvisning.ReasonAsText:
    oid = "2.16.578.1.12.4.1.1.8231" if code else None
    shown = CV(v=code, s=oid, dn=heading) if code else CV(ot=heading)
    return henvisning.ReasonAsText(heading=shown, text_result_value=clean(words))


def _diagnosis(condition: Condition) -> henvisning.Diagnosis | None:
    said = condition.code
    if said is None or not (said.coding or said.text):
        return None
    node = {
        "coding": [
            {k: v for k, v in (("system", c.system), ("code", c.code), ("display", c.display)) if v}
            for c in said.coding[:1]
        ],
        **({"text": said.text} if said.text and not said.coding else {}),
    }
    return henvisning.Diagnosis(concept=CONCEPT.get(node, _ANYWHERE, CV))

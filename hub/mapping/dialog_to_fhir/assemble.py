"""A Dialogmelding, laid out → the draft of everything it creates.

One Communication stands for the message and carries its first note; further notes are Communications that are part of it,
and each question is a CommunicationRequest that it carries.
Drops: see `drops.py`.
Source: HIS 80603:2006 and :2017; http://hl7.org/fhir/R4/communication.html, communicationrequest.html.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hub.emessage import dialogmelding, dialogmelding_1_0, msghead
from hub.fhir.models.r4.communication import Communication, CommunicationPayload
from hub.fhir.models.r4.datatypes import Extension, Reference
from hub.mapping.codes import to_concept
from hub.mapping.dialog_to_fhir.note import AnyNote, with_note
from hub.mapping.dialog_to_fhir.question import AnyQuestion, to_question
from hub.mapping.draft import Context, Desk, Draft
from hub.mapping.labelled import to_labelled
from hub.mapping.message_to_communication import message_identifier, message_meta, to_envelope
from hub.mapping.message_to_documents import unread_documents
from hub.mapping.message_urls import CASE_TYPE
from hub.mapping.narrative import Contained
from hub.mapping.organisation import party_reference
from hub.mapping.plo_to_fhir.settle import other_patient
from hub.mapping.series import sent_at, to_series_key
from hub.problems import Problem, ProblemCode, Translation

Payload = dialogmelding.Dialogmelding | dialogmelding_1_0.Dialogmelding
Lay = Callable[[Desk, Reference, tuple[Reference, ...]], None]
"""Lays what a type adds: the desk, the message's Communication, and its questions."""


def to_draft(
    message: msghead.MsgHead, payload: Payload, context: Context, lay: Lay
) -> Translation[Draft]:
    """A dialogue message and what its type adds → Draft.

    Problems: PATIENT_DOUBTFUL when an earlier message of the conversation is about another patient; CONTENT_ODD for an
    attachment that only the raw message holds.
    """
    info = message.msg_info
    desk = Desk(
        patient=Reference(reference=f"Patient/{context.patient_id}", type="Patient"),
        encounter=None,
        sender=party_reference(info.sender.organisation),
        receiver=party_reference(info.receiver.organisation),
        sent=sent_at(info, context.received),
        meta=message_meta(info),
        new_id=context.new_id,
    )
    questions = tuple(desk.add(_question(asked, desk)) for asked in payload.foresporsel)
    further = tuple(desk.add(_further(note, message, desk)) for note in payload.notat[1:])
    communication = desk.add(_message(message, payload, context, desk, (*questions, *further)))
    lay(desk, communication, questions)
    draft = Draft(
        "new",
        "in-force",
        to_series_key(info),
        tuple(desk.created),
        (),
        communication.reference or "",
    )
    return Translation(draft, _problems(message, context))


def lay_nothing(_desk: Desk, _message: Reference, _questions: tuple[Reference, ...]) -> None:
    """Nothing beside the message itself."""


def _message(
    message: msghead.MsgHead,
    payload: Payload,
    context: Context,
    desk: Desk,
    parts: tuple[Reference, ...],
) -> Communication:
    contained = Contained()
    envelope = to_envelope(message, desk, context, contained)
    case = to_labelled(payload.sakstype_kodet, payload.sakstype)
    kind = (Extension(url=CASE_TYPE, valueCodeableConcept=case),) if case else ()
    carried = tuple(CommunicationPayload(contentReference=part) for part in parts)
    whole = msgspec.structs.replace(
        envelope,
        extension=(*envelope.extension, *kind),
        payload=(*carried, *envelope.payload),
    )
    if payload.notat:
        whole = with_note(whole, payload.notat[0], contained, desk.patient)
    return msgspec.structs.replace(whole, contained=contained.listed())


def _question(asked: AnyQuestion, desk: Desk) -> msgspec.Struct:
    contained = Contained()
    question = to_question(asked, contained, desk.patient)
    return msgspec.structs.replace(
        question,
        authoredOn=desk.sent,
        requester=desk.sender,
        recipient=(desk.receiver,),
        contained=contained.listed(),
    )


def _further(note: AnyNote, message: msghead.MsgHead, desk: Desk) -> msgspec.Struct:
    """A note after the first → a Communication that is part of the message's."""
    contained = Contained()
    kind = to_concept(message.msg_info.type, "8279")
    whole = Reference(type="Communication", identifier=message_identifier(message.msg_info.msg_id))
    part = Communication(
        partOf=(whole,),
        status="completed",
        category=(kind,) if kind else (),
        subject=desk.patient,
        sent=desk.sent,
        sender=desk.sender,
        recipient=(desk.receiver,),
    )
    noted = with_note(part, note, contained, desk.patient)
    return msgspec.structs.replace(noted, contained=contained.listed())


def _problems(message: msghead.MsgHead, context: Context) -> tuple[Problem, ...]:
    found = [
        Problem(
            ProblemCode.CONTENT_ODD,
            "An attached XML document is kept in the raw message only",
            f"/MsgHead/Document[{place + 1}]/RefDoc/Content",
        )
        for place in unread_documents(message)
    ]
    if other_patient(context):
        detail = "An earlier message of the same conversation is about another patient"
        where = "/MsgHead/MsgInfo/ConversationRef"
        found.append(Problem(ProblemCode.PATIENT_DOUBTFUL, detail, where))
    return tuple(found)

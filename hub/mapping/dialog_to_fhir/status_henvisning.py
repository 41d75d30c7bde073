"""DIALOG_STATUS_HENVISNING → a Communication, and a Task that says where the referral stands.

The Task is about the referral, which is known by the number of its message; its business status is the outcome as sent.
Drops: see `drops.py`.
Source: HIS 1206; dialogmelding.md ("DIALOG_STATUS_HENVISNING"), list 9148; http://hl7.org/fhir/R4/task.html.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.msghead import MsgHead
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Reference
from hub.fhir.models.r4.task import Task, TaskInput, TaskStatusCode
from hub.mapping.codes import to_concept, words
from hub.mapping.dialog_to_fhir.assemble import Payload, to_draft
from hub.mapping.draft import Context, Desk, Draft
from hub.mapping.message_to_communication import message_identifier
from hub.mapping.message_urls import TASK_CODES
from hub.problems import Translation

# List 9148: called in; a right to help, time follows; sent on; refused
_STATUS: Final[dict[str, TaskStatusCode]] = {
    "1": "accepted",
    "2": "accepted",
    "3": "in-progress",
    "4": "rejected",
}
_TITLE: Final = "Henvisning"


def to_fhir(message: MsgHead, payload: Payload, context: Context) -> Translation[Draft]:
    """The outcome of assessing a referral → Draft. Problems: those of `assemble.to_draft`."""

    def lay(desk: Desk, communication: Reference, _questions: tuple[Reference, ...]) -> None:
        desk.add(_referral(message, payload, desk, communication))

    return to_draft(message, payload, context, lay)


def _referral(message: MsgHead, payload: Payload, desk: Desk, communication: Reference) -> Task:
    theme = payload.notat[0].tema_kodet if payload.notat else None
    first = message.msg_info.conversation_ref
    referral = (
        Reference(
            type="ServiceRequest",
            identifier=message_identifier(first.ref_to_conversation),
            display=_TITLE,
        )
        if first
        else None
    )
    return Task(
        status=_STATUS.get((theme.v if theme else None) or "", "received"),
        businessStatus=to_concept(theme),
        intent="order",
        code=CodeableConcept(
            coding=(Coding(system=TASK_CODES, code="referral", display=_TITLE),), text=_TITLE
        ),
        focus=referral,
        for_=desk.patient,
        authoredOn=desk.sent,
        requester=desk.receiver,
        owner=desk.sender,
        input=(TaskInput(type=words("Grunnlag"), valueReference=communication),),
    )

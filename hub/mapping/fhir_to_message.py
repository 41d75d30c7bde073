"""The Communication of a message and what it points to → MsgHead: the way back of `message_to_communication.py`.

Everything the envelope says stands in FHIR as a value of its own, so what is changed there is what is written.
Source: HIS 80601:2006 with its 2017 addendum; hodemelding.md.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage import felles, msghead
from hub.emessage.codes.priority_8115 import PRIORITY as PRIORITIES
from hub.emessage.datatypes import CS
from hub.emessage.msghead import MIG_VERSION
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.datatypes import Coding, Identifier, Reference
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.mapping.codes import list_system
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_to_code import concept_in, to_cs, written_time
from hub.mapping.fhir_to_documents import to_documents
from hub.mapping.fhir_to_party import to_msghead_organisation, to_person, to_professional
from hub.mapping.fhir_to_person import ENVELOPE, PAYLOAD
from hub.mapping.message_to_communication import to_priority
from hub.mapping.message_urls import METHOD, PATIENT_AS_SENT, RECEIPT_WANTED, RECIPIENT_ROLE
from hub.mapping.record import Record
from hub.mapping.series import message_key
from hub.mapping.urls import RENDERED_VALUE, URI_SYSTEM
from hub.problems import ProblemCode, fail

_UUID: Final = "urn:uuid:"
_PRIORITY: Final = {
    "routine": PRIORITIES.cs("N"),
    "urgent": PRIORITIES.cs("H"),
    "asap": PRIORITIES.cs("H"),
    "stat": PRIORITIES.cs("H"),
}


def to_message(record: Record, payload: Any) -> msghead.MsgHead:
    """The record of a message and the payload made from it → the whole message.

    Problems: OUTPUT_INVALID when type, id, sender or receiver cannot be told.
    """
    return msghead.MsgHead(msg_info=to_msg_info(record), document=to_documents(record, payload))


def to_msg_info(record: Record) -> msghead.MsgInfo:
    """The record of a message → MsgInfo. Problems: OUTPUT_INVALID."""
    message = record.communication
    kind = to_cs(message.category[0]) if message.category else None
    sender = to_msghead_organisation(message.sender, record, message)
    receiver = message.recipient[0] if message.recipient else None
    addressee = to_msghead_organisation(receiver, record, message)
    number = msg_id_of(message)
    if kind is None or sender is None or addressee is None or number is None:
        detail = "The Communication lacks its category, identifier, sender or recipient"
        raise fail(ProblemCode.OUTPUT_INVALID, detail, "Communication")
    return msghead.MsgInfo(
        type=kind,
        mig_version=MIG_VERSION,
        gen_date=written_time(message.sent, message.sent_ext) or "",
        msg_id=number,
        processing_status=_tag(message, "8113"),
        requested_priority=_priority(message),
        ack=to_cs(concept_in(message.extension, RECEIPT_WANTED)),
        conversation_ref=_conversation(message),
        sender=msghead.Sender(com_method=_method(message.sender), organisation=sender),
        receiver=msghead.Receiver(com_method=_method(receiver), organisation=addressee),
        other_receiver=tuple(_other(r, record, message) for r in message.recipient[1:]),
        patient=_patient(message, record),
    )


def msg_id_of(message: Communication) -> str | None:
    """A Communication → its MsgId as it was written, or None."""
    return next(
        (written_msg_id(i) for i in message.identifier if i.system == URI_SYSTEM and i.value), None
    )


def written_msg_id(identifier: Identifier | None) -> str | None:
    """The business identifier of a message → MsgId: as it was written while it still is that number."""
    if identifier is None or identifier.value is None:
        return None
    key = identifier.value.removeprefix(_UUID)
    beside = identifier.value_ext.extension if identifier.value_ext else ()
    rendered = extension(beside, RENDERED_VALUE)
    written = rendered.valueString if rendered is not None else None
    return written if written is not None and message_key(written) == key else key


def _tag(message: Communication, number: str) -> CS | None:
    tags: tuple[Coding, ...] = message.meta.tag if message.meta else ()
    return to_cs(next((t for t in tags if t.system == list_system(number)), None))


def _priority(message: Communication) -> CS | None:
    tagged = _tag(message, "8115")
    if to_priority(tagged) == message.priority:
        return tagged
    return _PRIORITY.get(message.priority or "")


def _conversation(message: Communication) -> msghead.ConversationRef | None:
    first = _earlier(message.partOf)
    parent = _earlier(message.inResponseTo) or first
    if parent is None:
        return None
    return msghead.ConversationRef(ref_to_parent=parent, ref_to_conversation=first or parent)


def _earlier(references: tuple[Reference, ...]) -> str | None:
    found = (written_msg_id(r.identifier) for r in references)
    return next((number for number in found if number is not None), None)


def _method(party: Reference | None) -> CS | None:
    return to_cs(concept_in(party.extension, METHOD)) if party is not None else None


def _other(receiver: Reference, record: Record, message: Communication) -> msghead.OtherReceiver:
    role = record.find(receiver, message, PractitionerRole)
    related = record.find(receiver, message, RelatedPerson)
    patient = record.find(receiver, message, Patient)
    alone = role is not None and role.organization is None
    return msghead.OtherReceiver(
        com_method=_method(receiver),
        role_receiver=to_cs(concept_in(receiver.extension, RECIPIENT_ROLE))
        or CS(v="COP", dn="Kopimottaker"),
        organisation=None if alone else to_msghead_organisation(receiver, record, message),
        healthcare_professional=to_professional(
            role, record, message, msghead.HealthcareProfessional, ENVELOPE
        )
        if role is not None and alone
        else None,
        person=to_person(related, felles.Person, PAYLOAD) if related is not None else None,
        patient=to_person(patient, msghead.Patient, ENVELOPE) if patient is not None else None,
    )


def _patient(message: Communication, record: Record) -> msghead.Patient | None:
    subject = message.subject
    if subject is None:
        return None
    described = record.pointed(subject.extension, PATIENT_AS_SENT, message, Patient)
    found = described or record.find(subject, message, Patient)
    return to_person(found, msghead.Patient, ENVELOPE) if found is not None else None

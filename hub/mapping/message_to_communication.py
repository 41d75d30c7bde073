"""The envelope of an e-message (MsgHead) → Communication with its parties.

The Communication is the message: who sent it to whom, when, about whom, in which conversation.
Drops: MsgInfo/MIGversion (it is the same in every message), Signature.
Source: hodemelding.md; http://hl7.org/fhir/R4/communication.html.
"""

from __future__ import annotations

from typing import Final

import msgspec

from hub.emessage import msghead
from hub.emessage.datatypes import CS
from hub.emessage.plo.components import InformasjonOmForsendelsen
from hub.fhir.models.r4.communication import (
    Communication,
    CommunicationPayload,
    RequestPriorityCode,
)
from hub.fhir.models.r4.datatypes import (
    CodeableConcept,
    Coding,
    Element,
    Extension,
    Identifier,
    Meta,
    Reference,
)
from hub.fhir.models.r4.patient import Patient
from hub.mapping.both_ways.form import Pen
from hub.mapping.codes import (
    to_coding,
    to_concept,
    uuid_identifier,
)
from hub.mapping.draft import Context, Desk
from hub.mapping.message_to_documents import (
    as_sent_patient,
    to_attachment,
    to_message_document,
    to_original,
)
from hub.mapping.message_urls import (
    MESSAGE_DOCUMENT,
    METHOD,
    PATIENT_AS_SENT,
    RECEIPT_WANTED,
    RECIPIENT_ROLE,
    RESPONSIBLE,
)
from hub.mapping.narrative import Contained
from hub.mapping.organisation import party_reference, to_party, to_related_person, to_role
from hub.mapping.patient import patient_label, to_patient
from hub.mapping.plo.shipment import to_shipment
from hub.mapping.sent_times import sent_time
from hub.mapping.series import message_key
from hub.mapping.times import to_instant
from hub.mapping.urls import RENDERED_VALUE

NO_RECEIVER: Final = "Mottaker ikke oppgitt"
"""The display of a further receiver that the message does not name."""
PRIORITY: Final[dict[str, RequestPriorityCode]] = {"H": "urgent", "N": "routine", "L": "routine"}


def message_uri(info: msghead.MsgInfo) -> str:
    """MsgInfo → the URI of the message, as `Meta.source` and identifiers hold it."""
    return f"urn:uuid:{message_key(info.msg_id)}"


def message_meta(info: msghead.MsgInfo) -> Meta:
    """MsgInfo → the mark that every resource made from the message carries: where it came from."""
    return Meta(source=message_uri(info))


def to_envelope(
    message: msghead.MsgHead, desk: Desk, context: Context, contained: Contained
) -> Communication:
    """A MsgHead → the Communication of its envelope; its documents are added to the desk.

    Shape: `contained` gets the parties in two levels, the patient as the sender wrote it, and what is said of the
    message's own document; the caller puts it into the Communication. Sender and recipient also carry the HER-id of the
    communication party as logical identifier. A copy receiver is a recipient with its role. The documents are payload.
    """
    info, earlier = message.msg_info, message.msg_info.conversation_ref
    kind = to_concept(info.type, "8279")
    sent, beside = sent_time(info.gen_date)
    asked = to_concept(info.ack, "7304")
    described = contained.add(to_message_document(message.document[0]))
    patient = as_sent_patient(message, desk)
    documents = (
        to_original(message, desk, context, patient),
        *(to_attachment(document, desk) for document in message.document[1:]),
    )
    return Communication(
        meta=Meta(tag=_tags(info)),
        extension=(
            *((Extension(url=RECEIPT_WANTED, valueCodeableConcept=asked),) if asked else ()),
            Extension(url=MESSAGE_DOCUMENT, valueReference=described),
        ),
        identifier=(message_identifier(info.msg_id),),
        partOf=_earlier(earlier.ref_to_conversation if earlier else None),
        inResponseTo=_earlier(earlier.ref_to_parent if earlier else None),
        status="completed",
        category=(kind,) if kind else (),
        priority=_priority(info),
        subject=_subject(info, patient, desk, contained),
        encounter=desk.encounter,
        sent=sent or to_instant(context.received),
        sent_ext=beside,
        received=to_instant(context.received),
        sender=_sender(info, desk, contained),
        recipient=_recipients(info, contained, desk),
        payload=tuple(CommunicationPayload(contentReference=desk.add(d)) for d in documents),
    )


def to_communication(
    message: msghead.MsgHead,
    desk: Desk,
    context: Context,
    shipment: InformasjonOmForsendelsen,
    *,
    topic: CodeableConcept | None,
    composition: Reference,
) -> Communication:
    """A PLO message whose content is on the desk → its Communication; its documents are added to the desk."""
    contained = Contained()
    envelope = to_envelope(message, desk, context, contained)
    told = to_shipment(shipment, Pen(desk, contained))
    meta, labelled = envelope.meta or Meta(), told.get("meta") or Meta()
    return msgspec.structs.replace(
        envelope,
        meta=msgspec.structs.replace(meta, security=labelled.security),
        extension=(*told["extension"], *envelope.extension),
        basedOn=told.get("basedOn", ()),
        topic=topic,
        payload=(CommunicationPayload(contentReference=composition), *envelope.payload),
        contained=contained.listed(),
    )


def message_identifier(msg_id: str) -> Identifier:
    """A MsgId as written → the business identifier of the message, which keeps that writing where it differs."""
    key = message_key(msg_id)
    if key == msg_id:
        return uuid_identifier(key)
    beside = Element(extension=(Extension(url=RENDERED_VALUE, valueString=msg_id),))
    return msgspec.structs.replace(uuid_identifier(key), value_ext=beside)


def _subject(
    info: msghead.MsgInfo, patient: Patient | None, desk: Desk, contained: Contained
) -> Reference:
    if info.patient is None or patient is None:
        return desk.patient
    described = contained.add(patient, patient_label(info.patient))
    extension = Extension(url=PATIENT_AS_SENT, valueReference=described)
    return msgspec.structs.replace(desk.patient, extension=(extension,))


def _sender(info: msghead.MsgInfo, desk: Desk, contained: Contained) -> Reference:
    return _party(info.sender.organisation, info.sender.com_method, desk.sender, contained)


def _recipients(info: msghead.MsgInfo, contained: Contained, desk: Desk) -> tuple[Reference, ...]:
    receiver = info.receiver
    return (
        _party(receiver.organisation, receiver.com_method, desk.receiver, contained),
        *(_other(r, contained, desk.patient) for r in info.other_receiver),
    )


def _priority(info: msghead.MsgInfo) -> RequestPriorityCode | None:
    return to_priority(info.requested_priority)


def to_priority(code: CS | None) -> RequestPriorityCode | None:
    """A priority of list 8115 → FHIR's, or None."""
    return PRIORITY.get(code.v or "") if code else None


def _tags(info: msghead.MsgInfo) -> tuple[Coding, ...]:
    codes = (to_coding(info.processing_status, "8113"), to_coding(info.requested_priority, "8115"))
    return tuple(c for c in codes if c is not None)


def _earlier(msg_id: str | None) -> tuple[Reference, ...]:
    if msg_id is None:
        return ()
    return (Reference(type="Communication", identifier=message_identifier(msg_id)),)


def _party(
    organisation: msghead.Organisation,
    method: CS | None,
    logical: Reference,
    contained: Contained,
) -> Reference:
    local, beside = to_party(organisation, contained)
    return Reference(
        extension=(
            *(Extension(url=RESPONSIBLE, valueReference=person) for person in beside),
            *_method(method),
        ),
        reference=local.reference,
        identifier=logical.identifier,
        display=logical.display,
    )


def _method(method: CS | None) -> tuple[Extension, ...]:
    said = to_concept(method, "8235")
    return (Extension(url=METHOD, valueCodeableConcept=said),) if said else ()


def _other(receiver: msghead.OtherReceiver, contained: Contained, patient: Reference) -> Reference:
    role = to_concept(receiver.role_receiver, "8112")
    extension = (
        *((Extension(url=RECIPIENT_ROLE, valueCodeableConcept=role),) if role else ()),
        *_method(receiver.com_method),
    )
    if receiver.organisation is not None:
        party = party_reference(receiver.organisation)
        found = _party(receiver.organisation, None, party, contained)
    elif receiver.healthcare_professional is not None:
        found = to_role(receiver.healthcare_professional, contained)
    elif receiver.person is not None:
        found = contained.add(to_related_person(receiver.person, patient))
    elif receiver.patient is not None:
        found = contained.add(to_patient(receiver.patient), patient_label(receiver.patient))
    else:
        found = Reference(display=NO_RECEIVER)
    return Reference(
        extension=(*extension, *found.extension),
        reference=found.reference,
        identifier=found.identifier,
        display=found.display,
    )

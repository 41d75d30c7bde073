"""The envelope of an e-message (MsgHead) → Communication with its parties.

The Communication is the message: who sent it to whom, when, about whom, in which conversation.
Drops: MsgInfo/MIGversion and Ack (control of the transport), Signature.
Source: hodemelding.md; http://hl7.org/fhir/R4/communication.html.
"""

from __future__ import annotations

from typing import Final

from hub.emessage import msghead
from hub.emessage.plo.components import Foresporsel, InformasjonOmForsendelsen
from hub.fhir.models.r4.communication import (
    Communication,
    CommunicationPayload,
    RequestPriorityCode,
)
from hub.fhir.models.r4.communication_request import (
    CommunicationRequest,
    CommunicationRequestPayload,
)
from hub.fhir.models.r4.datatypes import (
    Annotation,
    CodeableConcept,
    Coding,
    Extension,
    Identifier,
    Meta,
    Reference,
)
from hub.mapping.codes import (
    as_sent,
    content,
    to_coding,
    to_concept,
    to_period,
    uuid_identifier,
)
from hub.mapping.draft import Context, Desk
from hub.mapping.message_to_documents import to_document
from hub.mapping.message_urls import ACT_CODE, RECIPIENT_ROLE, RESPONSIBLE
from hub.mapping.narrative import Contained, yes_no
from hub.mapping.organisation import (
    beside,
    party_reference,
    to_organization,
    to_related_person,
    to_role,
)
from hub.mapping.patient import patient_label, to_patient
from hub.mapping.series import message_key, sent_at
from hub.mapping.times import to_instant

_PRIORITY: Final[dict[str, RequestPriorityCode]] = {"H": "urgent", "N": "routine", "L": "routine"}


def message_uri(info: msghead.MsgInfo) -> str:
    """MsgInfo → the URI of the message, as `Meta.source` and identifiers hold it."""
    return f"urn:uuid:{message_key(info.msg_id)}"


def message_meta(info: msghead.MsgInfo) -> Meta:
    """MsgInfo → the mark that every resource made from the message carries: where it came from."""
    return Meta(source=message_uri(info))


def to_communication(
    message: msghead.MsgHead,
    desk: Desk,
    context: Context,
    shipment: InformasjonOmForsendelsen,
    *,
    topic: CodeableConcept | None,
    composition: Reference,
) -> Communication:
    """A MsgHead whose content is on the desk → its Communication; its documents are added to the desk.

    Shape: the parties are contained in two levels; sender and recipient also carry the HER-id of the communication
    party as logical identifier. A copy receiver is a recipient with its role.
    """
    info, contained = message.msg_info, Contained()
    documents = (to_document(message, n, desk, context) for n in range(len(message.document)))
    payload = (composition, *map(desk.add, documents))
    kind, earlier = to_concept(info.type, "8279"), info.conversation_ref
    return Communication(
        meta=_meta(info, shipment),
        extension=as_sent(shipment.forsendelsesstatus, "7309"),
        identifier=(uuid_identifier(message_key(info.msg_id)),),
        basedOn=_question(shipment.foresporsel, contained, desk.patient),
        partOf=_earlier(earlier.ref_to_conversation if earlier else None),
        inResponseTo=_earlier(earlier.ref_to_parent if earlier else None),
        status="completed",
        category=(kind,) if kind else (),
        priority=_priority(info),
        medium=_methods(info),
        subject=desk.patient,
        topic=topic,
        encounter=desk.encounter,
        sent=sent_at(info, context.received),
        received=to_instant(context.received),
        sender=_party(info.sender.organisation, desk.sender, contained),
        recipient=_recipients(info, contained, desk),
        payload=tuple(CommunicationPayload(contentReference=reference) for reference in payload),
        note=_notes(shipment),
        contained=contained.listed(),
    )


def _meta(info: msghead.MsgInfo, shipment: InformasjonOmForsendelsen) -> Meta:
    return Meta(tag=_tags(info), security=_labels(shipment))


def _recipients(info: msghead.MsgInfo, contained: Contained, desk: Desk) -> tuple[Reference, ...]:
    return (
        _party(info.receiver.organisation, desk.receiver, contained),
        *(_other(r, contained, desk.patient) for r in info.other_receiver),
    )


def _methods(info: msghead.MsgInfo) -> tuple[CodeableConcept, ...]:
    methods = (info.sender.com_method, info.receiver.com_method)
    return tuple(m for m in (to_concept(c, "8235") for c in methods) if m is not None)


def _priority(info: msghead.MsgInfo) -> RequestPriorityCode | None:
    return _PRIORITY.get(info.requested_priority.v or "") if info.requested_priority else None


def _tags(info: msghead.MsgInfo) -> tuple[Coding, ...]:
    codes = (to_coding(info.processing_status, "8113"), to_coding(info.requested_priority, "8115"))
    return tuple(c for c in codes if c is not None)


def _labels(shipment: InformasjonOmForsendelsen) -> tuple[Coding, ...]:
    if not shipment.forbehold_om_videresending:
        return ()
    display = "no redisclosure without consent directive"
    return (Coding(system=ACT_CODE, code="NORDSCLCD", display=display),)


def _notes(shipment: InformasjonOmForsendelsen) -> tuple[Annotation, ...]:
    facts = (
        ("Pasienten har tatt forbehold om videresending", shipment.forbehold_om_videresending),
        ("Svar på forespørsel", shipment.svar_paa_foresporsel),
    )
    return tuple(
        Annotation(text=f"{label}: {yes_no(fact)}") for label, fact in facts if fact is not None
    )


def _earlier(msg_id: str | None) -> tuple[Reference, ...]:
    if msg_id is None:
        return ()
    return (Reference(type="Communication", identifier=uuid_identifier(message_key(msg_id))),)


def _party(
    organisation: msghead.Organisation, logical: Reference, contained: Contained
) -> Reference:
    local = to_organization(organisation, contained)
    answers = beside(organisation, contained)
    return Reference(
        extension=(Extension(url=RESPONSIBLE, valueReference=answers),) if answers else (),
        reference=local.reference,
        identifier=logical.identifier,
        display=logical.display,
    )


def _other(receiver: msghead.OtherReceiver, contained: Contained, patient: Reference) -> Reference:
    role = to_concept(receiver.role_receiver, "8112")
    method = as_sent(receiver.com_method, "8235")
    extension = (
        *((Extension(url=RECIPIENT_ROLE, valueCodeableConcept=role),) if role else ()),
        *method,
    )
    if receiver.organisation is not None:
        found = _party(receiver.organisation, party_reference(receiver.organisation), contained)
    elif receiver.healthcare_professional is not None:
        found = to_role(receiver.healthcare_professional, contained)
    elif receiver.person is not None:
        found = contained.add(to_related_person(receiver.person, patient))
    elif receiver.patient is not None:
        found = contained.add(to_patient(receiver.patient), patient_label(receiver.patient))
    else:
        found = Reference(display="Mottaker ikke oppgitt")
    return Reference(
        extension=(*extension, *found.extension),
        reference=found.reference,
        identifier=found.identifier,
        display=found.display,
    )


def _question(
    asked: Foresporsel | None, contained: Contained, patient: Reference
) -> tuple[Reference, ...]:
    """The copy of a question that the message answers → local reference to a CommunicationRequest, or nothing."""
    if asked is None:
        return ()
    category = (to_concept(asked.type_foresp), to_concept(asked.type_journalinfo, "9066"))
    reason = to_concept(asked.formal, "9068", asked.begrunnelse)
    text, earlier = content(asked.sporsmal), content(asked.ref_dok_id_foresp)
    request = CommunicationRequest(
        extension=as_sent(asked.hastegrad, "9067"),
        identifier=(Identifier(value=earlier),) if earlier else (),
        status="completed",
        category=tuple(c for c in category if c is not None),
        priority="stat" if asked.hastegrad and asked.hastegrad.v == "1" else None,
        subject=patient,
        payload=(CommunicationRequestPayload(contentString=text),) if text else (),
        occurrencePeriod=to_period(asked.fra_dato, asked.til_dato),
        reasonCode=(reason,) if reason else (),
    )
    return (contained.add(request),)

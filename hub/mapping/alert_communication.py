"""The message to the GP → Communication, whose status follows the state of the dialogue.

Source: transport/README.md (shared state model), hub.emessage.dialogue; http://hl7.org/fhir/R4/communication.html.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from hub.emessage.apprec import AppRec
from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.datatypes import FormattedText
from hub.emessage.dialogue import State
from hub.fhir.models.r4.communication import Communication, CommunicationPayload
from hub.fhir.models.r4.datatypes import CodeableConcept, Extension, Identifier, Reference
from hub.mapping import urls
from hub.mapping.alert_to_dialogmelding import (
    MESSAGE_TYPE,
    AlertMessage,
    message_text,
    subject_of,
)
from hub.mapping.apprec_to_fhir import to_error, to_reason
from hub.mapping.fhir_parts import concept, reference
from hub.mapping.fhir_time import to_fhir_time, to_instant
from hub.mapping.message_words import clean

_OSLO: Final = ZoneInfo("Europe/Oslo")
CommunicationStatus = Literal[
    "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed"
]
STATUS: Final[dict[State, CommunicationStatus]] = {
    State.QUEUED: "preparation",
    State.SUBMITTING: "preparation",
    State.SUBMITTED: "in-progress",
    State.WRITTEN: "in-progress",
    State.ON_QUEUE: "in-progress",
    State.TRANSPORT_ACKED: "in-progress",
    # A person must look, and the state may still change
    State.TRANSPORT_REJECTED: "on-hold",
    State.TRANSPORT_ABANDONED: "on-hold",
    State.EXPIRED: "on-hold",
    State.NO_APP_REC: "on-hold",
    State.DEAD_LETTER: "on-hold",
    State.CONFLICT: "on-hold",
    State.APP_REC_OK: "completed",
    State.APP_REC_PARTLY: "completed",
    State.APP_REC_REJECTED: "stopped",
    State.TAKEN_BACK: "stopped",
    State.CANCELLED: "not-done",
}
"""State of the dialogue → Communication.status; the state itself stands in our extension."""


def alert_to_communication(
    message: AlertMessage,
    *,
    issue_id: str,
    patient_id: str,
    msg_id: str,
    now: datetime,
    communication_id: str | None = None,
    state: State = State.QUEUED,
    zone: tzinfo = _OSLO,
    text: FormattedText | None = None,
) -> Communication:
    """An alert message that is about to be sent → its Communication.

    Shape: the message's text (`text`, where it was made already) is the payload, line by line; `identifier` is the MsgId as urn:uuid; `about` is the
    DetectedIssue. Sender and recipient are resources where known, and always carry their HER-id.
    Drops: the envelope's addresses and roles; the bytes themselves are kept by the store.
    """
    receiver, sender = message.receiver, message.sender
    role = None if receiver.role_id is None else f"PractitionerRole/{receiver.role_id}"
    own = None if sender.organization_id is None else f"Organization/{sender.organization_id}"
    return Communication(
        id=communication_id,
        extension=(Extension(url=urls.DELIVERY_STATE, valueCode=str(state)),),
        identifier=(Identifier(system=urls.URI_SYSTEM, value=f"urn:uuid:{msg_id.lower()}"),),
        status=STATUS[state],
        category=(concept(urls.MESSAGE_TYPES, MESSAGE_TYPE, MESSAGE_FUNCTION.names[MESSAGE_TYPE]),),
        priority="urgent",
        subject=reference("Patient", patient_id),
        topic=CodeableConcept(text=subject_of(message.facts)),
        about=(reference("DetectedIssue", issue_id),),
        sent=to_fhir_time(now, zone),
        recipient=(_party(role, "PractitionerRole", receiver.party_her_id, receiver.party_name),),
        sender=_party(own, "Organization", sender.service_her_id, sender.service_name),
        payload=(
            CommunicationPayload(contentString=_plain(text or message_text(message, now, zone))),
        ),
    )


def _party(ref: str | None, kind: str, her_id: str, name: str) -> Reference:
    return Reference(
        reference=ref,
        type=kind,
        identifier=Identifier(system=urls.HER, value=her_id),
        display=clean(name) or None,
    )


def _plain(text: FormattedText) -> str:
    lines = (clean(line) for line in text.plain.splitlines())
    return "\n".join(line for line in lines if line)


def with_state(
    communication: Communication, state: State, receipt: AppRec | None = None
) -> Communication:
    """A stored Communication, the state its facts now give and the receipt that came, if any → the next version.

    Shape: `received` is the receipt's time when the message was taken in; every Error of the receipt is kept as our
    extension; a refusal is also the statusReason.
    """
    others = tuple(
        each
        for each in communication.extension
        if each.url not in (urls.DELIVERY_STATE, urls.RECEIPT_ERROR)
    )
    errors = () if receipt is None else tuple(to_error(each) for each in receipt.error)
    told = (Extension(url=urls.RECEIPT_ERROR, valueCodeableConcept=error) for error in errors)
    refused = receipt is not None and state in (State.APP_REC_REJECTED, State.APP_REC_PARTLY)
    taken_in = receipt is not None and state in (State.APP_REC_OK, State.APP_REC_PARTLY)
    answered = to_instant(receipt.gen_date, _OSLO) if receipt is not None and taken_in else None
    return replace(
        communication,
        extension=(Extension(url=urls.DELIVERY_STATE, valueCode=str(state)), *told, *others),
        status=STATUS[state],
        statusReason=to_reason(receipt) if receipt is not None and refused else None,
        received=communication.received if answered is None else to_fhir_time(answered, _OSLO),
    )

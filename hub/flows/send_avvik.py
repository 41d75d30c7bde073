"""A person finds that a message we answered with OK cannot be handled → the DIALOG_AVVIK to its sender, once.

Source: HIS 1151, apprec.md ("`DIALOG_AVVIK` is also the only way to take back a positive receipt").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.emessage import msghead
from hub.emessage.codes.avvik_8117 import AVVIK
from hub.emessage.envelope import Party
from hub.emessage.read import Reading, read_message
from hub.emessage.table_build import render
from hub.fhir.models.r4.communication import Communication, CommunicationPayload
from hub.fhir.models.r4.datatypes import CodeableConcept, Extension, Identifier, Reference
from hub.fhir.requests import fhir_instant
from hub.flows.list_messages import patient_of_import
from hub.flows.queue_message import Way, new_row, queue_message
from hub.flows.replay_message import find_arrival
from hub.flows.store_draft import Desk
from hub.mapping import urls
from hub.mapping.avvik import TYPE, Notice, to_avvik
from hub.mapping.fhir_parts import concept
from hub.mapping.organisation import her_id
from hub.ports import MessageRow, RawMessage, Unit

_TEXT_AT_MOST: Final = 4000
_MANY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it. Shape: `msg_id` of the notice, "" when none was made; `text` says so, or why not."""

    msg_id: str
    text: str
    patient_id: str = ""


def send_avvik(unit: Unit, desk: Desk, name: str, notice: Notice, processing: str) -> Sent:
    """A claim id or MsgId and why the message cannot be handled → the notice in the outbox."""
    tenant = desk.actor.tenant_id
    raw = find_arrival(unit, tenant, name)
    reading = read_message(raw.raw) if raw is not None else None
    fault = _fault(raw, reading, notice)
    if fault or raw is None or reading is None or reading.message is None:
        return Sent("", fault or "It is no message with an envelope.")
    ours = _ours(unit, tenant, reading)
    if ours is None or reading.envelope is None or reading.envelope.sender is None:
        return Sent("", "No receiver of the message is a service of this hub any more.")
    patient_id = patient_of_import(unit, tenant, unit.inbox.import_of(tenant, raw.claim_id))
    earlier = unit.messages.of_patient(tenant, patient_id, _MANY)
    if any(row.type == TYPE and row.sent_for == raw.claim_id for row in earlier):
        return Sent("", "An avvik about it went out already.")
    msg_id, now = desk.new_id(), desk.setting.at
    bytes_ = render(to_avvik(reading.message, ours, notice, msg_id, now, processing))
    row = new_row(
        *(tenant, msg_id, TYPE, Way(_lower(ours), _her(reading.envelope.sender)), bytes_, now),
        sent_for=raw.claim_id,
        patient_id=patient_id,
        communication_id=desk.new_id(),
    )
    desk.create(unit.fhir, _communication(row, notice, reading, desk), row.communication_id)
    queue_message(unit, row, raw.received)
    return Sent(msg_id, "Queued.", patient_id)


def _fault(raw: RawMessage | None, reading: Reading | None, notice: Notice) -> str:
    if raw is None:
        return "There is no such message."
    if raw.state != "imported":
        return f"Only what was taken in and answered with OK can be taken back: the message is {raw.state}."
    if reading is None or reading.message is None:
        return "Its bytes cannot be read any more."
    if notice.code not in AVVIK.names:
        return f"The code must be one of {', '.join(f'{c} ({n})' for c, n in AVVIK.names.items())}."
    if not notice.text.strip() or len(notice.text) > _TEXT_AT_MOST:
        return f"The notice needs a text of at most {_TEXT_AT_MOST} characters."
    if not notice.contact.strip():
        return "The notice needs a professional to ask: name one with --contact."
    return ""


def _ours(unit: Unit, tenant: int, reading: Reading) -> msghead.Organisation | None:
    """Which of the receivers is our service: it is the sender of the notice."""
    assert reading.message is not None
    info = reading.message.msg_info
    own = {party.service.service.value for party in unit.own_services(tenant)}
    others = (o.organisation for o in info.other_receiver if o.organisation is not None)
    return next((o for o in (info.receiver.organisation, *others) if _lower(o) in own), None)


def _lower(organisation: msghead.Organisation) -> str:
    inner, person = organisation.organisation, organisation.healthcare_professional
    idents = inner.ident if inner is not None else person.ident if person is not None else ()
    return her_id(idents) or ""


def _her(party: Party) -> str:
    found = party.unit_her_id or party.her_id
    return found.value if found is not None else ""


def _communication(row: MessageRow, notice: Notice, reading: Reading, desk: Desk) -> Communication:
    assert reading.envelope is not None
    about = f"urn:uuid:{reading.envelope.msg_id.strip().lower()}"
    return Communication(
        extension=(Extension(url=urls.DELIVERY_STATE, valueCode=row.state),),
        identifier=(Identifier(system=urls.URI_SYSTEM, value=f"urn:uuid:{row.msg_id}"),),
        inResponseTo=(Reference(identifier=Identifier(system=urls.URI_SYSTEM, value=about)),),
        status="preparation",
        category=(concept(urls.MESSAGE_TYPES, TYPE, "Tilbakemelding om feil i mottatt melding"),),
        subject=Reference(reference=f"Patient/{row.patient_id}") if row.patient_id else None,
        topic=CodeableConcept(text=AVVIK.names[notice.code]),
        sent=fhir_instant(desk.setting.at),
        sender=_party(row.sender_her),
        recipient=(_party(row.receiver_her),),
        payload=(CommunicationPayload(contentString=notice.text.strip()),),
    )


def _party(her: str) -> Reference:
    return Reference(type="Organization", identifier=Identifier(system=urls.HER, value=her))

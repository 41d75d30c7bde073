"""A Communication that never was a message, with what it points to → a record that a dialogue message is written from.

It is completed with what a message must tell and a person need not: our own service in two levels, the receiver in two
levels, the number and time of the message, whom to call, and whom we wish to reach.
Source: HIS 1077, HIS 1206, HIS 1152; hodemelding.md (two-level addressing); dialogmelding.md ("Rules").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.codes.processing_status_8113 import PROCESSING_STATUS
from hub.emessage.codes.profession_9060 import PROFESSION
from hub.emessage.codes.role_to_patient_9034 import ROLE_TO_PATIENT
from hub.emessage.datatypes import CS, FormattedText
from hub.fhir.models.r4.communication import Communication, CommunicationPayload
from hub.fhir.models.r4.datatypes import (
    ContactPoint,
    Extension,
    HumanName,
    Identifier,
    Meta,
    Reference,
)
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.practitioner import Practitioner, PractitionerQualification
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.mapping import urls
from hub.mapping.codes import to_coding, to_concept
from hub.mapping.fhir_parts import extension
from hub.mapping.formatted_text import to_text
from hub.mapping.fresh_dialogue import (
    ANSWER,
    HELSEFAGLIG,
    NOTE,
    QUESTION,
    STATUS,
    ask,
    copy_question,
    questions_of,
    to_theme,
    to_words,
)
from hub.mapping.fresh_plo.kinds import KINDS
from hub.mapping.gp import GpReceiver
from hub.mapping.message_urls import MIDDLE_NAME, NOTE_PARTICIPANT, RECEIPT_WANTED
from hub.mapping.own_party import OwnParty
from hub.mapping.record import Record
from hub.mapping.sent_message import first_of, message_number, parent_of
from hub.mapping.sent_times import sent_time
from hub.mapping.times import oslo

OWN: Final = "own/service"
_ENTITY: Final = "own/entity"
RECEIVER: Final = "receiver/party"
_OFFICE: Final = "receiver/entity"
_PERSON: Final = "receiver/person"
_WANTED: Final = "receiver/wanted"
_CONTACT: Final = "own/contact"
REFERRAL: Final = "HENVISNING_NYTILSTAND"
DISCHARGE: Final = "EPIKRISE"
LETTERS: Final = frozenset({REFERRAL, DISCHARGE})
"""Types whose content stands in a ServiceRequest or a Composition that the Communication points to."""
PLO: Final = frozenset(KINDS)
"""Types whose content stands in a Composition, and in the stay it is about."""
SENDABLE: Final = LETTERS | PLO | {HELSEFAGLIG, STATUS, QUESTION, ANSWER, NOTE}
"""Types a person may send by writing a Communication; a notice of a faulty message goes by its own command."""
DIALOGUE: Final = frozenset({HELSEFAGLIG, STATUS, QUESTION, ANSWER, NOTE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What a message is made of.

    Shape: `receiver` is the party to write to, or None when `earlier` (the message that is answered) tells it;
    `resources` are those the Communication points to, by reference; `text` the words with what stands below them.
    """

    communication: Communication
    sender: OwnParty
    receiver: GpReceiver | None
    earlier: Communication | None
    resources: dict[str, Any] = field(default_factory=dict[str, Any])
    text: FormattedText = field(default_factory=FormattedText)
    processing: str = "P"


def wants_sending(communication: Communication) -> bool:
    """A stored Communication → whether a person asks the hub to send it as a message, also one that it cannot send."""
    sent = extension(communication.extension, urls.DELIVERY_STATE) is not None
    return communication.status == "preparation" and not sent and message_type(communication) != ""


def message_type(communication: Communication) -> str:
    """A Communication → its message type of list 8279, "" when it names none."""
    codings = (c for concept in communication.category for c in concept.coding)
    return next((c.code or "" for c in codings if c.system == urls.MESSAGE_TYPES), "")


def to_record(fresh: Fresh, msg_id: str, now: datetime) -> Record:
    """Everything a message is made of, its number and time → the record it is written from."""
    told, kind = fresh.communication, message_type(fresh.communication)
    resources = dict(fresh.resources) | _own(fresh.sender)
    contained, recipient = told.contained, Reference(reference=RECEIVER)
    if fresh.receiver is not None:
        resources |= _receiver(fresh.receiver)
    elif fresh.earlier is not None and fresh.earlier.sender is not None:
        contained = (*contained, *fresh.earlier.contained)
        recipient = fresh.earlier.sender
    text, narrative = to_text(fresh.text)
    topic, based_on = told.topic, told.basedOn
    parts = tuple(p for p in told.payload if p.contentReference is not None)
    if kind in DIALOGUE:
        topic, text = to_theme(told, kind, fresh.earlier), to_words(told, kind, text)
    if kind == ANSWER:
        based_on = copy_question(fresh.earlier, resources)
    if kind == QUESTION:
        parts, narrative = _asking(told, resources, fresh), None
    sent, beside = sent_time(now.astimezone(oslo()).isoformat(timespec="seconds"))
    wanted = to_concept(CS(v="J", dn="Ja"), "7304")
    message = replace(
        told,
        meta=Meta(
            tag=tuple(c for c in (to_coding(PROCESSING_STATUS.cs(fresh.processing), "8113"),) if c)
        ),
        text=narrative,
        contained=contained,
        extension=(
            *told.extension,
            *((Extension(url=RECEIPT_WANTED, valueCodeableConcept=wanted),) if wanted else ()),
            *_participants(told, kind, resources, fresh),
        ),
        identifier=(
            message_number(msg_id),
            *(i for i in told.identifier if i.system != urls.URI_SYSTEM),
        ),
        basedOn=based_on,
        partOf=first_of(fresh.earlier),
        inResponseTo=parent_of(fresh.earlier),
        category=tuple(c for c in (to_concept(MESSAGE_FUNCTION.cs(kind), "8279"),) if c),
        topic=topic,
        sent=sent,
        sent_ext=beside,
        sender=Reference(reference=OWN),
        recipient=(recipient,),
        payload=(*((CommunicationPayload(contentString=text),) if text else ()), *parts),
    )
    return Record(resources | {"message": message}, "message")


def _asking(
    told: Communication, resources: dict[str, Any], fresh: Fresh
) -> tuple[CommunicationPayload, ...]:
    """A Communication that asks → its questions, then what goes along."""
    contact = _contact(resources, fresh)
    own = questions_of(told)
    asked = ask(told, resources, fresh.text.plain, contact)
    others = (p for p in told.payload if p.contentReference and p.contentReference not in own)
    return (*(CommunicationPayload(contentReference=r) for r in asked), *others)


def _her(value: str) -> Identifier:
    return Identifier(system=urls.HER, value=value)


def _own(party: OwnParty) -> dict[str, Any]:
    phone = (ContactPoint(system="phone", value=party.phone, use="work"),) if party.phone else ()
    entity = Organization(
        identifier=(_her(party.organisation_her_id),), name=party.organisation_name
    )
    service = Organization(
        identifier=(_her(party.service_her_id),),
        name=party.service_name,
        telecom=phone,
        partOf=Reference(reference=_ENTITY),
    )
    return {_ENTITY: entity, OWN: service}


def _receiver(party: GpReceiver) -> dict[str, Any]:
    office = Organization(
        identifier=(_her(party.organisation_her_id),), name=party.organisation_name
    )
    if party.person is None:
        service = Organization(
            identifier=(_her(party.party_her_id),),
            name=party.party_name,
            partOf=Reference(reference=_OFFICE),
        )
        return {_OFFICE: office, RECEIVER: service}
    hpr = (Identifier(system=urls.HPR, value=party.hpr),) if party.hpr else ()
    person = _doctor(party, (_her(party.party_her_id), *hpr))
    role = PractitionerRole(
        practitioner=Reference(reference=_PERSON), organization=Reference(reference=_OFFICE)
    )
    return {_OFFICE: office, _PERSON: person, RECEIVER: role}


def _doctor(party: GpReceiver | None, identifiers: tuple[Identifier, ...] = ()) -> Practitioner:
    name = party.person if party is not None else None
    category = to_concept(PROFESSION.cs("LE"), "9060")
    middle = Extension(url=MIDDLE_NAME, valueString=name.middle) if name and name.middle else None
    told = HumanName(
        extension=(middle,) if middle else (),
        family=name.family or None,
        given=(name.given,) if name.given else (),
    ) if name else None  # fmt: skip
    return Practitioner(
        identifier=identifiers,
        name=(told,) if told else (),
        qualification=(PractitionerQualification(code=category),) if category else (),
    )


def _participants(
    told: Communication, kind: str, resources: dict[str, Any], fresh: Fresh
) -> tuple[Extension, ...]:
    """Whom to call and, when a dialogue begins, whom we wish to reach; nothing when the writer has said so."""
    written = extension(told.extension, NOTE_PARTICIPANT) is not None
    if written or kind == QUESTION or kind in PLO:
        return ()
    # Who has judged a referral is a professional with a name and a phone (HIS 1206), like anybody in the old format
    found = (
        [_participant("21", "unit", OWN)] if kind == HELSEFAGLIG else [_contact(resources, fresh)]
    )
    if kind == HELSEFAGLIG and fresh.earlier is None:
        resources["receiver/wanted-person"] = _doctor(fresh.receiver)
        role = to_concept(ROLE_TO_PATIENT.cv("24"))
        resources[_WANTED] = PractitionerRole(
            practitioner=Reference(reference="receiver/wanted-person"),
            code=(role,) if role else (),
        )
        found.append(_participant("24", "actor", _WANTED))
    return tuple(found)


def _participant(role: str, name: str, where: str) -> Extension:
    relation = to_concept(ROLE_TO_PATIENT.cv(role))
    link = Extension(url=name, valueReference=Reference(reference=where))
    said = Extension(url="relation", valueCodeableConcept=relation)
    return Extension(url=NOTE_PARTICIPANT, extension=(said, link))


def _contact(resources: dict[str, Any], fresh: Fresh) -> Extension:
    """Where a professional is to be called and none is named, the service stands as one, with its name and phone."""
    service: Organization = resources[OWN]
    resources["own/contact-person"] = Practitioner(
        name=(HumanName(family=fresh.sender.service_name),)
    )
    resources[_CONTACT] = PractitionerRole(
        practitioner=Reference(reference="own/contact-person"), telecom=service.telecom
    )
    return _participant("21", "actor", _CONTACT)

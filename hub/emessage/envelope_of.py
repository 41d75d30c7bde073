"""A MsgHead as read → its Envelope: what `envelope_read.py` finds in the same document, without looking at it again.

Source: HIS 80601:2006 (MsgHead).
"""

from __future__ import annotations

from hub.emessage import xml
from hub.emessage.datatypes import CS, CV
from hub.emessage.envelope import Addressee, Envelope, EnvelopePatient, Identifier, Party, Unit
from hub.emessage.msghead import HealthcareProfessional, Ident, MsgHead, Organisation, Patient
from hub.emessage.remembered import remembered


def envelope_of(message: MsgHead, payload: str) -> Envelope:
    """A MsgHead and the tag of its payload → the Envelope."""
    info = message.msg_info
    earlier = info.conversation_ref
    return Envelope(
        root="MsgHead",
        namespace=xml.namespace(payload),
        payload_name=xml.local_name(payload),
        type=_v(info.type),
        type_name=_dn(info.type),
        msg_id=info.msg_id.strip(),
        gen_date=info.gen_date.strip(),
        sender=_party(info.sender.organisation),
        receivers=(
            Addressee(_party(info.receiver.organisation), "PRIM"),
            *(
                Addressee(_party(other.organisation), _v(other.role_receiver))
                for other in info.other_receiver
                if other.organisation is not None
            ),
        ),
        patient=_patient(info.patient) if info.patient is not None else None,
        parent=_text(earlier.ref_to_parent) if earlier is not None else "",
        conversation=_text(earlier.ref_to_conversation) if earlier is not None else "",
        processing_status=_v(info.processing_status),
    )


def _text(value: str | None) -> str:
    return value.strip() if value is not None else ""


def _v(code: CS | CV | None) -> str:
    return code.v if code is not None and code.v is not None else ""


def _dn(code: CS | CV) -> str:
    return _text(code.dn)


@remembered
def _party(organisation: Organisation) -> Party:
    inner, person = organisation.organisation, organisation.healthcare_professional
    unit = None
    # An empty inner Organisation beside a person who has the number is how some systems write a doctor's office
    if inner is not None and (inner.ident or person is None):
        unit = Unit("service", _text(inner.organisation_name), _idents(inner.ident))
    elif person is not None:
        unit = Unit("person", _name(person), _idents(person.ident))
    return Party(_text(organisation.organisation_name), _idents(organisation.ident), unit)


def _name(person: HealthcareProfessional) -> str:
    parts = (person.given_name, person.middle_name, person.family_name)
    return " ".join(part for part in map(_text, parts) if part)


def _idents(idents: tuple[Ident, ...]) -> tuple[Identifier, ...]:
    return tuple([Identifier(i.id.strip(), _v(i.type_id), _dn(i.type_id)) for i in idents])


def _patient(patient: Patient) -> EnvelopePatient:
    return EnvelopePatient(
        family_name=_text(patient.family_name),
        middle_name=_text(patient.middle_name),
        given_name=_text(patient.given_name),
        date_of_birth=_text(patient.date_of_birth),
        sex=_v(patient.sex),
        identifiers=_idents(patient.ident),
    )

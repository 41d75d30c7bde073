"""Root Element → Envelope, leniently: for MsgHead, Message (Epikrise and Henvisning 1.x) and AppRec.

The same reader serves valid and schema-invalid messages, so that a rejection can be addressed when the sender can be
made out. It trusts nothing: what it finds is text.
Source: HIS 80601:2006 (MsgHead), HIS 80226 and HIS 80517 (Message), HIS 80415 (AppRec).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from hub.emessage import namespaces as ns
from hub.emessage import xml
from hub.emessage.envelope import Addressee, Envelope, EnvelopePatient, Identifier, Party, Unit
from hub.emessage.xml import Element


def read_envelope(root: Element) -> Envelope | None:
    """The root Element of a document → its Envelope, or None when it is no message root that we know."""
    reader = _ROOTS.get(root.tag)
    return reader(root) if reader is not None else None


# Reading by local names of one namespace


def _child(element: Element | None, name: str) -> Element | None:
    if element is None:
        return None
    tag = f"{{{xml.namespace(element.tag)}}}{name}"
    return next((child for child in element if child.tag == tag), None)


def _children(element: Element | None, name: str) -> Iterator[Element]:
    if element is None:
        return
    tag = f"{{{xml.namespace(element.tag)}}}{name}"
    for child in element:
        if child.tag == tag:
            yield child


def _text(element: Element | None, name: str) -> str:
    found = _child(element, name)
    return (found.text or "").strip() if found is not None else ""


def _v(element: Element | None, name: str, attribute: str = "V") -> str:
    found = _child(element, name)
    return dict(found.items()).get(attribute, "").strip() if found is not None else ""


# MsgHead


def _of_msg_head(root: Element) -> Envelope:
    info = _child(root, "MsgInfo")
    receiver = _organisation_party(_child(_child(info, "Receiver"), "Organisation"))
    reference = _child(info, "ConversationRef")
    payload = _payload(root)
    return Envelope(
        root="MsgHead",
        namespace=xml.namespace(payload.tag) if payload is not None else "",
        payload_name=xml.local_name(payload.tag) if payload is not None else "",
        type=_v(info, "Type"),
        type_name=_v(info, "Type", "DN"),
        msg_id=_text(info, "MsgId"),
        gen_date=_text(info, "GenDate"),
        sender=_organisation_party(_child(_child(info, "Sender"), "Organisation")),
        receivers=(
            *((Addressee(receiver, "PRIM"),) if receiver is not None else ()),
            *_other_receivers(info),
        ),
        patient=_patient_of_msg_head(_child(info, "Patient")),
        parent=_text(reference, "RefToParent"),
        conversation=_text(reference, "RefToConversation"),
        processing_status=_v(info, "ProcessingStatus"),
    )


def _payload(root: Element) -> Element | None:
    content = _child(_child(_child(root, "Document"), "RefDoc"), "Content")
    return next(iter(content), None) if content is not None else None


def _other_receivers(info: Element | None) -> Iterator[Addressee]:
    for other in _children(info, "OtherReceiver"):
        party = _organisation_party(_child(other, "Organisation"))
        if party is not None:
            yield Addressee(party, _v(other, "RoleReceiver"))


def _organisation_party(organisation: Element | None) -> Party | None:
    """Mirroring needs the inner service; a professional beside it signs and is no address (HIS 80415)."""
    if organisation is None:
        return None
    inner, person = (
        _child(organisation, "Organisation"),
        _child(organisation, "HealthcareProfessional"),
    )
    unit = None
    if inner is not None:
        unit = Unit("service", _text(inner, "OrganisationName"), _idents(inner))
    elif person is not None:
        unit = Unit("person", _person_name(person), _idents(person))
    return Party(_text(organisation, "OrganisationName"), _idents(organisation), unit)


def _person_name(person: Element) -> str:
    parts = (_text(person, name) for name in ("GivenName", "MiddleName", "FamilyName"))
    return " ".join(part for part in parts if part)


def _idents(element: Element) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(_text(ident, "Id"), _v(ident, "TypeId"), _v(ident, "TypeId", "DN"))
        for ident in _children(element, "Ident")
    )


def _patient_of_msg_head(patient: Element | None) -> EnvelopePatient | None:
    if patient is None:
        return None
    return EnvelopePatient(
        family_name=_text(patient, "FamilyName"),
        middle_name=_text(patient, "MiddleName"),
        given_name=_text(patient, "GivenName"),
        date_of_birth=_text(patient, "DateOfBirth"),
        sex=_v(patient, "Sex"),
        identifiers=_idents(patient),
    )


# Message (Epikrise 1.x, Henvisning 1.x) and AppRec: parties as HCP


def _of_message(body: str, sender: str, receiver: str) -> Callable[[Element], Envelope]:
    """The names of the body, the sender and the primary receiver → the reader of such a Message."""

    def read(root: Element) -> Envelope:
        inner = _child(root, body)
        primary = _hcp_party(_child(_child(inner, receiver), "HCP"))
        copies = (_hcp_party(_child(copy, "HCP")) for copy in _children(inner, "CopyDest"))
        return Envelope(
            root="Message",
            namespace=xml.namespace(root.tag),
            payload_name="Message",
            type=_v(root, "Type"),
            type_name=_v(root, "Type", "DN"),
            msg_id=_text(root, "MsgId"),
            gen_date=_v(root, "GenDate"),
            sender=_hcp_party(_child(_child(inner, sender), "HCP")),
            receivers=(
                *((Addressee(primary, "PRIM"),) if primary is not None else ()),
                *(Addressee(copy, "COP") for copy in copies if copy is not None),
            ),
            patient=_patient_of_message(_child(inner, "Patient")),
        )

    return read


def _hcp_party(hcp: Element | None) -> Party | None:
    inst, professional = _child(hcp, "Inst"), _child(hcp, "HCProf")
    if inst is not None:
        dept, person = _child(inst, "Dept"), _child(inst, "HCPerson")
        unit = None
        if dept is not None:
            unit = Unit("service", _text(dept, "Name"), _hcp_identifiers(dept))
        elif person is not None:
            unit = Unit("person", _text(person, "Name"), _hcp_identifiers(person))
        return Party(_text(inst, "Name"), _hcp_identifiers(inst), unit)
    if professional is not None:
        return Party(
            "", (), Unit("person", _text(professional, "Name"), _hcp_identifiers(professional))
        )
    return None


def _hcp_identifiers(element: Element) -> tuple[Identifier, ...]:
    first = Identifier(_text(element, "Id"), _v(element, "TypeId"), _v(element, "TypeId", "DN"))
    more = tuple(
        Identifier(_text(other, "Id"), _v(other, "Type"), _v(other, "Type", "DN"))
        for other in _children(element, "AdditionalId")
    )
    return ((first,) if first.value else ()) + more


def _patient_of_message(patient: Element | None) -> EnvelopePatient | None:
    """Name is one string with the family name first, "Danser, Line"."""
    if patient is None:
        return None
    family, _, given = _text(patient, "Name").partition(",")
    first = Identifier(
        _text(patient, "OffId"), _v(patient, "TypeOffId"), _v(patient, "TypeOffId", "DN")
    )
    return EnvelopePatient(
        family_name=family.strip(),
        given_name=given.strip(),
        date_of_birth=_v(patient, "DateOfBirth"),
        sex=_v(patient, "Sex"),
        identifiers=((first,) if first.value else ())
        + tuple(
            Identifier(_text(other, "Id"), _v(other, "Type"), _v(other, "Type", "DN"))
            for other in _children(patient, "AdditionalId")
        ),
    )


def _of_app_rec(root: Element) -> Envelope:
    receiver = _hcp_party(_child(_child(root, "Receiver"), "HCP"))
    return Envelope(
        root="AppRec",
        namespace=xml.namespace(root.tag),
        payload_name="AppRec",
        type="APPREC",
        type_name="Applikasjonskvittering",
        msg_id=_text(root, "Id"),
        gen_date=_text(root, "GenDate"),
        sender=_hcp_party(_child(_child(root, "Sender"), "HCP")),
        receivers=(Addressee(receiver, "PRIM"),) if receiver is not None else (),
        parent=_text(_child(root, "OriginalMsgId"), "Id"),
    )


_EPIKRISE: Final = _of_message("ServRprt", sender="ServProvider", receiver="Requester")
_HENVISNING: Final = _of_message("ServReq", sender="Requester", receiver="ServProvider")
_ROOTS: Final[dict[str, Callable[[Element], Envelope]]] = {
    f"{{{ns.MSGHEAD}}}MsgHead": _of_msg_head,
    f"{{{ns.EPIKRISE_1_1}}}Message": _EPIKRISE,
    f"{{{ns.EPIKRISE_1_2}}}Message": _EPIKRISE,
    f"{{{ns.HENVISNING_1_0}}}Message": _HENVISNING,
    f"{{{ns.HENVISNING_1_1}}}Message": _HENVISNING,
    f"{{{ns.APPREC_1_0}}}AppRec": _of_app_rec,
    f"{{{ns.APPREC_1_1}}}AppRec": _of_app_rec,
}

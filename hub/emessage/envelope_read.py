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
from hub.emessage.simple_types import collapse
from hub.emessage.xml import Element


def read_envelope(root: Element) -> Envelope | None:
    """The root Element of a document → its Envelope, or None when it is no message root that we know."""
    reader = _ROOTS.get(root.tag) or _of_its_kind(root)
    return reader(_View(root, f"{{{xml.namespace(root.tag)}}}")) if reader is not None else None


def _of_its_kind(root: Element) -> Callable[[_View], Envelope] | None:
    """A letter of a version or type that no table knows → the reader of its kind, so that its sender can be told so (T10).

    Answers of laboratories and their requisitions have the envelope of an Epikrise or a Henvisning.
    """
    space = xml.namespace(root.tag)
    if xml.local_name(root.tag) != "Message" or not space.startswith(_LETTER_SPACES):
        return None
    names = {child.tag for child in root}
    return next((reader for name, reader in _BODIES if f"{{{space}}}{name}" in names), None)


def payload_element(root: Element) -> Element | None:
    """The root Element of a message → what its type speaks of: the payload of a MsgHead, else the root itself."""
    if root.tag != _MSG_HEAD:
        return root
    element: Element | None = root
    for tag in _TO_PAYLOAD:
        if element is not None:
            element = next((child for child in element if child.tag == tag), None)
    return next(iter(element), None) if element is not None else None


_MSG_HEAD: Final = f"{{{ns.MSGHEAD}}}MsgHead"
_TO_PAYLOAD: Final = tuple(f"{{{ns.MSGHEAD}}}{name}" for name in ("Document", "RefDoc", "Content"))


# Reading by local names of one namespace


class _View:
    """One element with the first child of each name: every child is looked at once; an absent element is empty."""

    __slots__ = ("children", "element", "prefix")

    def __init__(self, element: Element | None, prefix: str) -> None:
        """An Element, or None when it is missing, and "{namespace}" → its view."""
        self.element = element
        self.prefix = prefix
        self.children: dict[str, Element] = {}
        if element is not None:
            for child in element:
                self.children.setdefault(child.tag, child)

    def __bool__(self) -> bool:
        """Whether the element is there."""
        return self.element is not None

    def child(self, name: str) -> _View:
        """A name → the view of the first such child."""
        return _View(self.children.get(self.prefix + name), self.prefix)

    def all(self, name: str) -> Iterator[_View]:
        """A name → the views of all such children."""
        tag = self.prefix + name
        if self.element is not None and tag in self.children:
            for child in self.element:
                if child.tag == tag:
                    yield _View(child, self.prefix)

    def text(self, name: str) -> str:
        """A name → the text of the first such child, "" when there is none."""
        found = self.children.get(self.prefix + name)
        return (found.text or "").strip() if found is not None else ""

    def v(self, name: str, attribute: str = "V") -> str:
        """A name → an attribute of the first such child, "" when there is none."""
        found = self.children.get(self.prefix + name)
        if found is not None:
            for key, value in found.items():
                if key == attribute:
                    return collapse(value) if key == "V" else value.strip()
        return ""


def _identifier(view: _View, value: str, type_: str) -> Identifier:
    return Identifier(view.text(value), view.v(type_), view.v(type_, "DN"))


# MsgHead


def _of_msg_head(root: _View) -> Envelope:
    info = root.child("MsgInfo")
    receiver = _organisation_party(info.child("Receiver").child("Organisation"))
    reference = info.child("ConversationRef")
    payload = payload_element(root.element) if root.element is not None else None
    return Envelope(
        root="MsgHead",
        namespace=xml.namespace(payload.tag) if payload is not None else "",
        payload_name=xml.local_name(payload.tag) if payload is not None else "",
        type=info.v("Type"),
        type_name=info.v("Type", "DN"),
        msg_id=info.text("MsgId"),
        gen_date=info.text("GenDate"),
        sender=_organisation_party(info.child("Sender").child("Organisation")),
        receivers=(
            *((Addressee(receiver, "PRIM"),) if receiver is not None else ()),
            *_other_receivers(info),
        ),
        patient=_patient_of_msg_head(info.child("Patient")),
        parent=reference.text("RefToParent"),
        conversation=reference.text("RefToConversation"),
        processing_status=info.v("ProcessingStatus"),
    )


def _other_receivers(info: _View) -> Iterator[Addressee]:
    for other in info.all("OtherReceiver"):
        party = _organisation_party(other.child("Organisation"))
        if party is not None:
            yield Addressee(party, other.v("RoleReceiver"))


def _organisation_party(organisation: _View) -> Party | None:
    """Mirroring needs the inner service; a professional beside it signs and is no address (HIS 80415).

    A service without identifiers is none: then the professional is the address.
    """
    if not organisation:
        return None
    inner, person = (
        organisation.child("Organisation"),
        organisation.child("HealthcareProfessional"),
    )
    unit = None
    if inner and (_idents(inner) or not person):
        unit = Unit("service", inner.text("OrganisationName"), _idents(inner))
    elif person:
        unit = Unit("person", _person_name(person), _idents(person))
    return Party(organisation.text("OrganisationName"), _idents(organisation), unit)


def _person_name(person: _View) -> str:
    parts = (person.text(name) for name in ("GivenName", "MiddleName", "FamilyName"))
    return " ".join(part for part in parts if part)


def _idents(element: _View) -> tuple[Identifier, ...]:
    return tuple(_identifier(ident, "Id", "TypeId") for ident in element.all("Ident"))


def _patient_of_msg_head(patient: _View) -> EnvelopePatient | None:
    if not patient:
        return None
    return EnvelopePatient(
        family_name=patient.text("FamilyName"),
        middle_name=patient.text("MiddleName"),
        given_name=patient.text("GivenName"),
        date_of_birth=patient.text("DateOfBirth"),
        sex=patient.v("Sex"),
        identifiers=_idents(patient),
    )


# Message (Epikrise 1.x, Henvisning 1.x) and AppRec: parties as HCP


def _of_message(body: str, sender: str, receiver: str) -> Callable[[_View], Envelope]:
    """The names of the body, the sender and the primary receiver → the reader of such a Message."""

    def read(root: _View) -> Envelope:
        inner = root.child(body)
        primary = _hcp_party(inner.child(receiver).child("HCP"))
        copies = (_hcp_party(copy.child("HCP")) for copy in inner.all("CopyDest"))
        return Envelope(
            root="Message",
            namespace=root.prefix[1:-1],
            payload_name="Message",
            type=root.v("Type"),
            type_name=root.v("Type", "DN"),
            msg_id=root.text("MsgId"),
            gen_date=root.v("GenDate"),
            sender=_hcp_party(inner.child(sender).child("HCP")),
            receivers=(
                *((Addressee(primary, "PRIM"),) if primary is not None else ()),
                *(Addressee(copy, "COP") for copy in copies if copy is not None),
            ),
            patient=_patient_of_message(inner.child("Patient")),
        )

    return read


def _hcp_party(hcp: _View) -> Party | None:
    inst, professional = hcp.child("Inst"), hcp.child("HCProf")
    if inst:
        dept, person = inst.child("Dept"), inst.child("HCPerson")
        unit = None
        if dept and (_hcp_identifiers(dept) or not person):
            unit = Unit("service", dept.text("Name"), _hcp_identifiers(dept))
        elif person:
            unit = Unit("person", person.text("Name"), _hcp_identifiers(person))
        return Party(inst.text("Name"), _hcp_identifiers(inst), unit)
    if professional:
        return Party(
            "", (), Unit("person", professional.text("Name"), _hcp_identifiers(professional))
        )
    return None


def _hcp_identifiers(element: _View) -> tuple[Identifier, ...]:
    first = _identifier(element, "Id", "TypeId")
    more = tuple(_identifier(other, "Id", "Type") for other in element.all("AdditionalId"))
    return ((first,) if first.value else ()) + more


def _patient_of_message(patient: _View) -> EnvelopePatient | None:
    """Name is one string with the family name first, "Danser, Line"."""
    if not patient:
        return None
    family, _, given = patient.text("Name").partition(",")
    first = Identifier(patient.text("OffId"), patient.v("TypeOffId"), patient.v("TypeOffId", "DN"))
    return EnvelopePatient(
        family_name=family.strip(),
        given_name=given.strip(),
        date_of_birth=patient.v("DateOfBirth"),
        sex=patient.v("Sex"),
        identifiers=((first,) if first.value else ())
        + tuple(_identifier(other, "Id", "Type") for other in patient.all("AdditionalId")),
    )


def _of_app_rec(root: _View) -> Envelope:
    receiver = _hcp_party(root.child("Receiver").child("HCP"))
    return Envelope(
        root="AppRec",
        namespace=root.prefix[1:-1],
        payload_name="AppRec",
        type="APPREC",
        type_name="Applikasjonskvittering",
        msg_id=root.text("Id"),
        gen_date=root.text("GenDate"),
        sender=_hcp_party(root.child("Sender").child("HCP")),
        receivers=(Addressee(receiver, "PRIM"),) if receiver is not None else (),
        parent=root.child("OriginalMsgId").text("Id"),
    )


_EPIKRISE: Final = _of_message("ServRprt", sender="ServProvider", receiver="Requester")
_HENVISNING: Final = _of_message("ServReq", sender="Requester", receiver="ServProvider")
_BODIES: Final = (("ServRprt", _EPIKRISE), ("ServReq", _HENVISNING))
_LETTER_SPACES: Final = ("http://www.kith.no/xmlstds/", "http://ehelse.no/xmlstds/")
_ROOTS: Final[dict[str, Callable[[_View], Envelope]]] = {
    _MSG_HEAD: _of_msg_head,
    f"{{{ns.EPIKRISE_1_1}}}Message": _EPIKRISE,
    f"{{{ns.EPIKRISE_1_2}}}Message": _EPIKRISE,
    f"{{{ns.HENVISNING_1_0}}}Message": _HENVISNING,
    f"{{{ns.HENVISNING_1_1}}}Message": _HENVISNING,
    f"{{{ns.APPREC_1_0}}}AppRec": _of_app_rec,
    f"{{{ns.APPREC_1_1}}}AppRec": _of_app_rec,
}

"""A letter with an envelope of its own (Epikrise, Henvisning 1.x) → the MsgHead that would say the same of it.

Later versions of both standards took this step themselves. Whatever moves messages about knows one envelope; what the
letter says beyond it stays in the payload.
Source: HIS 80226:2014, HIS 80517:2014 and 2017 (from Message to MsgHead), HIS 80601:2006.
"""

from __future__ import annotations

from hub.emessage.attached import Attached
from hub.emessage.codes.document_reference_8114 import DOCUMENT_REFERENCE
from hub.emessage.codes.receiver_role_8112 import RECEIVER_ROLE
from hub.emessage.datatypes import CS, CV
from hub.emessage.envelope import Envelope, EnvelopePatient, Identifier, Party, to_date_time
from hub.emessage.epikrise import Epikrise
from hub.emessage.epikrise import RefDoc as LetterDocument
from hub.emessage.henvisning_1 import HenvisningMessage
from hub.emessage.henvisning_1 import RefDoc as ReferralDocument
from hub.emessage.msghead import (
    ConversationRef,
    Document,
    HealthcareProfessional,
    Ident,
    MsgHead,
    MsgInfo,
    Organisation,
    OtherReceiver,
    Patient,
    Receiver,
    RefDoc,
    Sender,
)
from hub.emessage.payloads import Content
from hub.emessage.table import Edition

Letter = Epikrise | HenvisningMessage


def to_msg_head(letter: Letter, envelope: Envelope, edition: Edition | None) -> MsgHead:
    """A letter, its envelope as read and its edition → a MsgHead with the letter as its payload.

    Shape: the id that a letter keeps over its changes and its cancellation (ServProvId, ServReq/Id) stands as the
    conversation; a RefDoc becomes a further Document.
    """
    primary = next((a.party for a in envelope.receivers if a.role == "PRIM"), None)
    series = series_id(letter)
    return MsgHead(
        msg_info=MsgInfo(
            type=CS(v=envelope.type or None, dn=envelope.type_name or None),
            mig_version="v1.2 2006-05-24",
            gen_date=to_date_time(envelope.gen_date) or "",
            msg_id=envelope.msg_id,
            conversation_ref=ConversationRef(ref_to_parent=series, ref_to_conversation=series)
            if series
            else None,
            sender=Sender(organisation=_organisation(envelope.sender)),
            receiver=Receiver(organisation=_organisation(primary)),
            other_receiver=tuple(
                OtherReceiver(
                    role_receiver=RECEIVER_ROLE.cs(a.role), organisation=_organisation(a.party)
                )
                for a in envelope.receivers
                if a.role != "PRIM"
            ),
            patient=_patient(envelope.patient),
        ),
        document=(_main(letter, edition), *map(_document, _ref_docs(letter))),
    )


def series_id(letter: Letter) -> str | None:
    """A letter → the id that it shares with its changes and its cancellation, or None when it has none."""
    found = letter.serv_rprt.serv_prov_id if isinstance(letter, Epikrise) else letter.serv_req.id
    return (found or "").strip() or None


def _main(letter: Letter, edition: Edition | None) -> Document:
    body = letter.serv_rprt if isinstance(letter, Epikrise) else letter.serv_req
    return Document(
        ref_doc=RefDoc(
            issue_date=body.issue_date,
            msg_type=DOCUMENT_REFERENCE.cs("XML"),
            content=Content((letter,), edition),
        )
    )


def _ref_docs(letter: Letter) -> tuple[LetterDocument | ReferralDocument, ...]:
    return letter.serv_rprt.ref_doc if isinstance(letter, Epikrise) else letter.serv_req.ref_doc


def _document(ref: LetterDocument | ReferralDocument) -> Document:
    content: Attached | None = ref.content
    return Document(
        ref_doc=RefDoc(
            issue_date=ref.issue_date,
            msg_type=ref.msg_type,
            id=ref.id,
            mime_type=ref.mime_type,
            description=ref.description,
            compression=ref.compression,
            file_reference=ref.file_reference,
            content=Content(content.elements) if content is not None else None,
        )
    )


def _organisation(party: Party | None) -> Organisation:
    if party is None:
        return Organisation()
    unit = party.unit
    return Organisation(
        organisation_name=party.name or None,
        ident=_idents(party.identifiers),
        organisation=Organisation(
            organisation_name=unit.name or None, ident=_idents(unit.identifiers)
        )
        if unit is not None and unit.kind == "service"
        else None,
        healthcare_professional=HealthcareProfessional(
            family_name=unit.name or None, ident=_idents(unit.identifiers)
        )
        if unit is not None and unit.kind == "person"
        else None,
    )


def _idents(identifiers: tuple[Identifier, ...]) -> tuple[Ident, ...]:
    return tuple(
        Ident(id=i.value, type_id=CV(v=i.type or None, dn=i.name or None)) for i in identifiers
    )


def _patient(patient: EnvelopePatient | None) -> Patient | None:
    if patient is None:
        return None
    return Patient(
        family_name=patient.family_name or None,
        middle_name=patient.middle_name or None,
        given_name=patient.given_name or None,
        date_of_birth=patient.date_of_birth or None,
        sex=CS(v=patient.sex) if patient.sex else None,
        ident=_idents(patient.identifiers),
    )

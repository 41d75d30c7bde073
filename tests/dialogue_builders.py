"""Dialogue messages of our own for tests: synthetic persons, the parties of tests.message_builders."""

from __future__ import annotations

from typing import Any

from hub.emessage import dialogmelding as v11
from hub.emessage import dialogmelding_1_0 as v10
from hub.emessage.codes.document_reference_8114 import DOCUMENT_REFERENCE
from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.datatypes import CV, Base64Container, text
from hub.emessage.msghead import (
    ConversationRef,
    Document,
    MsgHead,
    MsgInfo,
    Organisation,
    Patient,
    Receiver,
    RefDoc,
    Sender,
)
from hub.emessage.payloads import Content
from tests.message_builders import HOSPITAL, MUNICIPALITY, OID, msg_id, person


def dialogue(
    kind: str,
    payload: Any,
    number: int = 1,
    *,
    follows: tuple[int, int] | None = None,
    sent: str = "2026-03-02T10:15:00",
    sender: Organisation = HOSPITAL,
    patient: Patient | None = None,
    attachments: tuple[Document, ...] = (),
) -> MsgHead:
    """`follows` = (number of the parent, number of the first message of the conversation)."""
    reference = (
        ConversationRef(ref_to_parent=msg_id(follows[0]), ref_to_conversation=msg_id(follows[1]))
        if follows
        else None
    )
    info = MsgInfo(
        type=MESSAGE_FUNCTION.cs(kind),
        mig_version="v1.2 2006-05-24",
        gen_date=sent,
        msg_id=msg_id(number),
        conversation_ref=reference,
        sender=Sender(organisation=sender),
        receiver=Receiver(organisation=MUNICIPALITY),
        patient=patient or person(),
    )
    own = RefDoc(msg_type=DOCUMENT_REFERENCE.cs("XML"), content=Content((payload,)))
    return MsgHead(msg_info=info, document=(Document(ref_doc=own), *attachments))


def attached(data: str, mime_type: str, title: str | None = "Vedlegg til melding") -> Document:
    """`data` is base64."""
    ref_doc = RefDoc(
        msg_type=DOCUMENT_REFERENCE.cs("A"),
        mime_type=mime_type,
        description=title,
        content=Content((Base64Container(data),)),
    )
    return Document(ref_doc=ref_doc)


def asked(words: str = "Hvilke legemidler bruker pasienten?") -> v10.Foresporsel:
    return v10.Foresporsel(
        type_foresp=CV(v="4", s=f"{OID}9152", dn="Legemiddelopplysninger"), sporsmal=words
    )


def question(words: str = "Hvilke legemidler bruker pasienten?") -> v10.Dialogmelding:
    return v10.Dialogmelding(foresporsel=(asked(words),))


def answer(words: str = "Ingen faste legemidler.") -> v10.Dialogmelding:
    note = v10.Notat(
        tema_kodet=CV(v="5", s=f"{OID}9069", dn="Svar på forespørsel"),
        tekst_notat_innhold=text(words),
        foresporsel=asked(),
    )
    return v10.Dialogmelding(notat=(note,))


def helsefaglig(subject: str, words: str) -> v11.Dialogmelding:
    note = v11.Notat(
        tema_kodet=CV(v="6", s=f"{OID}7322", dn="Henvendelse om pasient"),
        tema=subject,
        tekst_notat_innhold=text(words),
    )
    return v11.Dialogmelding(notat=(note,))


def referral_status(code: str, name: str) -> v11.Dialogmelding:
    note = v11.Notat(
        tema_kodet=CV(v=code, s=f"{OID}9148", dn=name),
        tekst_notat_innhold=text("Se vedtaket."),
    )
    return v11.Dialogmelding(notat=(note,))

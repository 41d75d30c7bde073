"""What a document says, and what is wrong with a message that its schema lets through.

Source: emessage/README.md, hodemelding.md (rules 1–9, attachments), apprec.md (E10, E36).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from hub.emessage import message_types
from hub.emessage.apprec import AppRec
from hub.emessage.attached_documents import Attachment, formats_of, read_attachment
from hub.emessage.envelope import Envelope, Root, is_sufficient
from hub.emessage.handling import NO_HANDLING, Handling
from hub.emessage.message_types import AppRecVersion, MessageType
from hub.emessage.msghead import Document, MsgHead
from hub.emessage.payloads import Payload
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.problems import Problem, ProblemCode

_UUID: Final = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")


class Reading(msgspec.Struct, frozen=True):
    """What a document says.

    Shape: `root` is "" when it is no message; `envelope` None when nothing of it could be made out; `message`, `payload`
    and `attachments` are filled for a MsgHead whose type is read here, `app_rec` for a receipt; `handling` for any message
    that can be answered.
    `app_rec_version` is the version that a receipt to this message must have.
    """

    root: Root
    envelope: Envelope | None = None
    message_type: MessageType | None = None
    app_rec_version: AppRecVersion = "1.1"
    message: MsgHead | None = None
    payload: Payload | None = None
    attachments: tuple[Attachment, ...] = ()
    app_rec: AppRec | None = None
    problems: tuple[Problem, ...] = ()
    handling: Handling = NO_HANDLING

    @property
    def fatal(self) -> bool:
        """Whether the message cannot be taken in."""
        return any(problem.fatal for problem in self.problems)


def row_of(envelope: Envelope, handling: Handling) -> tuple[MessageType | None, Envelope]:
    """An envelope and how it is to be handled → its row, and the envelope by the name that the row has.

    Shape: a letter is what its namespace says; so is an emergency referral, which is taken in whatever it calls itself.
    """
    row = message_types.find(envelope.type, envelope.namespace)
    if row is None and handling.emergency:
        row = message_types.find_by_namespace(envelope.namespace)
    if row is None or not row.type or row.type == envelope.type:
        return row, envelope
    stated = (envelope.type, envelope.type_name)
    return row, msgspec.structs.replace(envelope, type=row.type, type_name=row.title, stated=stated)


def judge(message: MsgHead, envelope: Envelope, row: MessageType, handling: Handling) -> Reading:
    """A MsgHead that its schema lets through → the Reading, with what else is wrong."""
    problems: list[Problem] = [*check_id(envelope), *_check_type(envelope)]
    payload = _payload(message, problems)
    if isinstance(payload, Pasientlogistikk) and row.event and getattr(payload, row.event) is None:
        detail = "The message type and the event in the payload do not fit together"
        problems.append(Problem(ProblemCode.FORMAT_FAULT, detail, "/MsgHead/MsgInfo/Type"))
    odd: list[Problem] = []
    formats = formats_of(row.type)
    attachments = tuple(
        attachment
        for number, document in enumerate(message.document[1:], start=2)
        if not _is_pointer(document, envelope)
        and (attachment := read_attachment(document, formats, _where(envelope, number), odd))
        is not None
    )
    # An emergency referral that can be read is taken in, whatever hangs on it
    problems += [] if handling.emergency else odd
    # An emergency referral is taken in whoever the patient is
    if not handling.emergency and not is_sufficient(envelope.patient):
        detail = "The patient is not identified by name with a national identifier, or with birth date and sex"
        problems.append(
            Problem(ProblemCode.PATIENT_INSUFFICIENT, detail, _place_of_patient(envelope))
        )
    return Reading(
        envelope.root,
        envelope,
        row,
        row.app_rec,
        message=message,
        payload=payload,
        attachments=attachments,
        problems=tuple(problems),
        handling=handling,
    )


def _place_of_patient(envelope: Envelope) -> str:
    return "/MsgHead/MsgInfo/Patient" if envelope.root == "MsgHead" else "/Message/*/Patient"


def _where(envelope: Envelope, number: int) -> str:
    if envelope.root == "MsgHead":
        return f"/MsgHead/Document[{number}]"
    return f"/Message/*/RefDoc[{number - 1}]"


def _check_type(envelope: Envelope) -> tuple[Problem, ...]:
    if envelope.stated is None:
        return ()
    detail = "The type that the message names is not that of its namespace"
    return (Problem(ProblemCode.CONTENT_ODD, detail, "/*/Type"),)


def check_id(envelope: Envelope) -> tuple[Problem, ...]:
    """The id of a message → what is wrong with it: it must be a UUID (E10)."""
    if _UUID.fullmatch(envelope.msg_id):
        return ()
    return (Problem(ProblemCode.MESSAGE_ID_INVALID, "The message id is not a UUID", "/*/MsgId"),)


def _payload(message: MsgHead, problems: list[Problem]) -> Payload | None:
    """The first Document is the message, with one payload; a second one would be lost in silence."""
    content = message.document[0].ref_doc.content
    elements = content.elements if content is not None else ()
    if len(elements) > 1:
        detail = "The message has more than one payload"
        problems.append(
            Problem(ProblemCode.FORMAT_FAULT, detail, "/MsgHead/Document[1]/RefDoc/Content")
        )
    return elements[0] if elements else None


def _is_pointer(document: Document, envelope: Envelope) -> bool:
    """A RefDoc of a letter may point at a document that is not there, and often does: nothing is attached."""
    return envelope.root == "Message" and document.ref_doc.content is None

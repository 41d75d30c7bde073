"""Any document of an e-message → what it is, from whom, about whom, and everything that is wrong with it.

Source: emessage/README.md, hodemelding.md (rules 1–9, attachments), apprec.md (E10, E36, T01, T02, T10).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, cast

from hub.emessage import apprec, message_types, xml
from hub.emessage.apprec import AppRec
from hub.emessage.attached_documents import Attachment, all_placed, read_attachment, with_large
from hub.emessage.datatypes import Base64Container
from hub.emessage.envelope import Envelope, Root, is_sufficient
from hub.emessage.envelope_of import envelope_of
from hub.emessage.envelope_read import payload_element, read_envelope
from hub.emessage.handling import NO_HANDLING, Handling, handling_of, read_handling
from hub.emessage.large_text import LargeText, cut_large, parse_cut
from hub.emessage.letter import Letter, to_msg_head
from hub.emessage.message_types import AppRecVersion, MessageType
from hub.emessage.msghead import Document, MsgHead
from hub.emessage.payloads import PAYLOADS, Payload
from hub.emessage.plain_tags import NotPlainError
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.table import tag_of
from hub.emessage.table_parse import parse_element
from hub.emessage.table_plain import parse_plain_as
from hub.emessage.xml import Element
from hub.problems import HubError, Problem, ProblemCode

_UUID: Final = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")


@dataclass(frozen=True, slots=True)
class Reading:
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


def receives(row: MessageType) -> bool:
    """A row of the table → whether the hub takes this type in."""
    return row.receives


def read_message(data: bytes, takes: Callable[[MessageType], bool] = receives) -> Reading:
    """The bytes of a received document → the Reading; nothing is raised, everything wrong is in `problems`.

    Shape: `takes` decides which of the types with a codec are read; all others get MESSAGE_TYPE_UNSUPPORTED.
    Problems: those of `xml.parse`; SCHEMA_INVALID; MESSAGE_TYPE_UNSUPPORTED; MESSAGE_ID_INVALID; FORMAT_FAULT;
    PATIENT_INSUFFICIENT; SENDER_UNKNOWN (neither HER-id nor organisation number, or no MsgId: no receipt can be addressed).
    """
    usual = _read_usual(data, takes)
    if usual is not None:
        return usual
    try:
        root, large = parse_cut(data)
        reading = read_root(root, takes, large)
        if not all_placed(reading.message, large):
            reading = read_root(xml.parse(data), takes)
    except HubError as error:
        return Reading("", problems=error.problems)
    return reading


def _read_usual(data: bytes, takes: Callable[[MessageType], bool]) -> Reading | None:
    """The usual document, a MsgHead with one payload that is taken in → the Reading; None for all that is to be looked at closely."""
    cut = cut_large(data, xml.MAX_BYTES)
    try:
        message: MsgHead = parse_plain_as(cut.document, MsgHead)
    except NotPlainError:
        return None
    if cut.texts:
        message = with_large(message, cut.texts)
    content = message.document[0].ref_doc.content if message.document else None
    if content is None or len(content.elements) != 1:
        return None
    payload = content.elements[0]
    if isinstance(payload, Base64Container):
        return None
    tag = tag_of(type(payload), content.edition)
    handling = handling_of(payload, tag)
    row, envelope = _row(envelope_of(message, tag), handling)
    if not envelope.answerable or row is None or row.payload is None or not takes(row):
        return None
    reading = _judge(message, envelope, row, handling)
    return reading if all_placed(message, cut.texts) else None


def read_root(
    root: Element,
    takes: Callable[[MessageType], bool] = receives,
    large: Mapping[str, LargeText] = MappingProxyType({}),
) -> Reading:
    """The root Element of a received document, and large texts that marks in it stand for → the Reading, as `read_message`."""
    payload = payload_element(root)
    strict = _read_strictly(root, payload)
    if payload is not None and isinstance(strict, MsgHead):
        envelope = envelope_of(strict, payload.tag)
    else:
        envelope = read_envelope(root)
    if envelope is None:
        detail = "The root element is not that of a message we know"
        return Reading("", problems=(Problem(ProblemCode.SENDER_UNKNOWN, detail, xml.path(root)),))
    if envelope.root == "AppRec":
        return _read_receipt(root, envelope)
    handling = read_handling(payload)
    row, envelope = _row(envelope, handling)
    version = message_types.app_rec_version(envelope.type, envelope.namespace)
    if not envelope.answerable:
        unknown = Problem(
            ProblemCode.SENDER_UNKNOWN, "The sender or the message id cannot be made out", "/*"
        )
        return Reading(envelope.root, envelope, row, version, problems=(unknown,))
    if row is None or row.payload is None or not takes(row):
        refusal = _refusal(envelope)
        return Reading(envelope.root, envelope, row, version, problems=refusal, handling=handling)
    return _read_msg_head(root, envelope, row, handling, strict, large)


def _row(envelope: Envelope, handling: Handling) -> tuple[MessageType | None, Envelope]:
    """An envelope and how it is to be handled → its row, and the envelope by the name that the row has.

    Shape: a letter is what its namespace says; so is an emergency referral, which is taken in whatever it calls itself.
    """
    row = message_types.find(envelope.type, envelope.namespace)
    if row is None and handling.emergency:
        row = message_types.find_by_namespace(envelope.namespace)
    if row is None or not row.type or row.type == envelope.type:
        return row, envelope
    stated = (envelope.type, envelope.type_name)
    return row, replace(envelope, type=row.type, type_name=row.title, stated=stated)


def _check_type(envelope: Envelope) -> tuple[Problem, ...]:
    if envelope.stated is None:
        return ()
    detail = "The type that the message names is not that of its namespace"
    return (Problem(ProblemCode.CONTENT_ODD, detail, "/*/Type"),)


def _read_strictly(root: Element, payload: Element | None) -> MsgHead | HubError | None:
    """The root of a MsgHead with a payload that has a codec → the MsgHead, or why it is refused; None for any other root."""
    if payload is None or payload is root or payload.tag not in PAYLOADS:
        return None
    try:
        return parse_element(root, MsgHead)
    except HubError as error:
        return error


def _refusal(envelope: Envelope) -> tuple[Problem, ...]:
    """A type that is not read → T10 (T99 when there is no payload) and, where it applies, E10.

    The schema of such a message is not looked at.
    """
    if envelope.payload_name:
        code, detail = (
            ProblemCode.MESSAGE_TYPE_UNSUPPORTED,
            "The message type or its version is not supported",
        )
    else:
        code, detail = ProblemCode.FORMAT_FAULT, "The message has no payload"
    return (Problem(code, detail, "/*"), *_check_id(envelope))


def _read_receipt(root: Element, envelope: Envelope) -> Reading:
    """A receipt is read strictly; what is wrong with it is told to nobody, for a receipt is never answered."""
    version = apprec.ROOTS[root.tag]
    try:
        value = apprec.parse_app_rec(root, version)
    except HubError as error:
        return Reading("AppRec", envelope, None, version, problems=error.problems)
    return Reading("AppRec", envelope, None, version, app_rec=value)


def _read_msg_head(
    root: Element,
    envelope: Envelope,
    row: MessageType,
    handling: Handling,
    strict: MsgHead | HubError | None,
    large: Mapping[str, LargeText],
) -> Reading:
    try:
        message = strict if isinstance(strict, MsgHead) else _parse(root, envelope, row, strict)
        if large:
            message = with_large(message, large)
    except HubError as error:
        return Reading(
            envelope.root, envelope, row, row.app_rec, problems=error.problems, handling=handling
        )
    return _judge(message, envelope, row, handling)


def _judge(message: MsgHead, envelope: Envelope, row: MessageType, handling: Handling) -> Reading:
    """A MsgHead that its schema lets through → the Reading, with what else is wrong."""
    problems: list[Problem] = [*_check_id(envelope), *_check_type(envelope)]
    payload = _payload(message, problems)
    if isinstance(payload, Pasientlogistikk) and row.event and getattr(payload, row.event) is None:
        detail = "The message type and the event in the payload do not fit together"
        problems.append(Problem(ProblemCode.FORMAT_FAULT, detail, "/MsgHead/MsgInfo/Type"))
    odd: list[Problem] = []
    attachments = tuple(
        attachment
        for number, document in enumerate(message.document[1:], start=2)
        if not _is_pointer(document, envelope)
        and (attachment := read_attachment(document, _where(envelope, number), odd)) is not None
    )
    # An emergency referral that can be read is taken in, whatever hangs on it
    problems += [] if handling.emergency else odd
    # An emergency referral is taken in whoever the patient is
    if not handling.emergency and not is_sufficient(envelope.patient):
        detail = "The patient is not identified by name with a national identifier, or with birth date and sex"
        problems.append(
            Problem(ProblemCode.PATIENT_INSUFFICIENT, detail, "/MsgHead/MsgInfo/Patient")
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


def _parse(
    root: Element, envelope: Envelope, row: MessageType, refused: HubError | None
) -> MsgHead:
    """The root of a message → the MsgHead it is, or that would say the same as a letter with an envelope of its own.

    Problems: SCHEMA_INVALID; `refused` when the root was read already.
    """
    if refused is not None:
        raise refused
    if envelope.root == "MsgHead":
        return parse_element(root, MsgHead)
    assert row.payload is not None
    letter = cast("Letter", parse_element(root, row.payload, row.edition))
    return to_msg_head(letter, envelope, row.edition)


def _where(envelope: Envelope, number: int) -> str:
    if envelope.root == "MsgHead":
        return f"/MsgHead/Document[{number}]"
    return f"/Message/*/RefDoc[{number - 1}]"


def _check_id(envelope: Envelope) -> tuple[Problem, ...]:
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

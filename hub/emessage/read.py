"""Any document of an e-message → what it is, from whom, about whom, and everything that is wrong with it.

Source: emessage/README.md, hodemelding.md (rules 1–9, attachments), apprec.md (E10, E36, T01, T02, T10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from hub.emessage import apprec, message_types, xml
from hub.emessage.attached_documents import all_placed, with_large
from hub.emessage.envelope import Envelope
from hub.emessage.envelope_of import envelope_of
from hub.emessage.envelope_read import payload_element, read_envelope
from hub.emessage.handling import Handling, read_handling
from hub.emessage.large_text import LargeText, parse_cut
from hub.emessage.letter import Letter, to_msg_head
from hub.emessage.message_types import MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import PAYLOADS
from hub.emessage.read_usual import read_usual
from hub.emessage.reading import Reading, check_id, judge, row_of
from hub.emessage.table_parse import parse_element
from hub.emessage.xml import Element
from hub.problems import HubError, Problem, ProblemCode

__all__ = ["Reading", "read_message", "read_root", "receives"]


def receives(row: MessageType) -> bool:
    """A row of the table → whether the hub takes this type in."""
    return row.receives


def read_message(data: bytes, takes: Callable[[MessageType], bool] = receives) -> Reading:
    """The bytes of a received document → the Reading; nothing is raised, everything wrong is in `problems`.

    Shape: `takes` decides which of the types with a codec are read; all others get MESSAGE_TYPE_UNSUPPORTED.
    Problems: those of `xml.parse`; SCHEMA_INVALID; MESSAGE_TYPE_UNSUPPORTED; MESSAGE_ID_INVALID; FORMAT_FAULT;
    PATIENT_INSUFFICIENT; SENDER_UNKNOWN (neither HER-id nor organisation number, or no MsgId: no receipt can be addressed).
    """
    usual = read_usual(data, takes)
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
    row, envelope = row_of(envelope, handling)
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
    return (Problem(code, detail, "/*"), *check_id(envelope))


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
    return judge(message, envelope, row, handling)


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

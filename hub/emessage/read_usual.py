"""The usual document, read from its tags: a MsgHead with one payload or a letter, that is taken in and not refused by its schema.

Source: HIS 80601:2006 (MsgHead), HIS 80226 and HIS 80517 (Message).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from hub.emessage import message_types, xml
from hub.emessage.attached_documents import all_placed, with_large
from hub.emessage.datatypes import Base64Container
from hub.emessage.envelope_of import envelope_of
from hub.emessage.handling import handling_of
from hub.emessage.large_text import LargeText, cut_large
from hub.emessage.letter import Letter, to_msg_head
from hub.emessage.letter_envelope import envelope_of_letter
from hub.emessage.message_types import MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.plain_tags import NotPlainError
from hub.emessage.reading import Reading, judge, row_of
from hub.emessage.table import Edition, tag_of
from hub.emessage.table_plain import parse_plain_root

_MSG_HEAD: Final = tag_of(MsgHead)
_ROOTS: Final[dict[str, tuple[type, Edition | None]]] = {
    _MSG_HEAD: (MsgHead, None),
    **{
        tag_of(row.payload, row.edition): (row.payload, row.edition)
        for row in message_types.MESSAGE_TYPES
        if row.root == "Message" and row.payload is not None
    },
}


def read_usual(data: bytes, takes: Callable[[MessageType], bool]) -> Reading | None:
    """The usual document, a MsgHead with one payload or a letter, that is taken in → the Reading; None for all that is to be looked at closely."""
    cut = cut_large(data, xml.MAX_BYTES)
    try:
        tag, value = parse_plain_root(cut.document, _ROOTS)
    except NotPlainError:
        return None
    if tag != _MSG_HEAD:
        return _read_letter(tag, value, cut.texts, takes)
    message: MsgHead = with_large(value, cut.texts) if cut.texts else value
    content = message.document[0].ref_doc.content if message.document else None
    if content is None or len(content.elements) != 1:
        return None
    payload = content.elements[0]
    if isinstance(payload, Base64Container):
        return None
    tag = tag_of(type(payload), content.edition)
    handling = handling_of(payload, tag)
    row, envelope = row_of(envelope_of(message, tag), handling)
    if not envelope.answerable or row is None or row.payload is None or not takes(row):
        return None
    reading = judge(message, envelope, row, handling)
    return reading if all_placed(message, cut.texts) else None


def _read_letter(
    tag: str,
    letter: Letter,
    texts: Mapping[str, LargeText],
    takes: Callable[[MessageType], bool],
) -> Reading | None:
    """The tag of a root, the letter that it is and its large texts → the Reading, as `read_usual`."""
    handling = handling_of(letter, tag)
    row, envelope = row_of(envelope_of_letter(letter, tag), handling)
    if not envelope.answerable or row is None or row.payload is None or not takes(row):
        return None
    message = to_msg_head(letter, envelope, row.edition)
    if texts:
        message = with_large(message, texts)
    reading = judge(message, envelope, row, handling)
    return reading if all_placed(message, texts) else None

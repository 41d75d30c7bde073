"""The further documents of a MsgHead → attachments: what the sender says of each, and where its bytes are.

Source: HIS 1036 (attachments), hodemelding.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec import structs

from hub.emessage.attachment_kinds import check_kind, type_of
from hub.emessage.base64_text import decode_base64, without_blanks
from hub.emessage.datatypes import Base64Container
from hub.emessage.large_text import LargeText
from hub.emessage.msghead import Document, MsgHead
from hub.problems import Problem, ProblemCode

# No PLO profile names formats, and an unknown one is an error there; these are those of Helsefaglig dialog and plain text.
ATTACHMENT_TYPES: Final = frozenset({"application/pdf", "image/jpeg", "image/png", "text/plain"})
_FIXED: Final = {
    "DIALOG_HELSEFAGLIG": frozenset({"application/pdf", "image/jpeg", "image/png"}),
    "DIALOG_STATUS_HENVISNING": frozenset({"application/pdf"}),
}
"""Message type → the formats that its standard fixes, for both directions (HIS 1077, HIS 1206)."""
# What it is is told by its first bytes; no more is decoded. Units: base64 digits and blanks; bytes.
_BEGINNING: Final = 4096
_ENOUGH: Final = 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached document: what the sender says of it, and where its bytes are."""

    mime_type: str
    description: str
    issue_date: str
    id: str
    container: Base64Container

    @property
    def data(self) -> bytes:
        """Its bytes, made anew each time."""
        held = self.container.held
        if isinstance(held, str):
            return decode_base64(held) or b""
        return held.data

    @property
    def size(self) -> int:
        """How many bytes it has."""
        held = self.container.held
        return len(self.data) if isinstance(held, str) else held.size

    @property
    def head(self) -> bytes:
        """The first of its bytes: all, or enough to tell what it is."""
        held = self.container.held
        if not isinstance(held, str):
            return held.head(_ENOUGH)
        beginning = without_blanks(held[:_BEGINNING])
        made = decode_base64(beginning[: len(beginning) // 4 * 4]) or b""
        return made if len(made) >= _ENOUGH or len(held) <= _BEGINNING else self.data


def formats_of(message_type: str) -> frozenset[str]:
    """A message type → the formats of attachments that may go with it."""
    return _FIXED.get(message_type, ATTACHMENT_TYPES)


def read_attachment(
    document: Document, formats: frozenset[str], where: str, problems: list[Problem]
) -> Attachment | None:
    """A further Document and the formats that may be → the Attachment; what cannot be handled makes the answer negative (HIS 1036)."""
    ref = document.ref_doc
    elements = ref.content.elements if ref.content is not None else ()
    if (
        len(elements) != 1
        or not isinstance(elements[0], Base64Container)
        or ref.compression is not None
    ):
        detail = "The attachment is not held in the message as one uncompressed base64 container"
        problems.append(Problem(ProblemCode.FORMAT_FAULT, detail, where))
        return None
    mime_type = type_of(ref.mime_type)
    if mime_type not in formats:
        problems.append(
            Problem(
                ProblemCode.FORMAT_FAULT, "The format of the attachment is not supported", where
            )
        )
    attachment = Attachment(
        mime_type=mime_type,
        description=ref.description or "",
        issue_date=(ref.issue_date.v if ref.issue_date is not None else None) or "",
        id=ref.id or "",
        container=elements[0],
    )
    wrong = check_kind(mime_type, attachment.head, where)
    if wrong is not None:
        problems.append(wrong)
    return attachment


def with_large(message: MsgHead, large: Mapping[str, LargeText]) -> MsgHead:
    """A MsgHead with marks → the same with the texts that the marks stand for."""

    def whole(each: Any) -> Any:
        if isinstance(each, Base64Container) and isinstance(each.held, str):
            return Base64Container(large.get(each.held, each.held))
        return each

    def placed(document: Any) -> Any:
        content = document.ref_doc.content
        if content is None:
            return document
        there = structs.replace(content, elements=tuple(map(whole, content.elements)))
        return structs.replace(document, ref_doc=structs.replace(document.ref_doc, content=there))

    changed: Any = message
    return structs.replace(changed, document=tuple(map(placed, message.document)))


def containers(document: Document) -> tuple[Base64Container, ...]:
    """A Document → what it holds as base64."""
    content = document.ref_doc.content
    elements = content.elements if content is not None else ()
    return tuple(each for each in elements if isinstance(each, Base64Container))


def all_placed(message: MsgHead | None, large: Mapping[str, LargeText]) -> bool:
    """Whether no mark is left in what was read: one may stand in XML that is carried unread."""
    if message is None or not large:
        return True
    held = [each.held for d in message.document for each in containers(d)]
    return sum(not isinstance(each, str) for each in held) == len(large)

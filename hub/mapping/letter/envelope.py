"""The own envelope of a letter (Message: type, id, times, parties, documents) ↔ Communication and DocumentReference.

Source: Epikrise-v1.2.xsd, Henvisning-v1.1.xsd (Message, RefDoc); epikrise-henvisning.md; HIS 1036.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.attached import Attached
from hub.emessage.datatypes import Base64Container
from hub.mapping.letter.sheaf import Sheaf, Shelf
from hub.mapping.letter.urls import DETAIL, MIG_VERSION, MSG_VERSION
from hub.mapping.message_urls import RECEIPT_WANTED, RECIPIENT_ROLE
from hub.mapping.series import message_key
from hub.mapping.two_way import (
    Json,
    Lens,
    Line,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_at,
    kinds_of,
)
from hub.mapping.two_way_codes import as_sent, coding, concept
from hub.mapping.two_way_extension import at, complex_extension
from hub.mapping.two_way_values import CODE, TEXT, TIME, UNKNOWN, URI, leaf, unleaf
from hub.mapping.urls import URI_SYSTEM, VOLVEN

_UUID: Final = "urn:uuid:"


def _to_uuid(text: str) -> str | None:
    key = message_key(text)
    return f"{_UUID}{key}" if key and not any(c.isspace() for c in key) else None


def _from_uuid(value: str) -> str:
    return value.removeprefix(_UUID)


MESSAGE_ID: Final = Lens(
    lambda text, _room: leaf(text, _to_uuid, _from_uuid),
    lambda found, _room, _kind: unleaf(found, _to_uuid, _from_uuid),
    "urn:uuid",
)
"""MsgId ↔ the value of the business identifier."""

MESSAGE: Final = Shape(
    (
        Line("type", (Slice("category"),), concept("8279")),
        Line("msg_version", extension(MSG_VERSION, "valueString"), TEXT),
        Line("gen_date", ("sent",), TIME),
        Line("msg_id", (Slice("identifier", {"system": URI_SYSTEM}), "value"), MESSAGE_ID),
        Line("status", ("meta", Slice("tag", {"system": f"{VOLVEN}8323"})), coding("8323")),
    )
)
BODY: Final = Shape(
    (
        Line("serv_type", as_sent("7309"), concept("7309")),
        Line("ack", extension(RECEIPT_WANTED, "valueCodeableConcept"), concept("7304")),
    )
)
"""What the body of a letter says of the sending."""
COPY: Final[Json] = {
    "url": RECIPIENT_ROLE,
    "valueCodeableConcept": {
        "coding": [{"system": f"{VOLVEN}8112", "code": "COP", "display": "Kopimottaker"}]
    },
}


_VERSION: Final = Shape((Line("mig_version", extension(MIG_VERSION, "valueString"), TEXT),))


def put_version(message: Any, usual: str, node: Json, room: Room) -> None:
    """MIGversion → an extension, where it is not the usual one of the type."""
    if message.mig_version != usual:
        _VERSION.put(message, node, room)


def get_version(node: Json, usual: str) -> str:
    """A Communication → MIGversion."""
    here = get_at(node, extension(MIG_VERSION, "valueString"))
    return TEXT.get(here, Room([], dict, lambda _: None, {}), str) if here is not None else usual


def as_copy(party: Json) -> Json:
    """A receiver → the same, marked as a copy receiver."""
    return {**party, "extension": [COPY, *(party.get("extension") or ())]}


_BYTES: Final = "application/octet-stream"
_DOCUMENT: Final = Shape(
    (
        Line("issue_date", (Slice("content"), "attachment", "creation"), TIME),
        Line("msg_type", as_sent("8114"), concept("8114")),
        Line("id", ("masterIdentifier", "value"), TEXT),
        Line("mime_type", (Slice("content"), "attachment", "contentType"), CODE),
        Line("description", (Slice("content"), "attachment", "title"), TEXT),
        Line("compression", (Slice("content"), "attachment", *as_sent("1204")), concept("1204")),
        Line("booking", at(f"{DETAIL}booking"), complex_extension(f"{DETAIL}booking")),
        Line("file_reference", (Slice("content"), "attachment", "url"), URI),
    )
)


def put_documents(documents: tuple[Any, ...], sheaf: Sheaf) -> list[Json]:
    """RefDocs → DocumentReferences in the sheaf; the references to them."""
    return [_put_document(one, sheaf) for one in documents]


def _put_document(one: Any, sheaf: Sheaf) -> Json:
    room = sheaf.room()
    attachment: Json = {}
    node: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": dict(sheaf.patient),
        "content": [{"attachment": attachment}],
    }
    _DOCUMENT.put(one, node, room)
    elements = one.content.elements if one.content is not None else ()
    data = next(("".join(e.text.split()) for e in elements if isinstance(e, Base64Container)), "")
    if data:
        attachment["data"] = data
        # att-1: data need a type; what the sender does not name is bytes
        if "contentType" not in attachment:
            attachment["contentType"] = _BYTES
            attachment.setdefault("_contentType", {"extension": [UNKNOWN]})
    if not attachment:
        attachment["extension"] = [UNKNOWN]
    return sheaf.close(node, room)


def get_documents(references: list[Json], shelf: Shelf, cls: type) -> tuple[Any, ...]:
    """References → RefDocs, of those that lead to attachments."""
    nodes = (shelf.find(reference) for reference in references)
    return tuple(
        _get_document(n, shelf.room(n), cls)
        for n in nodes
        if n is not None and n["resourceType"] == "DocumentReference" and not is_original(n)
    )


def _get_document(node: Json, room: Room, cls: type) -> Any:
    contents: list[Json] = node.get("content") or [{}]
    attachment: Json = dict(contents[0].get("attachment") or {})
    if attachment.get("contentType") == _BYTES and "_contentType" in attachment:
        del attachment["contentType"]
    found = _DOCUMENT.get({**node, "content": [{"attachment": attachment}]}, room, cls)
    data = attachment.get("data")
    if data and "content" in kinds_of(cls):
        found["content"] = Attached((Base64Container("".join(data.split())),))
    if not found.get("mime_type"):
        found.pop("mime_type", None)
    return filled(cls, found)


ORIGINAL: Final = "as-received"


def is_original(node: Json) -> bool:
    """A DocumentReference → whether it stands for the message as it came."""
    contents: list[Json] = node.get("content") or []
    formats: list[Json] = [c["format"] for c in contents if "format" in c]
    return any(f.get("code") == ORIGINAL for f in formats)

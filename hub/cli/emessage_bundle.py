"""An e-message ⇄ the FHIR it becomes, as one Bundle; without a database, so that the patient stands in the message alone.

Source: http://hl7.org/fhir/R4/bundle.html; architecture §2 (nothing is lost in translation).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from hub.emessage.message_types import find
from hub.fhir import codec
from hub.fhir.models.r4.communication import Communication
from hub.fhir.reading import read_stored
from hub.mapping.fresh_message import message_type
from hub.mapping.record import Record
from hub.mapping.registry import MAPPERS, RECEIPTS, ReceiptRow, Row
from hub.mapping.round_trip import read_for_trip, to_record, write_back
from hub.problems import ProblemCode, fail


class _Entry(msgspec.Struct):
    fullUrl: str = ""  # noqa: N815 - the specification's name
    resource: Raw = Raw(b"")


class _Bundle(msgspec.Struct):
    entry: tuple[_Entry, ...] = ()
    type: str = msgspec.field(default="", name="resourceType")


_READER = msgspec.json.Decoder(_Bundle)


def to_bundle(data: bytes, new_id: Callable[[], str], now: datetime) -> bytes:
    """The bytes of a message → a Bundle (collection) of what it becomes; the Communication of the message stands first.

    Problems: those of the message; MESSAGE_TYPE_UNSUPPORTED.
    """
    row, reading = read_for_trip(data)
    record = to_record(row, reading, new_id, now)
    keys = sorted(record.resources, key=lambda key: key != record.message)
    entries = [
        {"fullUrl": key, "resource": Raw(codec.encode(record.resources[key]))} for key in keys
    ]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "collection", "entry": entries})


def to_message(data: bytes, standard: str = "") -> bytes:
    """A Bundle → the bytes of the message it says; `standard` chooses the edition, "" the newest.

    Problems: those of the Bundle as FHIR; BAD_VALUE when it holds no message; OUTPUT_INVALID.
    """
    codec.parse(data, "Bundle")
    resources: dict[str, Any] = {}
    message = ""
    for entry in _READER.decode(data).entry:
        resource = _resource(bytes(entry.resource))
        key = entry.fullUrl or f"{type(resource).__name__}/{resource.id}"
        resources[key] = resource
        if not message and isinstance(resource, Communication) and message_type(resource):
            message = key
    if not message:
        text = "The Bundle holds no Communication with a message type of list 8279"
        raise fail(ProblemCode.BAD_VALUE, text, "Bundle.entry")
    return write_back(_row(message_type(resources[message]), standard), Record(resources, message))


def _resource(body: bytes) -> Any:
    return read_stored(body, type(codec.parse(body, None).resource).__name__)


def _row(kind: str, standard: str) -> Row | ReceiptRow:
    if kind == "APPREC":
        return _receipt(standard)
    found: list[Row | ReceiptRow] = [
        row
        for (type_, namespace), row in MAPPERS.items()
        if type_ == kind and row.from_fhir is not None and _is_of(kind, namespace, standard)
    ]
    if not found:
        text = f"There is no way from FHIR to {kind} {standard}".rstrip()
        raise fail(ProblemCode.MESSAGE_TYPE_UNSUPPORTED, text, "Communication.category")
    return found[0]


def _receipt(standard: str) -> ReceiptRow:
    named = standard.strip().lower()
    found = [row for version, row in RECEIPTS.items() if named in ("", f"apprec {version}")]
    if not found:
        text = f"There is no receipt of {standard}"
        raise fail(ProblemCode.MESSAGE_TYPE_UNSUPPORTED, text, "Communication.category")
    return found[0]


def _is_of(kind: str, namespace: str, standard: str) -> bool:
    row = find(kind, namespace)
    return not standard or (row is not None and row.standard.lower() == standard.strip().lower())

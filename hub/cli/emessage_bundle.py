"""An e-message ⇄ the FHIR it becomes, as one Bundle; without a database, so that the patient stands in the message alone.

Source: http://hl7.org/fhir/R4/bundle.html; architecture §2 (nothing is lost in translation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def to_message(data: bytes, standard: str = "", partners: Mapping[str, str] | None = None) -> bytes:
    """A Bundle → the bytes of the message it says.

    Shape: `standard` chooses the edition, "" the newest, or the one its receiver takes: `partners` are editions by the HER-id of
    a service. Problems: those of the Bundle as FHIR; BAD_VALUE when it holds no message; OUTPUT_INVALID.
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
    kind, record = message_type(resources[message]), Record(resources, message)
    written = write_back(_row(kind, standard), record)
    older = "" if standard else _edition_of(written, partners or {})
    if older and any(
        _is_of(kind, namespace, older) for type_, namespace in MAPPERS if type_ == kind
    ):
        return write_back(_row(kind, older), record)
    return written


def _edition_of(written: bytes, partners: Mapping[str, str]) -> str:
    """A message and editions by HER-id → the one that its receiver takes, "" for the newest."""
    if not partners:
        return ""
    envelope = read_for_trip(written)[1].envelope
    receivers = () if envelope is None else envelope.receivers
    ids = (each.party.unit_her_id for each in receivers if each.role == "PRIM")
    return next((partners[i.value] for i in ids if i is not None and i.value in partners), "")


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

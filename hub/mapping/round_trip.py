"""A message → value → FHIR → value → message, and whether the same comes out again.

The message as it came is taken out of the FHIR on the way, so that only what FHIR says can be written.
Source: W3C Canonical XML 2.0 (what makes two documents the same); XML Schema part 2 §3.2.16 (blanks in base64).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from hub.emessage import xml
from hub.emessage.datatypes import BASE64_TAG
from hub.emessage.message_types import MessageType
from hub.emessage.namespaces import SCHEMA_HINTS, XSI_TYPE
from hub.emessage.read import Reading, read_message
from hub.emessage.xml import WHITESPACE, Element
from hub.fhir import codec
from hub.fhir.reading import read_stored
from hub.mapping.draft import Context, Draft
from hub.mapping.letter import apprec
from hub.mapping.record import Record, without_original
from hub.mapping.registry import MAPPERS, RECEIPTS, ReceiptRow, Row
from hub.problems import HubError, Problem, ProblemCode, fail

# A text that calls itself a string says nothing by it; any other xsi:type was refused
_SAYING_NOTHING: Final = SCHEMA_HINTS | {XSI_TYPE}
_ORIGINAL: Final = "Binary/original"


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Shape: `first_difference` is the path of the first element that differs, or why there is no way; None when equal."""

    equal: bool
    first_difference: str | None = None


def round_trip(data: bytes, new_id: Callable[[], str], now: datetime) -> RoundTrip:
    """The bytes of a message → whether the way through FHIR and back gives the same message."""
    try:
        row, reading = read_for_trip(data)
        record = to_record(row, reading, new_id, now)
        again = write_back(row, record)
    except HubError as error:
        return RoundTrip(equal=False, first_difference=_told(error.problems))
    if xml.canonical(data) == xml.canonical(again):
        return RoundTrip(equal=True)
    found = first_difference(xml.parse(data), xml.parse(again))
    return RoundTrip(found is None, found)


def read_for_trip(data: bytes) -> tuple[Row | ReceiptRow, Reading]:
    """The bytes of a message → its row and what was read. Problems: those of the message; MESSAGE_TYPE_UNSUPPORTED."""
    reading = read_message(data, takes=_has_codec)
    if reading.app_rec is not None:
        return RECEIPTS[reading.app_rec_version], reading
    if reading.message is None:
        raise HubError(*reading.problems)
    kind = reading.message_type
    row = MAPPERS.get((kind.type, kind.namespace)) if kind is not None else None
    if row is None or row.from_fhir is None:
        detail = "There is no way from FHIR back to this message type"
        raise fail(ProblemCode.MESSAGE_TYPE_UNSUPPORTED, detail, "/*")
    return row, reading


def _has_codec(row: MessageType) -> bool:
    return row.payload is not None


def to_record(
    row: Row | ReceiptRow, reading: Reading, new_id: Callable[[], str], now: datetime
) -> Record:
    """A reading → the resources it becomes, each as its own JSON gives it, without the message as it came."""
    if reading.app_rec is not None:
        return checked(apprec.to_record(reading.app_rec, reading.app_rec_version, new_id))
    assert isinstance(row, Row)
    assert reading.message is not None
    context = Context("patient", new_id, now, raw=_ORIGINAL)
    draft = row.to_fhir(reading.message, reading.payload, context).value
    return without_original(record_of(draft))


def record_of(draft: Draft) -> Record:
    """A draft → its new resources as a record. Problems: those of the FHIR reader, when a resource is not valid."""
    return checked(Record({c.full_url: c.whole for c in draft.create}, draft.communication))


def checked(record: Record) -> Record:
    """A record → the same with each resource as its own JSON gives it. Problems: as `record_of`."""
    found: dict[str, Any] = {}
    for key, resource in record.resources.items():
        name = type(resource).__name__
        body = codec.encode(resource)
        codec.parse(body, name)
        found[key] = read_stored(body, name)
    return Record(found, record.message)


def write_back(row: Row | ReceiptRow, record: Record) -> bytes:
    """A record → the bytes of the message. Problems: OUTPUT_INVALID."""
    assert row.from_fhir is not None
    return row.write(row.from_fhir(record))


def _told(problems: tuple[Problem, ...]) -> str:
    return "; ".join(f"{p.where or '/'}: {p.detail or p.code.name}" for p in problems)


def first_difference(one: Element, other: Element) -> str | None:
    """Two elements → the path of the first difference between them, or None when they say the same."""
    if one.tag != other.tag:
        return xml.path(one)
    attributes, others = _attributes(one), _attributes(other)
    for name in sorted(attributes.keys() | others.keys()):
        if attributes.get(name) != others.get(name):
            return f"{xml.path(one)}/@{xml.local_name(name)}"
    if _texts(one) != _texts(other):
        return xml.path(one)
    children: Iterator[tuple[Any, Any]] = zip_longest(one, other)
    for mine, theirs in children:
        if mine is None:
            return xml.path(theirs)
        if theirs is None:
            return xml.path(mine)
        found = first_difference(mine, theirs)
        if found is not None:
            return found
    return None


def _attributes(element: Element) -> dict[str, str]:
    return {name: value for name, value in element.items() if name not in _SAYING_NOTHING}


def _texts(element: Element) -> list[str]:
    """The texts of an element; white space between elements alone, and in base64, says nothing."""
    texts = [element.text or "", *(child.tail or "" for child in element)]
    if element.tag == BASE64_TAG:
        return ["".join(texts[0].split())]
    blank = len(element) and not any(text.strip(WHITESPACE) for text in texts)
    return [] if blank else [text for text in texts if text] and texts

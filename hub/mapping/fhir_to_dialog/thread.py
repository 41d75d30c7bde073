"""The Communication of a dialogue message → its questions, its notes and the kind of case, whatever the version.

Source: HIS 80603:2006 and :2017.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.mapping.fhir_to_code import concept_in
from hub.mapping.fhir_to_dialog.note import has_note
from hub.mapping.labelled import from_labelled
from hub.mapping.message_urls import CASE_TYPE
from hub.mapping.record import Record

T = TypeVar("T")


def to_payload_fields(
    record: Record,
    to_question: Callable[[CommunicationRequest, Record, Any], Any],
    to_note: Callable[[Communication, Record], Any],
) -> dict[str, Any]:
    """The record of a message → the fields of its Dialogmelding."""
    message = record.communication
    case, words = from_labelled(concept_in(message.extension, CASE_TYPE))
    notes = ((message,) if has_note(message) else ()) + _carried(message, record, Communication)
    asked = _carried(message, record, CommunicationRequest)
    return {
        "sakstype_kodet": case,
        "sakstype": words,
        "foresporsel": tuple(to_question(question, record, question) for question in asked),
        "notat": tuple(to_note(note, record) for note in notes),
    }


def _carried(message: Communication, record: Record, kind: type[T]) -> tuple[T, ...]:
    found = (record.find(part.contentReference, message, kind) for part in message.payload)
    return tuple(part for part in found if part is not None)

"""The record of a message → the payload of a PLO message, by the tables that made FHIR of it.

Source: plo.md §4 and §5; the tables of `hub/mapping/plo/`.
"""

from __future__ import annotations

from typing import TypeVar

from hub.fhir.models.r4.composition import Composition
from hub.mapping.both_ways.form import Eye
from hub.mapping.plo.messages import THE_MESSAGE, form_of
from hub.mapping.record import Record
from hub.problems import ProblemCode, fail

T = TypeVar("T")


def to_payload(cls: type[T], record: Record) -> T:
    """The class of a payload and the record of a message → the payload.

    Problems: OUTPUT_INVALID when there is no Composition, or FHIR lacks what the payload cannot be without.
    """
    message = record.communication
    references = (part.contentReference for part in message.payload)
    found = (record.find(reference, message, Composition) for reference in references)
    composition = next((c for c in found if c is not None), None)
    if composition is None:
        detail = "The Communication of the message points to no Composition"
        raise fail(ProblemCode.OUTPUT_INVALID, detail, "Communication.payload")
    eye = Eye({**record.resources, THE_MESSAGE: message}).inside(composition)
    return form_of(cls).read(composition, eye)

"""FHIR → Orientering om tjenestetilbud.

Drops: nothing of what the message can hold; resources that the Composition does not name are not told.
Source: plo.md §4.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.orientering_om_tjenestetilbud import OrienteringOmTjenestetilbud
from hub.mapping.fhir_to_message import to_message
from hub.mapping.fhir_to_plo.payload import to_payload
from hub.mapping.record import Record


def from_fhir(record: Record) -> MsgHead:
    """The record of a message → the message. Problems: OUTPUT_INVALID."""
    return to_message(record, to_payload(OrienteringOmTjenestetilbud, record))

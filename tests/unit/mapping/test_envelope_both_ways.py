"""The envelope of any message → Communication and documents → the same envelope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from hub.clock import FixedClock
from hub.emessage.message_types import MESSAGE_TYPES
from hub.emessage.msghead import MsgHead
from hub.emessage.table_build import render
from hub.emessage.xml import canonical
from hub.fhir.models.r4.datatypes import Reference
from hub.mapping.draft import Context, Desk, Draft, SeriesKey
from hub.mapping.fhir_to_message import to_message
from hub.mapping.message_to_communication import message_meta, to_envelope
from hub.mapping.narrative import Contained
from hub.mapping.organisation import party_reference
from hub.mapping.record import Record, without_original
from hub.mapping.registry import payload_of
from hub.mapping.round_trip import record_of
from tests.message_generator import generated

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ROW = next(row for row in MESSAGE_TYPES if row.type == "LOG_DOD" and row.payload is not None)


def to_fhir(message: MsgHead) -> Record:
    clock = FixedClock(NOW)
    info = message.msg_info
    desk = Desk(
        patient=Reference(reference="Patient/p1", type="Patient"),
        encounter=None,
        sender=party_reference(info.sender.organisation),
        receiver=party_reference(info.receiver.organisation),
        sent="2026-03-10",
        meta=message_meta(info),
        new_id=clock.new_id,
    )
    contained = Contained()
    context = Context("p1", clock.new_id, NOW, raw="Binary/raw")
    envelope: Any = to_envelope(message, desk, context, contained)
    whole = desk.add(msgspec.structs.replace(envelope, contained=contained.listed()))
    key = SeriesKey("", "")
    draft = Draft("new", "in-force", key, tuple(desk.created), (), whole.reference or "")
    return without_original(record_of(draft))


def test_two_hundred_generated_envelopes_come_back_as_they_were() -> None:
    for seed in range(200):
        message = generated(ROW, seed)
        again = to_message(to_fhir(message), payload_of(message))

        assert canonical(render(message)) == canonical(render(again)), seed

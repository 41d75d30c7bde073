"""Generated messages of every type that has a way back from FHIR, and their records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from hub.clock import FixedClock
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.table_build import render
from hub.emessage.xml import canonical
from hub.mapping.draft import Context
from hub.mapping.record import Record, without_original
from hub.mapping.registry import MAPPERS, Row, payload_of
from hub.mapping.round_trip import record_of, write_back
from tests.message_generator import generated

NOW: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
BOTH_WAYS: Final = tuple(
    kind
    for kind in MESSAGE_TYPES
    # letters with an envelope of their own are tried in mapping/letter/ and official/test_letters.py
    if kind.root != "Message"
    and (row := MAPPERS.get((kind.type, kind.namespace))) is not None
    and row.from_fhir is not None
)


def row_of(kind: MessageType) -> Row:
    return MAPPERS[(kind.type, kind.namespace)]


def to_record(kind: MessageType, message: Any) -> Record:
    """A message → the resources it becomes, each read from its own JSON, without the message as it came."""
    context = Context("p1", FixedClock(NOW).new_id, NOW, raw="Binary/raw")
    draft = row_of(kind).to_fhir(message, payload_of(message), context).value
    return without_original(record_of(draft))


def differs(kind: MessageType, seed: int) -> bool:
    """Whether the message that a seed gives does not come back as it was."""
    message = generated(kind, seed)
    again = write_back(row_of(kind), to_record(kind, message))
    return canonical(render(message)) != canonical(again)

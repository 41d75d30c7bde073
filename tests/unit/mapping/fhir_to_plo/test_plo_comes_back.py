"""A PLO message goes into FHIR and comes back as it was: generated ones of every type that has a way back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.clock import FixedClock
from hub.emessage import xml
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.table_build import render
from hub.mapping.draft import Context
from hub.mapping.record import without_original
from hub.mapping.registry import MAPPERS, payload_of
from hub.mapping.round_trip import first_difference, record_of, write_back
from tests.message_generator import generated

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ROWS = [
    row
    for row in MESSAGE_TYPES
    if row.standard.startswith("PLO") and (row.type, row.namespace) in MAPPERS
]
IDS = [f"{row.type} {row.standard}" for row in ROWS]


def differs(row: MessageType, seed: int) -> str | None:
    """The first path at which a generated message comes back otherwise than it was; None when it does not."""
    message = generated(row, seed)
    mapped = MAPPERS[(row.type, row.namespace)]
    context = Context("p1", FixedClock(NOW).new_id, NOW, raw="Binary/raw")
    draft = mapped.to_fhir(message, payload_of(message), context).value
    again = write_back(mapped, without_original(record_of(draft)))
    before = render(message)
    if xml.canonical(before) == xml.canonical(again):
        return None
    return first_difference(xml.parse(before), xml.parse(again))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_generated_messages_come_back_as_they_were(row: MessageType) -> None:
    for seed in range(10):
        assert differs(row, seed) is None, seed


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_five_hundred_generated_messages_come_back_as_they_were(row: MessageType) -> None:
    for seed in range(1000, 1500):
        assert differs(row, seed) is None, seed

"""Every message type that has a way back: XML → value → FHIR → value → XML gives the same message."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.mapping.registry import MAPPERS
from hub.mapping.round_trip import RoundTrip, round_trip
from tests.round_trips import BOTH_WAYS, NOW, differs

GOLDEN = Path(__file__).parents[2] / "golden" / "emessage"
NUMBERS = {"PLO 1.6": 8, "PLO 1.5": 3}
"""The fewer the dearer; five hundred of each are the sweep's."""


@pytest.mark.parametrize("kind", BOTH_WAYS, ids=lambda kind: f"{kind.type}-{kind.standard}")
def test_generated_messages_come_back_as_they_were(kind: MessageType) -> None:
    assert [] == [seed for seed in range(NUMBERS.get(kind.standard, 40)) if differs(kind, seed)]


@pytest.mark.sweep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", BOTH_WAYS, ids=lambda kind: f"{kind.type}-{kind.standard}")
def test_five_hundred_generated_messages_come_back_as_they_were(kind: MessageType) -> None:
    assert [] == [seed for seed in range(500) if differs(kind, seed)]


def test_every_type_that_is_sent_in_an_envelope_has_a_way_back() -> None:
    sent = {(row.type, row.namespace) for row in MESSAGE_TYPES if row.sends}

    assert set() == {key for key in sent if MAPPERS[key].from_fhir is None}


def trip(data: bytes) -> RoundTrip:
    return round_trip(data, FixedClock(NOW).new_id, NOW)


@pytest.mark.parametrize("case", ["alert-table", "plain-text"])
def test_a_golden_dialogue_comes_back_as_it_was(case: str) -> None:
    data = (GOLDEN / "DIALOG_HELSEFAGLIG/1.1" / case / "message.xml").read_bytes()

    assert RoundTrip(equal=True) == trip(data)


def test_what_the_way_loses_is_told_by_its_path() -> None:
    data = (GOLDEN / "DIALOG_HELSEFAGLIG/1.1/plain-text/message.xml").read_bytes()
    told = data.replace(b"</Tema>", b"</Tema><TekstNotatInnhold>x</TekstNotatInnhold>", 1)

    found = trip(told)
    assert not found.equal
    assert found.first_difference is not None
    assert "TekstNotatInnhold" in found.first_difference


def test_a_type_without_a_way_back_says_so() -> None:
    data = (GOLDEN / "PLO/2.0/not-supported/message.xml").read_bytes()

    found = trip(data)
    assert not found.equal
    assert found.first_difference

"""Letters go through FHIR and come out the same: whatever the codec tables allow has a place in FHIR."""

from __future__ import annotations

import pytest

from hub.clock import FixedClock
from hub.emessage.message_types import MessageType
from hub.mapping.registry import MAPPERS
from hub.mapping.round_trip import RoundTrip, round_trip
from tests.letter_generator import LETTERS, letter_bytes
from tests.message_town import NOW

EQUAL = RoundTrip(equal=True)
MAPPED = [row for row in LETTERS if (row.type, row.namespace) in MAPPERS]


def trip(data: bytes) -> RoundTrip:
    return round_trip(data, FixedClock(NOW).new_id, NOW)


@pytest.mark.parametrize("row", MAPPED, ids=lambda row: row.standard)
def test_a_generated_letter_comes_back_the_same(row: MessageType) -> None:
    found = {seed: trip(letter_bytes(row, seed)) for seed in range(12)}

    assert {seed: t for seed, t in found.items() if t != EQUAL} == {}


@pytest.mark.parametrize("row", MAPPED, ids=lambda row: row.standard)
def test_a_letter_with_everything_in_it_comes_back_the_same(row: MessageType) -> None:
    """Every element of the codec's tables is there: nothing is silently lost."""
    assert trip(letter_bytes(row, 1, share=1.0)) == EQUAL

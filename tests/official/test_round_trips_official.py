"""Five hundred generated messages of each type that is sent, and the official examples, through FHIR and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.emessage.message_types import MessageType
from hub.mapping.round_trip import RoundTrip, round_trip
from tests.round_trips import BOTH_WAYS, NOW, differs

EXAMPLES = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "examples"
COMPLETE = ("dialogmelding-1.0",)
"""Folders whose every example must come back as it was."""
FIRST, LAST = 40, 500

pytestmark = pytest.mark.official


@pytest.mark.parametrize(
    "path",
    sorted(p for folder in COMPLETE for p in (EXAMPLES / folder).glob("*.xml")),
    ids=lambda p: p.name,
)
def test_an_official_example_comes_back_as_it_was(path: Path) -> None:
    assert RoundTrip(equal=True) == round_trip(path.read_bytes(), FixedClock(NOW).new_id, NOW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", BOTH_WAYS, ids=lambda kind: f"{kind.type}-{kind.standard}")
def test_five_hundred_generated_messages_come_back_as_they_were(kind: MessageType) -> None:
    """The first of them are tried in every run (tests/unit/mapping/test_round_trips.py)."""
    assert [] == [seed for seed in range(FIRST, LAST) if differs(kind, seed)]

"""The official examples of every type, through FHIR and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.mapping.round_trip import RoundTrip, round_trip
from tests.round_trips import NOW

EXAMPLES = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "examples"

pytestmark = pytest.mark.official


@pytest.mark.parametrize(
    "path",
    sorted(EXAMPLES.rglob("*.xml")),
    ids=lambda p: f"{p.parent.name}/{p.name}",
)
def test_an_official_example_comes_back_as_it_was(path: Path) -> None:
    assert RoundTrip(equal=True) == round_trip(path.read_bytes(), FixedClock(NOW).new_id, NOW)

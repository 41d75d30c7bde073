"""The official Epikrise and Henvisning examples, and 500 generated letters, go through FHIR and come back the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.emessage.message_types import MessageType
from hub.emessage.read import read_message
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.composition import Composition
from hub.fhir.models.r4.encounter import Encounter
from hub.mapping.letter.drops import DROPS
from hub.mapping.registry import MAPPERS
from hub.mapping.round_trip import RoundTrip, round_trip
from tests.letter_generator import LETTERS, letter_bytes
from tests.letter_trace import read_letter, stands
from tests.message_town import NOW, Town

EXAMPLES = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "examples"
FILES = sorted(
    path.relative_to(EXAMPLES).as_posix()
    for folder in ("epikrise-*", "henvisning-*")
    for path in EXAMPLES.glob(f"{folder}/*.xml")
)
MANY = 500
SHARE = 0.3
"""How often an optional part is there; letters with everything in them are tried in the unit tests."""
pytestmark = pytest.mark.official


def trip(data: bytes) -> RoundTrip:
    return round_trip(data, FixedClock(NOW).new_id, NOW)


def test_the_examples_are_there() -> None:
    assert len(FILES) == 12


@pytest.mark.parametrize("name", FILES)
def test_an_official_letter_comes_back_the_same(name: str) -> None:
    data = (EXAMPLES / name).read_bytes()
    kind = read_message(data).message_type
    assert kind is not None
    if (kind.type, kind.namespace) in MAPPERS:
        assert trip(data) == RoundTrip(equal=True)


@pytest.mark.parametrize("name", FILES)
def test_every_value_of_an_official_letter_is_found(name: str) -> None:
    found = stands(read_letter((EXAMPLES / name).read_bytes()))

    assert len(found) > 20
    assert {path for path, where in found.items() if not where} - set(DROPS) == set()


@pytest.mark.parametrize("row", [row for row in LETTERS if row.sends], ids=lambda row: row.standard)
def test_five_hundred_generated_letters_of_a_type_we_send_come_back_the_same(
    row: MessageType,
) -> None:
    found = {seed: trip(letter_bytes(row, seed, SHARE)) for seed in range(MANY)}

    assert {seed: t for seed, t in found.items() if not t.equal} == {}


def test_the_official_change_replaces_and_the_cancellation_withdraws_in_either_order() -> None:
    messages = {
        kind: read_message(
            (EXAMPLES / f"epikrise-1.1/epikrise_v1.1_{kind}.xml").read_bytes()
        ).message
        for kind in "nmc"
    }
    for order in ("nmc", "cmn"):
        town = Town()
        for kind in order:
            message = messages[kind]
            assert message is not None
            town.receive(message)

        assert {e.status for e in town.all(Encounter)} <= {"entered-in-error"}
        assert {c.status for c in town.all(Composition)} <= {"entered-in-error"}
        assert len(town.all(Communication)) == 3

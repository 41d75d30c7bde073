"""The official PLO examples: nothing in them is lost, what they become is valid FHIR, and they come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.fhir import codec
from hub.fhir.models.r4.encounter import Encounter
from hub.mapping.draft import draft_to_bundle
from hub.mapping.plo_to_fhir.drops import DROPS
from hub.mapping.round_trip import RoundTrip, round_trip
from tests.message_town import NOW, Town
from tests.message_trace import falses, traces

EXAMPLES = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "examples"
NAMES = sorted(p.relative_to(EXAMPLES).as_posix() for p in EXAMPLES.glob("plo-*/*.xml"))
NEW, CANCELLED, READY = (
    f"plo-1.6/Pasientlogistikk_{name}.xml"
    for name in (
        "Innlagt_pasient_v1-6_Ny",
        "Innlagt_pasient_v1-6_Kansellering",
        "Utskrivningsklar_pasient_v1-6_Ny",
    )
)
pytestmark = pytest.mark.official


def read(name: str) -> MsgHead:
    reading = read_message((EXAMPLES / name).read_bytes())
    assert reading.message is not None
    assert reading.problems == ()
    return reading.message


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_an_official_example_is_found(name: str) -> None:
    assert sorted({t.path for t in traces(read(name)) if not t.seen} - set(DROPS)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_false_in_an_official_example_is_told_from_nothing_said(name: str) -> None:
    assert [t.path for t in falses(read(name)) if not t.seen] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_official_example_becomes_valid_resources(name: str) -> None:
    codec.parse(codec.encode(draft_to_bundle(Town().draft(read(name)))), "Bundle")


@pytest.mark.parametrize("name", NAMES)
def test_an_official_example_comes_back_as_it_was(name: str) -> None:
    data = (EXAMPLES / name).read_bytes()

    assert round_trip(data, FixedClock(NOW).new_id, NOW) == RoundTrip(equal=True)


def test_the_official_cancellation_withdraws_its_admission_in_either_order() -> None:
    new, cancelled = read(NEW), read(CANCELLED)
    in_order, crossed = Town(), Town()
    in_order.receive(new)
    in_order.receive(cancelled)
    crossed.receive(cancelled)
    crossed.receive(new)

    assert in_order.only(Encounter).status == "entered-in-error"
    assert crossed.all(Encounter) == []


def test_the_official_messages_of_one_stay_meet_in_one_encounter() -> None:
    town = Town()
    town.receive(read(NEW))
    town.receive(read(READY))

    assert town.only(Encounter).status == "in-progress"

"""The official PLO 1.6 examples of the types we read: nothing in them is lost, and what they become is valid FHIR."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.fhir import codec
from hub.fhir.models.r4.encounter import Encounter
from hub.mapping.draft import draft_to_bundle
from hub.mapping.plo_to_fhir.drops import DROPS
from tests.message_town import Town
from tests.message_trace import falses, traces

EXAMPLES = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "examples" / "plo-1.6"
NAMES = (
    "Utskrivningsrapport_v1-6_Ny.xml",
    "Pasientlogistikk_Innlagt_pasient_v1-6_Ny.xml",
    "Pasientlogistikk_Innlagt_pasient_v1-6_Kansellering.xml",
    "Pasientlogistikk_Utskrivningsklar_pasient_v1-6_Ny.xml",
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


def test_the_official_cancellation_withdraws_its_admission_in_either_order() -> None:
    new, cancelled = read(NAMES[1]), read(NAMES[2])
    in_order, crossed = Town(), Town()
    in_order.receive(new)
    in_order.receive(cancelled)
    crossed.receive(cancelled)
    crossed.receive(new)

    assert in_order.only(Encounter).status == "entered-in-error"
    assert crossed.all(Encounter) == []


def test_the_official_messages_of_one_stay_meet_in_one_encounter() -> None:
    town = Town()
    town.receive(read(NAMES[1]))
    town.receive(read(NAMES[3]))

    assert town.only(Encounter).status == "in-progress"

"""The hospital's messages of the demo day: read by the hub's own codec without a problem, for our own services."""

import pytest

from hub.demo.messages import ROUTES, build_message
from hub.demo.people import HEART, own_services
from hub.demo.story import Event, build_story
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.read import read_message
from hub.emessage.receipt import own_receivers
from hub.values import HerId, OwnService, parse_national_id

STORY = build_story()
MESSAGES = [e for e in STORY.events if e.message]
SERVICES = [
    OwnService(HerId(top), HerId(low.removesuffix("=*")))
    for top, low in (pair.split("/") for pair in own_services().split(";"))
]


@pytest.mark.parametrize("event", MESSAGES, ids=lambda e: str(e.message))
def test_a_message_reads_back_without_a_problem(event: Event) -> None:
    reading = read_message(build_message(STORY, event))

    assert reading.problems == ()
    assert reading.envelope is not None
    assert event.message is not None
    assert reading.envelope.type == ROUTES[event.message].type
    assert reading.app_rec_version == "1.1"


@pytest.mark.parametrize("event", MESSAGES, ids=lambda e: str(e.message))
def test_a_message_is_for_a_service_of_ours_and_a_patient_of_the_town(event: Event) -> None:
    envelope = read_message(build_message(STORY, event)).envelope

    assert envelope is not None
    (receiver,) = own_receivers(envelope, SERVICES)
    assert receiver.service is not None
    assert receiver.problems == ()
    assert envelope.patient is not None
    number = envelope.patient.identifiers[0].value
    assert number == STORY.people[event.person].national_id
    assert parse_national_id(number) is not None


def test_every_kind_of_message_comes_once_with_its_own_id() -> None:
    ids = set()
    for event in MESSAGES:
        envelope = read_message(build_message(STORY, event)).envelope
        assert envelope is not None
        ids.add(envelope.msg_id)

    assert {e.message for e in MESSAGES} == set(ROUTES)
    assert len(ids) == len(MESSAGES)


def test_the_same_story_makes_the_same_bytes() -> None:
    again = build_story()

    assert [build_message(again, e) for e in again.events if e.message] == [
        build_message(STORY, e) for e in MESSAGES
    ]


def test_the_discharge_report_asks_for_follow_up_at_home_with_the_three_answers() -> None:
    event = next(e for e in MESSAGES if e.message == "utskrivningsrapport")

    payload = read_message(build_message(STORY, event)).payload

    assert event.person == HEART
    assert isinstance(payload, TverrfagligEpikrise)
    (need,) = payload.tjeneste_behov
    assert need.betegnelse_tjeneste == "Digital hjemmeoppfølging"
    for answer in ("Vurdert for DHO", "Egenbehandlingsplan", "Grenseverdier"):
        assert answer in (need.beskrivelse_av_tjeneste or "")
    assert len(payload.legemiddelinfo) == 4
    assert len(payload.opplysning_opphold) == 2

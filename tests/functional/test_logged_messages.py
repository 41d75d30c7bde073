"""Messages in the access log: each that came, was decided on, was handed over and was answered has entries of its own.

Source: security/audit.md §3.4 no. 3 (received, mapped, delivered, rejected) and no. 14 (disclosed to whom).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.fhir.codec import parse
from hub.mapping.audit_to_citizen import audit_to_citizen, citizen_event
from hub.store.audit_chain import verify
from tests.access_log import log_of
from tests.builders import Json, to_json
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_receiving import DTD, admitted

ISO = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"


@pytest.fixture
def post(make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path) -> Followed:
    """A hub with a drop and two services."""
    return Followed(make_client, clock, tmp_path / "drop", TWO_SERVICES)


def passed(post: Followed, tenant: int = 1) -> list[Json]:
    """The entries about messages, oldest first; the chain they stand in holds."""

    def read(connection: Any) -> list[Json]:
        _, fault = verify(connection, tenant, {})
        assert fault is None
        return [e for e in log_of(connection, tenant) if e["type"].get("system") == ISO]

    client = post.client
    events = client.runner.run(client.hub.store.engine.read(read))
    for event in events:
        parse(to_json(event), "AuditEvent")
    return events


def told(event: Json) -> tuple[str, str, str, str]:
    """An entry → what passed, its type, the outcome and why."""
    return event["type"]["code"], event["subtype"][0]["code"], event["outcome"], event["outcomeDesc"]  # fmt: skip


def digest_in(event: Json) -> str:
    details = [d for e in event["entity"] for d in e.get("detail", ())]
    return next(d["valueString"] for d in details if d["type"] == "sha-256")


def patients_of(event: Json) -> set[str]:
    what = [e.get("what", {}).get("reference", "") for e in event["entity"]]
    return {each for each in what if each.startswith("Patient/")}


def arrive(post: Followed, data: bytes, name: str = "fil.xml") -> None:
    (post.drop.inbox / name).write_bytes(data)
    post.take_in()
    post.look_after()


def test_a_message_that_is_taken_in_is_logged_as_it_came_and_as_it_was_decided_on(
    post: Followed,
) -> None:
    who = post.client.create(ASLAUG)
    data = admitted(1)
    arrive(post, data)
    came, taken, *answers = passed(post)
    assert told(came) == ("receive", "unknown", "0", "received: stored")
    assert told(taken) == ("receive", "LOG_INNLAGT", "0", "received: imported")
    assert digest_in(came) == digest_in(taken) == sha256(data).hexdigest()
    assert (patients_of(came), patients_of(taken)) == (set(), {who})
    assert taken["agent"][-1]["who"]["identifier"]["value"], "who has sent it"
    assert {told(e)[:2] for e in answers} == {("disclose", "APPREC")}, (
        "the receipt went to its sender"
    )
    assert b"Aslaug" not in to_json(came) + to_json(taken)


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (b"no xml at all", "quarantined"),
        (DTD + admitted(3), "quarantined"),
        (admitted(4).replace(b"LOG_INNLAGT", b"LOG_UKJENT"), "rejected"),
        (admitted(4).replace(b"LOG_INNLAGT", b"13116900216 Kari"), "rejected"),
        (admitted(5).replace(b"12834812019", b"13116900216"), "held"),
    ],
)
def test_a_message_that_is_not_taken_in_is_logged_with_what_became_of_it(
    post: Followed, data: bytes, state: str
) -> None:
    post.client.create(ASLAUG)
    arrive(post, data)
    event = [e for e in passed(post) if e["type"]["code"] == "receive"][-1]
    assert event["outcomeDesc"] == f"received: {state}"
    assert event["outcome"] == ("0" if state == "held" else "4")
    assert digest_in(event) == sha256(data).hexdigest()


def test_the_same_bytes_again_and_other_bytes_are_logged_as_that(post: Followed) -> None:
    post.client.create(ASLAUG)
    arrive(post, admitted(1), "a.xml")
    arrive(post, admitted(1), "b.xml")
    arrive(post, admitted(1).replace(b"Aslaug", b"Astrid"), "c.xml")
    why = [e["outcomeDesc"] for e in passed(post) if e["type"]["code"] == "receive"]
    assert why == [
        *("received: stored", "received: imported"),
        *("received: stored", "received: duplicate"),
        *("received: stored", "received: conflict"),
    ]


def test_a_message_whose_entry_cannot_be_written_is_not_taken_in(
    post: Followed, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = post.client.create(ASLAUG)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr("hub.flows.receive_message.log_decision", broken)
    arrive(post, admitted(1))
    assert post.client.search(f"Communication?subject={who}") == []
    monkeypatch.undo()
    clock.at += timedelta(minutes=1)
    post.work()
    assert len(post.client.search(f"Communication?subject={who}")) == 1


def test_the_patient_is_told_who_got_what_in_words(post: Followed) -> None:
    post.client.create(ASLAUG)
    arrive(post, admitted(1))
    lines = [audit_to_citizen(to_json(e)) for e in passed(post)]
    assert lines[1].what.startswith("tok imot meldingen «Melding om innlagt pasient» fra ")
    assert lines[1].who == "Huben selv"
    assert any(" til " in line.what for line in lines[2:])
    for event in passed(post):
        parse(to_json(citizen_event(to_json(event))), "AuditEvent")

"""Changes and cancellations find what they are about: by reference, by document, by content; in any order; a sender's own only.

Source: hodemelding.md rules 2 and 3, plo.md §3, emessage/README.md nos. 9 and 11.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.emessage.table_build import render
from tests.functional.followed import ASLAUG, Followed
from tests.functional.test_receiving import accepted, admitted, put, receipts, stays
from tests.message_builders import event, logistics, message, msg_id, party

LATER = "2026-03-02T12:00:00"
EARLIER = "2026-03-02T08:00:00"


def asked(post: Followed) -> int:
    return len(post.tasks(code="match-series"))


# By content, where nothing is named


def test_a_cancellation_that_names_nothing_withdraws_the_message_it_repeats(
    post: Followed, who: str
) -> None:
    put(post, admitted(), admitted(2, status="C", sent=LATER))

    assert (["entered-in-error"], 0) == (stays(post, who), asked(post))
    assert [accepted(1), accepted(2)] == receipts(post)


def test_it_does_so_also_when_it_comes_first(post: Followed, who: str) -> None:
    put(post, admitted(2, status="C", sent=LATER))
    assert 1 == asked(post)
    put(post, admitted(), name="b")

    assert all(status == "entered-in-error" for status in stays(post, who))
    assert [accepted(1), accepted(2)] == receipts(post)


def test_a_message_made_after_the_cancellation_is_not_what_it_cancels(
    post: Followed, who: str
) -> None:
    put(post, admitted(2, status="C", sent=EARLIER))
    put(post, admitted(), name="b")

    assert "in-progress" in stays(post, who)


def test_another_event_is_not_touched(post: Followed, who: str) -> None:
    put(post, admitted(), admitted(2, status="C", at="2026-01-15T08:00:00", sent=LATER))

    assert ("in-progress" in stays(post, who), 1) == (True, asked(post))


def test_of_two_that_fit_a_person_chooses(post: Followed, who: str) -> None:
    put(post, admitted(), admitted(3), admitted(2, status="C", sent=LATER))

    assert ("in-progress" in stays(post, who), 1) == (True, asked(post))
    assert 3 == len(receipts(post))


def test_the_second_cancellation_of_the_same_finds_nothing_left(post: Followed, who: str) -> None:
    put(post, admitted(), admitted(2, status="C", sent=LATER), admitted(3, status="C", sent=LATER))

    assert (["entered-in-error"], 1) == (stays(post, who), asked(post))


def test_what_follows_a_message_that_was_cancelled_before_it_came_is_cancelled_too(
    post: Followed, who: str
) -> None:
    change = admitted(3, status="M", follows=(1, 1), at="2026-02-26T14:00:00", sent=LATER)
    put(post, admitted(2, status="C", sent=LATER), admitted(), change)

    assert "in-progress" not in stays(post, who)


# By reference


def test_a_reference_to_a_change_finds_the_whole_series(post: Followed, who: str) -> None:
    put(
        post,
        admitted(),
        admitted(2, status="M", follows=(1, 1), at="2026-02-26T14:00:00", sent="2026-03-02T11:00:00"),
        admitted(3, status="C", follows=(2, 2), at="2026-02-26T14:00:00", sent=LATER),
    )  # fmt: skip

    assert {"entered-in-error"} == set(stays(post, who))
    assert 0 == asked(post)


@pytest.mark.parametrize(
    "order", [(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)], ids=str
)
def test_original_change_and_cancellation_end_cancelled_in_every_order(
    post: Followed, who: str, order: tuple[int, ...]
) -> None:
    files = {
        1: admitted(),
        2: admitted(2, status="M", follows=(1, 1), at="2026-02-26T14:00:00", sent="2026-03-02T11:00:00"),
        3: admitted(3, status="C", follows=(2, 1), at="2026-02-26T14:00:00", sent=LATER),
    }  # fmt: skip
    put(post, *(files[number] for number in order))

    assert {"entered-in-error"} >= set(stays(post, who))
    active = [c for c in post.client.search("Composition?_count=20") if c["status"] == "final"]
    told = [c for c in active if not c["title"].startswith("Kansellering")]
    assert [] == told
    assert 3 == len(receipts(post))


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)], ids=str)
def test_of_two_changes_the_later_one_counts(
    post: Followed, who: str, order: tuple[int, ...]
) -> None:
    files = {
        1: admitted(),
        2: admitted(2, status="M", follows=(1, 1), at="2026-02-26T14:00:00", sent="2026-03-02T11:00:00"),
        3: admitted(3, status="M", follows=(2, 1), at="2026-02-25T14:00:00", sent=LATER),
    }  # fmt: skip
    put(post, *(files[number] for number in order))

    found = post.client.search(f"Encounter?patient={who}&_count=20")
    starts = [e["period"]["start"][:10] for e in found if e["status"] == "in-progress"]
    assert ["2026-02-25"] == starts


def test_nobody_cancels_what_another_entity_sent(post: Followed, who: str) -> None:
    other = party("Høyfjell sykehus HF", "8097001", "Indremedisin", "8097101")
    put(post, admitted(), admitted(2, status="C", follows=(1, 1), sender=other, sent=LATER))

    assert "in-progress" in stays(post, who)


def test_another_service_of_the_same_entity_does(post: Followed, who: str) -> None:
    same = party("Fjordbyen sykehus HF", "8094001", "Mottak", "8094102")
    put(post, admitted(), admitted(2, status="C", follows=(1, 1), sender=same, sent=LATER))

    assert ["entered-in-error"] == stays(post, who)


def test_a_cancellation_in_a_conversation_touches_messages_of_its_own_type_alone(
    post: Followed, who: str
) -> None:
    ready = logistics("LOG_UTSKRIVNINGSKLAR", event("1", "2026-02-27T14:00:00"), event("3", "2026-03-02"))  # fmt: skip
    put(
        post,
        admitted(),
        render(message("LOG_UTSKRIVNINGSKLAR", ready, 2, follows=(1, 1), sent="2026-03-02T11:00:00")),
        admitted(3, status="C", follows=(1, 1), sent=LATER),
    )  # fmt: skip

    found = post.client.search("Communication?_count=10")
    standing = {c["identifier"][0]["value"] for c in found if c["status"] == "completed"}
    assert f"urn:uuid:{msg_id(2)}" in standing
    assert f"urn:uuid:{msg_id(1)}" not in standing
    assert who


def test_a_conversation_about_two_patients_is_for_a_person(post: Followed, who: str) -> None:
    post.client.create(
        {**ASLAUG, "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "15076500565"}],
         "birthDate": "1965-07-15", "name": [{"family": "Testdal", "given": ["Bjarte"]}], "gender": "male"}
    )  # fmt: skip
    dead: Any = logistics("LOG_DOD", event("13", "2026-03-01T14:00:00"))
    about_other = (
        render(message("LOG_DOD", dead, 2, follows=(1, 1)))
        .replace(b"12834812019", b"15076500565")
        .replace(b"Aslaug", b"Bjarte")
        .replace(b"1948-03-12", b"1965-07-15")
        .replace(b'<Sex V="2" DN="Kvinne"/>', b"")
    )
    put(post, admitted(), about_other)

    (task,) = post.tasks(code="match-patient")
    assert "samme samtale" in task["description"]
    assert [accepted(1)] == receipts(post)
    assert who

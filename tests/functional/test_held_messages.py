"""What waits for a person: who decides how, within which time, and what is never decided by itself.

Source: emessage/apprec.md, identifiers-and-codes.md ("Patient identifiers"), security/README.md (two identifiers).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.emessage import msghead
from hub.emessage.datatypes import CV
from hub.emessage.table_build import render
from hub.fhir.interactions.prepare import Setting
from hub.flows.decide_held import Verdict, decide
from hub.flows.held_decision import Decision
from hub.flows.store_draft import Desk
from hub.policy import Actor
from hub.store.migrate import DEMO_TENANT
from tests.builders import Json
from tests.functional.followed import ASLAUG, FNR, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_receiving import (
    Receipt,
    accepted,
    admission,
    admitted,
    arrivals,
    put,
    receipts,
    states,
    stays,
)
from tests.message_builders import OID, fnr, msg_id, person

FHN = "80000000156"
BOTH = ("1948-03-12", "Aslaug Testdal")


def ident(kind: str, value: str) -> msghead.Ident:
    return msghead.Ident(id=value, type_id=CV(v=kind, s=f"{OID}8116"))


def of(*idents: msghead.Ident, number: int = 1, **more: Any) -> bytes:
    return render(admission(number, patient=person(ident=idents), **more))


NOW = "2026-11-21T12:00:00Z"


def settle(post: Followed, decision: Decision, *identifiers: str, number: int = 1) -> Verdict:
    """A person decides; what follows is done."""
    nina = Actor("internal_job", "operator:nina", "Nina", DEMO_TENANT, f"messages {decision.kind}")
    desk = Desk(nina, Setting(post.clock.now(), "http://hub.example/fhir"), post.clock.new_id)

    def work(unit: Any) -> Verdict:
        return decide(unit, desk, msg_id(number), decision, identifiers)

    verdict = post.client.runner.run(post.hub.store.write(work))
    post.work()
    return verdict


def matched(who: str, second: str = "Olav") -> Decision:
    return Decision("match", patient_id=who.removeprefix("Patient/"), by="Nina", second=second)


def created(second: str = "Olav") -> Decision:
    return Decision("create", by="Nina", second=second)


def numbers(post: Followed, who: str) -> list[str]:
    return [i["value"] for i in post.client.get(who).json()["identifier"]]


def task(post: Followed) -> Json:
    (found,) = post.tasks(code="match-patient")
    return found


# Whose it is


def test_a_person_says_whose_it_is_and_the_new_number_finds_the_patient_from_then_on(
    post: Followed,
) -> None:
    who = post.client.create({**ASLAUG, "identifier": [{**FNR, "system": "urn:oid:2.16.578.1.12.4.1.4.3", "value": FHN}]})  # fmt: skip
    put(post, admitted())
    assert ["held"] == states(post)
    (raw,) = arrivals(post)
    assert who in raw.reason

    assert settle(post, matched(who), *BOTH).done
    assert (["imported"], [accepted()]) == (states(post), receipts(post))
    assert [FHN, FNR["value"]] == numbers(post, who)
    assert "completed" == task(post)["status"]
    put(post, admitted(2), name="b")
    assert ["imported", "imported"] == sorted(states(post))
    put(post, of(ident("FHN", FHN), number=3), name="c")
    assert ["imported"] * 3 == states(post)


def test_a_helper_number_is_corrected_to_a_national_one_by_two_persons(post: Followed) -> None:
    put(post, of(ident("FHN", FHN)))
    assert settle(post, created(), FHN, "Aslaug Testdal").done
    (who,) = [f"Patient/{p['id']}" for p in post.client.search("Patient")]
    assert (["imported"], [accepted()]) == (states(post), receipts(post))

    put(post, of(ident("FHN", FHN), fnr(), number=2), of(fnr(), number=3), name="b")
    assert ["imported", "held", "imported"] == states(post)  # b0, b1, fil0
    (asked,) = post.tasks(code="new-number")
    assert FNR["value"] not in json.dumps(asked)
    assert [FHN] == numbers(post, who)

    assert settle(post, matched(who), FNR["value"], BOTH[0], number=2).text.startswith(
        "An identifier"
    )
    assert settle(post, matched(who), *BOTH, number=2).done
    assert [FHN, FNR["value"]] == numbers(post, who)
    assert "completed" == post.tasks(code="new-number")[0]["status"]
    assert settle(post, Decision("again"), number=3).done
    assert ["imported"] * 3 == states(post)


def test_an_h_number_belongs_to_who_issued_it(post: Followed) -> None:
    own = ident("HNR", "12435012345")
    put(post, of(own))
    assert settle(post, created(), *BOTH).done
    (patient,) = post.client.search("Patient")
    assert "8094001" == patient["identifier"][0]["assigner"]["identifier"]["value"]

    put(post, of(own, number=2), name="b")
    assert ["imported", "imported"] == sorted(states(post))
    other = of(own, number=3).replace(b"8094001", b"8097001").replace(b"8094101", b"8097101")
    put(post, other.replace(b"1948-03-12", b"1950-05-05"), name="c")
    assert ["held", "imported", "imported"] == sorted(states(post))


def test_a_d_number_sent_as_another_kind_is_still_a_d_number(post: Followed) -> None:
    d_number = "41010100044"
    who = post.client.create({**ASLAUG, "birthDate": "1901-01-01", "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.2", "value": d_number}]})  # fmt: skip
    data = of(ident("FNR", d_number)).replace(b"1948-03-12", b"1901-01-01")
    put(post, data.replace(b'<Sex V="2" DN="Kvinne"/>', b""))

    assert ["imported"] == states(post), arrivals(post)[0].reason
    assert [d_number] == numbers(post, who)


REFUSED_MATCHES = {
    "one identifier": (("1948-03-12",), "Olav", "Two identifiers"),
    "two of one kind": (("Aslaug Testdal", "Testdal Aslaug"), "Olav", "Two identifiers"),
    "another's birth date": (("1950-01-01", "Aslaug Testdal"), "Olav", "An identifier given is not"),
    "half a name": (("1948-03-12", "Aslaug"), "Olav", "An identifier given is not"),
    "no second person": (BOTH, "", "A second person"),
    "the same person twice": (BOTH, "nina", "A second person"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "second", "why"), REFUSED_MATCHES.values(), ids=REFUSED_MATCHES)
def test_a_match_needs_two_identifiers_and_two_persons(
    post: Followed, given: tuple[str, ...], second: str, why: str
) -> None:
    put(post, admitted())
    who = post.client.create({**ASLAUG, "identifier": []} | {"identifier": [{"value": "lokal-1"}]})
    verdict = settle(post, matched(who, second), *given)

    assert not verdict.done
    assert verdict.text.startswith(why)
    assert (["held"], []) == (states(post), receipts(post))


def test_a_patient_that_nothing_in_the_message_speaks_of_is_no_match(post: Followed) -> None:
    put(post, admitted())
    who = post.client.create({**ASLAUG, "birthDate": "1950-01-01", "name": [{"family": "Annen", "given": ["Kari"]}], "identifier": [{"value": "lokal-1"}]})  # fmt: skip

    assert settle(post, matched(who), "1950-01-01", "Kari Annen").text.startswith("No identifier")


def test_no_second_record_is_made_of_a_number_that_is_here(post: Followed) -> None:
    put(post, admitted())
    post.client.create({**ASLAUG, "name": [{"family": "Annen", "given": ["Kari"]}]})

    assert not settle(post, created(), *BOTH).done
    assert 1 == len(post.client.search("Patient"))


def test_a_record_made_meanwhile_is_used_and_not_doubled(post: Followed) -> None:
    put(post, admitted())
    nina = Actor("internal_job", "operator:nina", "Nina", DEMO_TENANT, "messages create")
    desk = Desk(nina, Setting(post.clock.now(), "http://hub.example/fhir"), post.clock.new_id)
    post.client.runner.run(
        post.hub.store.write(lambda unit: decide(unit, desk, msg_id(1), created(), BOTH))
    )
    who = post.client.create(ASLAUG)
    post.work()

    assert ["imported"] == states(post)
    assert 1 == len(post.client.search("Patient"))
    assert 1 == len(stays(post, who))


# Refusing


def test_a_person_refuses_with_e35_once_and_for_good(post: Followed) -> None:
    put(post, admitted(sent=NOW))
    assert settle(post, Decision("reject", code="E35")).done

    assert ["rejected"] == states(post)
    assert [Receipt("1.1", "PRIM", "2", ("E35",), msg_id(1))] == receipts(post)
    assert "rejected" == task(post)["status"]
    assert not settle(post, Decision("reject", code="E35")).done
    post.client.create(ASLAUG)
    put(post, admitted(sent=NOW), name="b")
    assert ["duplicate", "rejected"] == sorted(states(post))
    assert 1 == len(receipts(post))


@pytest.mark.parametrize(
    ("code", "text"),
    [("E30", ""), ("E36", ""), ("T02", ""), ("X99", ""), ("X99", "Nummeret 12834812019"), ("X99", "x" * 201)],
)  # fmt: skip
def test_codes_that_are_not_a_persons_to_choose_are_not_sent(
    post: Followed, code: str, text: str
) -> None:
    put(post, admitted())

    assert not settle(post, Decision("reject", code=code, text=text)).done
    assert (["held"], []) == (states(post), receipts(post))


def test_after_96_hours_a_refusal_is_not_sent_any_more_but_an_import_is_answered(
    post: Followed,
) -> None:
    sent = post.clock.now().astimezone(UTC)
    put(post, *(admitted(n, sent=sent.strftime("%Y-%m-%dT%H:%M:%SZ")) for n in (1, 2)))
    post.clock.at += timedelta(hours=97)
    post.work()
    assert settle(post, Decision("reject", code="E35")).done
    assert (["held", "rejected"], []) == (sorted(states(post)), receipts(post))

    post.client.create(ASLAUG)
    assert settle(post, Decision("again"), number=2).done
    assert [accepted(2)] == receipts(post)


# How long


@pytest.mark.parametrize(
    ("age", "hours"),
    [(timedelta(hours=90), 6), (timedelta(hours=0), 96), (timedelta(hours=-500), 96)],
    ids=["late", "at once", "a clock that runs ahead"],
)
def test_the_task_escalates_96_hours_after_the_message_was_made(
    post: Followed, age: timedelta, hours: int
) -> None:
    sent = (post.clock.now() - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    put(post, admitted(sent=sent))
    end = datetime.fromisoformat(task(post)["restriction"]["period"]["end"])
    assert abs(end - post.clock.now() - timedelta(hours=hours)) < timedelta(seconds=2)
    post.clock.at += timedelta(hours=hours, minutes=-5)
    post.work()
    assert "urgent" == task(post)["priority"]
    post.clock.at += timedelta(minutes=10)
    post.work()

    assert ("stat", []) == (task(post)["priority"], receipts(post))


def test_a_message_older_than_96_hours_is_taken_in_and_answered(post: Followed) -> None:
    who = post.client.create(ASLAUG)
    put(post, admitted(sent="2020-01-01T00:00:00"), admitted(2, sent="2999-01-01T00:00:00"))

    assert [accepted(1), accepted(2)] == receipts(post)
    assert stays(post, who)


# Unknown receivers, when they are held


def test_an_unknown_receiver_may_be_held_for_a_person(
    make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path
) -> None:
    def make(**settings: Any) -> Client:
        return make_client(**settings, HUB_UNKNOWN_RECEIVER="hold")

    post = Followed(make, clock, tmp_path / "drop", TWO_SERVICES)
    who = post.client.create(ASLAUG)
    put(post, *(admitted(n, sent=NOW).replace(b"8095101", b"8095999") for n in (1, 2)), admitted(3))
    assert ["held", "held", "imported"] == states(post)

    assert settle(post, Decision("take")).done
    assert settle(post, Decision("reject", code="E21"), number=2).done
    found = receipts(post)
    assert [accepted(1), Receipt("1.1", "PRIM", "2", ("E21",), msg_id(2)), accepted(3)] == found
    assert stays(post, who)

"""Files in the drop → what the standards name for each, and nothing else stops.

Source: emessage/apprec.md, transport/file-drop.md ("Reading"), architecture D7.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hub.emessage.apprec import AppRec
from hub.emessage.datatypes import CS
from hub.emessage.msghead import MsgHead, OtherReceiver
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from hub.flows import map_message
from hub.flows.receive_message import ReceiveMessage
from hub.flows.replay_message import replay
from hub.ports import RawMessage
from hub.store.migrate import DEMO_TENANT
from hub.transport.file_drop_scan import ReadRules
from tests.builders import Json
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed, ProcessDied
from tests.functional.hub_client import Client
from tests.message_builders import event, logistics, message, msg_id, party

DTD = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


def admission(number: int = 1, *, status: str = "N", at: str = "2026-02-27T14:00:00", **more: Any) -> MsgHead:  # fmt: skip
    payload = logistics("LOG_INNLAGT", event("1", at), status=status)
    return message("LOG_INNLAGT", payload, number, **more)


def admitted(number: int = 1, **more: Any) -> bytes:
    return render(admission(number, **more))


@dataclass(frozen=True)
class Receipt:
    """What a receipt of ours says."""

    version: str
    role: str
    status: str
    errors: tuple[str, ...]
    answers: str


def put(post: Followed, *files: bytes, name: str = "fil") -> None:
    """Files → in the drop, one after the other, and taken in."""
    for number, data in enumerate(files):
        (post.drop.inbox / f"{name}{number}.xml").write_bytes(data)
    post.take_in()


def receipts(post: Followed) -> list[Receipt]:
    """What lies in out/, all of it receipts."""
    found: list[Receipt] = []
    for path in post.files(post.drop.out):
        reading = read_message(path.read_bytes())
        assert reading.app_rec is not None
        found.append(told(reading.app_rec, reading.app_rec_version))
    return sorted(found, key=lambda r: (r.answers, r.role))


def told(receipt: AppRec, version: str) -> Receipt:
    role = receipt.sender.role
    assert role is not None
    assert role.v is not None
    assert receipt.status.v is not None
    errors = tuple(e.v or "" for e in receipt.error)
    return Receipt(version, role.v, receipt.status.v, errors, receipt.original_msg_id.id)


def accepted(number: int = 1, role: str = "PRIM") -> Receipt:
    return Receipt("1.1", role, "1", (), msg_id(number))


def arrivals(post: Followed) -> list[RawMessage]:
    """What was kept, in the order of the file names."""

    def find(unit: Any) -> list[RawMessage]:
        return [unit.inbox.find(r.claim_id) for r in unit.inbox.recent(DEMO_TENANT, 100)]

    found = post.client.runner.run(post.hub.store.read(find))
    return sorted(found, key=lambda r: r.name)


def states(post: Followed) -> list[str]:
    return [raw.state for raw in arrivals(post)]


def stays(post: Followed, who: str) -> list[str]:
    return [e["status"] for e in post.client.search(f"Encounter?patient={who}&_count=100")]


def quarantined(post: Followed) -> list[str]:
    reasons = sorted(post.drop.quarantine.glob("*.reason.json"))
    return [json.loads(p.read_bytes())["reason"] for p in reasons]


# The way of a good message


def test_a_message_becomes_resources_and_one_receipt(post: Followed, who: str) -> None:
    data = admitted()
    put(post, data)

    assert [accepted()] == receipts(post)
    assert ["in-progress"] == stays(post, who)
    (raw,) = arrivals(post)
    assert (data, "imported") == (raw.raw, raw.state)
    (archived,) = post.files(post.drop.archive)
    assert data == archived.read_bytes()
    (provenance,) = post.client.search("Provenance?_count=10")
    source = provenance["entity"][0]["what"]["reference"]
    binary = post.client.get(source, headers={"Accept": "application/fhir+json"}).json()
    assert "Binary" == binary["resourceType"]


def test_all_of_it_is_in_the_access_log(post: Followed, who: str) -> None:
    put(post, admitted())

    events = post.client.search(f"AuditEvent?patient={who}&_count=100")
    made = {e["agent"][0]["who"]["identifier"]["value"] for e in events if e["action"] == "C"}
    assert {"developer", "receive"} == made


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + admitted(),
        admitted().decode().replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode("latin-1"),
        admitted().replace(b"\n", b"\r\n"),
    ],
    ids=["bom", "latin-1", "crlf"],
)
def test_other_ways_of_writing_the_same_message_are_read(
    post: Followed, who: str, data: bytes
) -> None:
    put(post, data)

    assert [accepted()] == receipts(post)
    (raw,) = arrivals(post)
    assert data == raw.raw
    assert 1 == len(stays(post, who))


def test_a_file_with_a_name_of_any_kind_is_read(post: Followed, who: str) -> None:
    (post.drop.inbox / "Melding fra sykehuset (æøå) .XML").write_bytes(admitted())
    post.take_in()

    assert ([accepted()], 1) == (receipts(post), len(stays(post, who)))


# Bad files, each with a good one beside it


@dataclass(frozen=True)
class Bad:
    """A bad file and what becomes of it: the state of its row, its receipt (status, error) and quarantine."""

    data: bytes
    state: str
    answer: tuple[str, tuple[str, ...]] | None = None
    put_away: bool = True


BAD = {
    "not XML": Bad(b"Hei, dette er ingen melding", "quarantined"),
    "JSON": Bad(b'{"resourceType": "Patient"}', "quarantined"),
    "binary": Bad(bytes(range(256)) * 20, "quarantined"),
    "cut off": Bad(admitted(1)[:1500], "quarantined"),
    "DTD": Bad(DTD, "quarantined"),
    "external entity": Bad(
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "quarantined"
    ),
    "another root": Bad(b"<a/>", "quarantined"),
    "deep": Bad(b"<a>" * 5000 + b"</a>" * 5000, "quarantined"),
    "wrong encoding": Bad(
        admitted().replace("Prøve".encode(), "Prøve".encode("latin-1")), "quarantined"
    ),
    "U+0000": Bad(admitted().replace("Prøve".encode(), b"Pr\0ve"), "quarantined"),
    "U+0000 by its number": Bad(
        admitted().replace("Prøve".encode(), b"Pr&#0;ve"), "quarantined"
    ),
    "no sender": Bad(admitted().replace(b"8094101", b"").replace(b"8094001", b""), "quarantined"),
    "no MsgId": Bad(admitted().replace(msg_id(1).encode(), b""), "quarantined"),
    "another receiver": Bad(
        admitted().replace(b"8095101", b"7095101").replace(b"8095001", b"7095001"), "not-for-us"
    ),
    "an unknown service of ours": Bad(
        admitted().replace(b"8095101", b"8095999"), "rejected", ("2", ("E21",)), put_away=False
    ),
    "schema-invalid": Bad(
        admitted().replace(b"<po:Anslag>false</po:Anslag>", b"<po:Anslag>kanskje</po:Anslag>"),
        "rejected",
        ("2", ("T02",)),
        put_away=False,
    ),
    "an element nobody knows": Bad(
        admitted().replace(b"</MsgInfo>", b"<Mer>1</Mer></MsgInfo>"),
        "rejected",
        ("2", ("T02",)),
        put_away=False,
    ),
    "no patient": Bad(
        admitted()[: admitted().index(b"<Patient>")] + admitted()[admitted().index(b"</MsgInfo>") :],
        "rejected",
        ("2", ("E36",)),
        put_away=False,
    ),
    "a MsgId that is no UUID": Bad(
        admitted().replace(msg_id(1).encode(), b"melding-1"),
        "rejected",
        ("2", ("E10",)),
        put_away=False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_file_gets_its_answer_and_a_good_one_goes_through(
    post: Followed, who: str, bad: Bad
) -> None:
    put(post, bad.data, admitted(2), name="a")

    assert [bad.state, "imported"] == states(post)
    assert bad.data == arrivals(post)[0].raw
    good, others = accepted(2), [r for r in receipts(post) if r.answers != msg_id(2)]
    assert good in receipts(post)
    assert ([] if bad.answer is None else [bad.answer]) == [(r.status, r.errors) for r in others]
    assert int(bad.put_away) == len(quarantined(post))
    assert 1 == len(stays(post, who))


UNSUPPORTED = {
    "PLO 2.0": ("LOG_INNLAGT", "http://ehelse.no/xmlstds/po/Pasientlogistikk/2016-05-30", "1.1"),
    "unheard of": ("NYTT", "urn:ny", "1.1"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "namespace", "version"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_a_type_that_is_not_supported_is_kept_and_answered_in_its_own_version(
    post: Followed, who: str, kind: str, namespace: str, version: str
) -> None:
    start = admitted().index(b"<Pasientlogistikk")
    end = admitted().index(b"</Content>")
    data = admitted()[:start] + f'<A xmlns="{namespace}"/>'.encode() + admitted()[end:]
    put(post, data.replace(b'V="LOG_INNLAGT"', f'V="{kind}"'.encode()), admitted(2))

    assert ["rejected", "imported"] == states(post)
    assert [
        Receipt(version, "PRIM" if version == "1.1" else "SPR", "2", ("T10",), msg_id(1)),
        accepted(2),
    ] == receipts(post)
    assert 1 == len(stays(post, who))


def test_a_type_that_this_service_does_not_take_is_refused(post: Followed, who: str) -> None:
    dead = logistics("LOG_DOD", event("13", "2026-02-27T14:00:00"))
    data = render(message("LOG_DOD", dead)).replace(b"8095101", b"8095102")
    put(post, data, admitted(2).replace(b"8095101", b"8095102"))

    assert [("2", ("T10",)), ("1", ())] == [(r.status, r.errors) for r in receipts(post)]
    assert 1 == len(stays(post, who))


def test_an_empty_file_is_waited_for_and_put_away_after_ten_minutes(
    post: Followed, who: str
) -> None:
    tick = 0.0
    post.loop.incoming.ticks = lambda: tick
    put(post, b"", admitted(2))
    assert (["imported"], []) == (states(post), quarantined(post))
    tick = 601.0
    post.take_in()

    assert ["empty"] == quarantined(post)
    assert [accepted(2)] == receipts(post)
    assert 1 == len(stays(post, who))


def test_a_file_that_is_still_written_is_waited_for(post: Followed, who: str) -> None:
    tick, data = 0.0, admitted()
    post.loop.incoming.ticks = lambda: tick
    post.loop.incoming.rules = ReadRules(settle_s=1)
    put(post, data[:1000])
    assert [] == states(post)
    for _ in range(3):
        tick += 0.5
        with (post.drop.inbox / "fil0.xml").open("ab") as file:
            file.write(data[1000:1001])
        data = data[:1000] + data[1001:]
        post.take_in()
    assert [] == states(post)
    with (post.drop.inbox / "fil0.xml").open("ab") as file:
        file.write(data[1000:])
    for _ in range(2):
        tick += 1.1
        post.take_in()

    assert ["imported"] == states(post)
    assert [accepted()] == receipts(post)


def test_a_file_over_the_limit_is_put_away_unread(post: Followed, who: str) -> None:
    with (post.drop.inbox / "a.xml").open("wb") as file:
        file.truncate(35 * 1024 * 1024 + 1)
    put(post, admitted(2))

    assert ["quarantined", "imported"] == states(post)
    assert ["the file is too large"] == quarantined(post)
    assert [accepted(2)] == receipts(post)
    assert 1 == len(stays(post, who))


def test_side_files_and_other_files_are_no_messages(post: Followed, who: str) -> None:
    (post.drop.inbox / "fil0.xml.meta.json").write_text('{"receiverHerId": "8095101"}')
    (post.drop.inbox / "b.tmp").write_bytes(admitted(3))
    (post.drop.inbox / "under").mkdir()
    put(post, admitted())

    assert [accepted()] == receipts(post)
    assert 1 == len(stays(post, who))


def test_a_file_addressed_to_us_with_another_receiver_inside_is_answered(post: Followed) -> None:
    data = admitted().replace(b"8095101", b"7095101").replace(b"8095001", b"7095001")
    (post.drop.inbox / "fil0.xml.meta.json").write_text('{"receiverHerId": "8095101"}')
    put(post, data)

    assert [Receipt("1.1", "PRIM", "2", ("E21",), msg_id(1))] == receipts(post)
    assert ["rejected"] == states(post)


# Duplicates and conflicts


def test_the_same_bytes_again_change_nothing(post: Followed, who: str) -> None:
    put(post, admitted())
    put(post, admitted(), admitted())

    assert ["duplicate", "duplicate", "imported"] == sorted(states(post))
    assert [accepted()] == receipts(post)
    assert 1 == len(stays(post, who))
    assert [] == quarantined(post)


def test_other_bytes_under_a_known_id_are_an_alarm(post: Followed, who: str) -> None:
    put(post, admitted())
    put(post, admitted(at="2026-02-26T14:00:00"))

    assert ["conflict", "imported"] == sorted(states(post))
    assert [accepted()] == receipts(post)
    assert 1 == len(stays(post, who))
    (task,) = post.tasks(code="message-conflict")
    assert "requested" == task["status"]
    assert 1 == len(quarantined(post))


def test_the_id_of_another_sender_is_another_id(post: Followed, who: str) -> None:
    other = party("Høyfjell sykehus HF", "8097001", "Indremedisin", "8097101")
    put(post, admitted(), admitted(sender=other))

    assert ["imported", "imported"] == states(post)
    assert 2 == len(receipts(post))
    assert who


def test_a_refused_message_that_comes_again_is_a_duplicate(post: Followed, who: str) -> None:
    bad = BAD["schema-invalid"].data
    put(post, bad)
    put(post, bad)

    assert ["duplicate", "rejected"] == sorted(states(post))
    assert 1 == len(receipts(post))
    assert [] == stays(post, who)


def test_a_receipt_is_never_answered_not_even_a_stray_one(post: Followed, who: str) -> None:
    put(post, admitted())
    (path,) = post.files(post.drop.out)
    put(post, path.read_bytes(), path.read_bytes()[:-30], b"<AppRec/>")

    assert ["receipt", "quarantined", "quarantined", "imported"] == sorted(
        states(post), key=["receipt", "quarantined", "imported"].index
    )
    assert [accepted()] == receipts(post)
    assert who


# Several receivers


def test_each_of_two_own_receivers_answers_for_itself(post: Followed, who: str) -> None:
    copy = OtherReceiver(
        role_receiver=CS(v="COP", dn="Kopimottaker"),
        organisation=party("Solvik kommune", "8095001", "Saksbehandling", "8095102"),
    )
    made: Any = admission()
    head = replace(made, msg_info=replace(made.msg_info, other_receiver=(copy,)))
    put(post, render(head))

    assert [accepted(role="COP"), accepted(role="PRIM")] == receipts(post)
    assert 1 == len(stays(post, who))


# Patients


def test_an_unknown_patient_holds_message_and_receipt_until_a_person_has_helped(
    post: Followed,
) -> None:
    put(post, admitted())
    assert (["held"], []) == (states(post), receipts(post))
    (task,) = post.tasks(code="match-patient")
    (raw,) = arrivals(post)
    assert raw.claim_id in task["description"]
    assert "12834812019" not in json.dumps(task)

    who = post.client.create(ASLAUG)
    for _ in range(2):
        again(post, raw.claim_id)
    assert (["imported"], [accepted()]) == (states(post), receipts(post))
    assert 1 == len(stays(post, who))


def again(post: Followed, claim_id: str) -> None:
    """A person starts the message again."""

    def work(unit: Any) -> Any:
        return replay(unit, DEMO_TENANT, claim_id, "Nina", post.clock.now())

    post.client.runner.run(post.hub.store.write(work))
    post.work()


def test_replayed_too_early_it_stays_held_with_one_task(post: Followed) -> None:
    put(post, admitted())
    again(post, arrivals(post)[0].claim_id)

    assert ["held"] == states(post)
    assert 1 == len(post.tasks(code="match-patient"))


def test_a_held_message_that_comes_again_is_a_duplicate(post: Followed) -> None:
    put(post, admitted())
    put(post, admitted())

    assert ["duplicate", "held"] == sorted(states(post))
    assert 1 == len(post.tasks(code="match-patient"))


@pytest.mark.parametrize(
    "more", [{"name": [{"family": "Annen", "given": ["Kari"]}]}, {"birthDate": "1999-01-01"}]
)
def test_a_doubtful_patient_is_nobodys_to_guess(post: Followed, more: Json) -> None:
    who = post.client.create({**ASLAUG, **more})
    put(post, admitted())

    assert ["held"] == states(post)
    assert ([], []) == (stays(post, who), receipts(post))
    assert 1 == len(post.tasks(code="match-patient"))


def test_two_patients_with_one_number_are_doubt(post: Followed, who: str) -> None:
    post.client.create(ASLAUG)
    put(post, admitted())

    assert (["held"], []) == (states(post), stays(post, who))


def test_after_96_hours_the_task_is_urgent_and_nothing_is_sent(post: Followed) -> None:
    put(post, admitted())
    post.clock.at += timedelta(hours=97)
    post.work()

    (task,) = post.tasks(code="match-patient")
    assert ("stat", []) == (task["priority"], receipts(post))


# Series


def test_a_cancellation_withdraws_what_came_before_it(post: Followed, who: str) -> None:
    put(post, admitted())
    put(post, admitted(2, status="C", follows=(1, 1)))

    assert ["entered-in-error"] == stays(post, who)
    assert [accepted(1), accepted(2)] == receipts(post)


def test_a_cancellation_that_came_first_withdraws_what_comes_after(
    post: Followed, who: str
) -> None:
    put(post, admitted(2, status="C", follows=(1, 1)))
    put(post, admitted())

    assert all(status == "entered-in-error" for status in stays(post, who))
    assert [accepted(1), accepted(2)] == receipts(post)


def test_what_was_made_of_a_message_beforehand_is_used_once_and_only_while_it_holds(
    post: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer, store = post.loop.receive.importer, post.hub.store
    cancelled = admitted(2, status="C", follows=(1, 1))
    early = post.client.runner.run(
        store.read(
            lambda unit: importer.rehearse(unit, DEMO_TENANT, read_message(cancelled)), long=True
        )
    )
    assert early is not None
    assert early.ready is not None
    put(post, admitted(1))
    (stay,) = post.client.search(f"Encounter?patient={who}")

    async def stale(*_: object) -> object:
        return early

    monkeypatch.setattr(ReceiveMessage, "_rehearse", stale)
    put(post, cancelled, name="senere")

    assert ["imported", "imported"] == states(post)
    assert ["entered-in-error"] == stays(post, who)
    assert stay["id"] == post.client.search(f"Encounter?patient={who}")[0]["id"]


def test_a_message_is_mapped_once(
    post: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    mapper = map_message.find_mapper

    def counted(kind: str, namespace: str) -> object:
        asked.append(kind)
        return mapper(kind, namespace)

    monkeypatch.setattr(map_message, "find_mapper", counted)
    put(post, admitted(1), admitted(2, status="C", follows=(1, 1)))

    assert ["imported", "imported"] == states(post)
    assert ["LOG_INNLAGT", "LOG_INNLAGT"] == asked


def test_a_change_replaces_what_it_changes(post: Followed, who: str) -> None:
    put(post, admitted())
    put(post, admitted(2, status="M", follows=(1, 1), at="2026-02-26T14:00:00", sent="2026-03-02T11:00:00"))  # fmt: skip

    found = post.client.search(f"Encounter?patient={who}")
    starts = [e["period"]["start"][:10] for e in found if e["status"] == "in-progress"]
    assert ["2026-02-26"] == starts


# Crashes


def dies(*_: Any, **__: Any) -> Any:
    raise ProcessDied


CRASHES = {
    "before the raw row": "hub.transport.file_drop_in.FileDropIn.read",
    "after the raw row": "hub.flows.receive_message.read_message",
    "in the import": "hub.flows.send_receipts.render_app_rec",
    "after the import": "hub.transport.file_drop_in.FileDropIn.archive",
    "before the receipt": "hub.flows.submit_message.add_fact",
}


@pytest.mark.parametrize("where", CRASHES.values(), ids=CRASHES)
def test_whenever_the_hub_dies_the_message_is_taken_in_once(
    post: Followed,
    who: str,
    make_client: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    (post.drop.inbox / "a.xml").write_bytes(admitted())
    monkeypatch.setattr(where, dies)
    with pytest.raises(ProcessDied):
        post.take_in()
    monkeypatch.undo()

    reborn = Followed(make_client, post.clock, post.drop.out.parent, TWO_SERVICES)
    reborn.take_in()
    reborn.clock.at += timedelta(minutes=1)
    reborn.work()
    assert ["imported"] == states(reborn)
    assert [accepted()] == receipts(reborn)
    assert 1 == len(stays(reborn, who))
    assert 1 == len(reborn.files(reborn.drop.archive))


def test_a_fault_of_ours_rejects_nothing_and_is_tried_again(
    post: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("hub.flows.find_patient.match", fails)
    put(post, admitted())
    assert (["stored"], []) == (states(post), receipts(post))
    assert 1 == len(post.files(post.drop.archive))
    for _ in range(14):
        post.clock.at += timedelta(minutes=10)
        post.work()
    assert 1 == len(post.tasks(code="message-not-taken-in"))

    monkeypatch.undo()
    post.clock.at += timedelta(hours=4)
    post.work()
    assert (["imported"], [accepted()]) == (states(post), receipts(post))
    assert 1 == len(stays(post, who))


def test_a_file_whose_row_cannot_be_stored_is_claimed_again(
    post: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "disk full")

    tick = 0.0
    post.loop.incoming.ticks = lambda: tick
    monkeypatch.setattr("hub.store.inbox.InboxTable.keep", full)
    put(post, admitted(), admitted(2))
    assert [] == states(post)
    monkeypatch.undo()
    tick = 5.0
    post.take_in()

    assert ["imported", "imported"] == states(post)
    assert 2 == len(receipts(post))
    assert who


def test_more_files_than_one_round_takes_are_all_taken_in(post: Followed, who: str) -> None:
    post.loop.incoming.rules = ReadRules(settle_s=0, batch=5)
    put(post, *(admitted(n) for n in range(12)))

    assert ["imported"] * 12 == states(post)
    assert [accepted(n) for n in range(12)] == receipts(post)
    assert who

"""Answers to what we sent: late, twice, from the wrong party, half addressed; and answers taken back, both ways.

Source: emessage/apprec.md ("Receiving duties"), dialogmelding.md ("DIALOG_AVVIK"), transport/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hub.clock import FixedClock
from hub.emessage.codes.avvik_8117 import AVVIK
from hub.emessage.dialogmelding_1_0 import Dialogmelding
from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from hub.fhir.interactions.prepare import Setting
from hub.flows.send_avvik import Sent, send_avvik
from hub.flows.store_draft import Desk
from hub.mapping.avvik import Notice, to_avvik
from hub.policy import Actor
from hub.standin.journal import Manners
from hub.store.migrate import DEMO_TENANT
from tests.functional.followed import ASLAUG, SPO2_RULE, Followed
from tests.functional.hub_client import Client
from tests.functional.test_receiving import admitted, put, receipts
from tests.message_builders import msg_id


@pytest.fixture
def sent(followed: Followed) -> Followed:
    """A hub that has sent one message, to the GP."""
    name = followed.person(**followed.gp())
    followed.plan(name, SPO2_RULE)
    followed.send(name, "86")
    followed.look_after()
    return followed


def state(post: Followed) -> str:
    (row,) = [m for m in post.messages() if m.type != "APPREC"]
    return row.state


def answer(post: Followed, change: Callable[[bytes], bytes] = bytes, **manners: Any) -> None:
    """The GP's journal answers; its answer is changed on the way."""
    journal = post.journal()
    journal.manners = Manners(**manners)
    journal.step()
    for path in post.files(post.drop.inbox):
        if path.parent == post.drop.inbox:
            path.write_bytes(change(path.read_bytes()))
    post.take_in()


def reasons(post: Followed) -> list[str]:
    def find(unit: Any) -> list[str]:
        return [r.reason for r in unit.inbox.recent(DEMO_TENANT, 10)]

    return post.client.runner.run(post.hub.store.read(find))


def silent_for_days(post: Followed) -> None:
    post.clock.at += timedelta(hours=97)
    post.look_after()


def test_a_late_acceptance_counts_and_ends_the_task(sent: Followed) -> None:
    silent_for_days(sent)
    assert ("NoAppRec", "requested") == (state(sent), sent.tasks(code="no-receipt")[0]["status"])
    answer(sent)

    assert ("AppRecOk", "cancelled") == (state(sent), sent.tasks(code="no-receipt")[0]["status"])


def test_a_late_rejection_takes_the_place_of_the_missing_receipt(sent: Followed) -> None:
    silent_for_days(sent)
    answer(sent, answer="reject", code="E21")

    assert "AppRecRejected" == state(sent)
    assert "cancelled" == sent.tasks(code="no-receipt")[0]["status"]
    assert "requested" == sent.tasks(code="message-rejected")[0]["status"]


def test_an_acceptance_after_a_rejection_changes_nothing(sent: Followed) -> None:
    (path,) = sent.files(sent.drop.out)
    data = path.read_bytes()
    answer(sent, answer="reject", code="E21")
    (sent.drop.out / "again.xml").write_bytes(data)
    answer(sent)

    assert "AppRecRejected" == state(sent)
    assert "requested" == sent.tasks(code="message-rejected")[0]["status"]
    assert any(r.startswith("a further receipt") for r in reasons(sent))


def test_an_urgent_type_is_waited_for_less_long(
    make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path
) -> None:
    def make(**settings: Any) -> Client:
        return make_client(**settings, HUB_RECEIPT_HOURS="DIALOG_HELSEFAGLIG=24;LOG_DOD=1")

    post = Followed(make, clock, tmp_path / "drop")
    name = post.person(**post.gp())
    post.plan(name, SPO2_RULE)
    post.send(name, "86")
    clock.at += timedelta(hours=23)
    post.look_after()
    assert [] == post.tasks(code="no-receipt")
    clock.at += timedelta(hours=2)
    post.look_after()
    assert ("NoAppRec", 1) == (state(post), len(post.tasks(code="no-receipt")))


WHO = {
    "both levels": (b"", b"", "AppRecOk"),
    "a stranger on level 2": (b"8091011", b"8099999", "TransportAcked"),
    "another entity, level 2 as sent": (b"8091001", b"8099999", "AppRecOk"),
}


@pytest.mark.parametrize(("before", "after", "expected"), WHO.values(), ids=WHO)
def test_level_two_decides_whose_answer_it_is(
    sent: Followed, before: bytes, after: bytes, expected: str
) -> None:
    answer(sent, lambda data: data.replace(before, after) if before else data)
    sent.look_after()

    assert expected == state(sent)


def without_level_two(data: bytes) -> bytes:
    head, mark, rest = data.partition(b"<Receiver>")
    return re.sub(rb"<(Dept|HCPerson)>.*?</\1>", b"", head, flags=re.DOTALL) + mark + rest


def test_the_entity_alone_may_answer_when_one_message_can_be_meant(sent: Followed) -> None:
    answer(sent, without_level_two)

    assert "AppRecOk" == state(sent)


def test_another_entity_alone_may_not(sent: Followed) -> None:
    answer(sent, lambda data: without_level_two(data).replace(b"8091001", b"8099999"))
    sent.look_after()

    assert "TransportAcked" == state(sent)
    assert any("did not go to" in r for r in reasons(sent))


def test_a_receipt_for_what_we_never_sent_changes_nothing(sent: Followed) -> None:
    (row,) = sent.messages()
    answer(sent, lambda data: data.replace(row.msg_id.encode(), msg_id(77).encode()))

    assert "answers no message of ours" in reasons(sent)
    assert [] == sent.tasks(code="message-rejected")


def test_a_status_of_no_list_is_no_answer(sent: Followed) -> None:
    answer(sent, lambda data: data.replace(b'Status V="1"', b'Status V="7"'))
    silent_for_days(sent)

    assert "NoAppRec" == state(sent)


# Taken back


def gps_avvik(post: Followed, code: str = "1") -> bytes:
    (row,) = [m for m in post.messages() if m.type != "APPREC"]
    ours = read_message(row.raw, takes=lambda found: found.payload is not None).message
    assert ours is not None
    notice = Notice(code, "Pasienten har byttet fastlege", "Rolig Testlege")
    told = to_avvik(ours, ours.msg_info.receiver.organisation, notice, msg_id(501), post.clock.now(), "D")  # fmt: skip
    return render(told)


def test_the_gp_takes_the_answer_back_and_a_person_is_told_at_once(sent: Followed) -> None:
    answer(sent)
    assert "AppRecOk" == state(sent)
    data = gps_avvik(sent)

    def take_back(unit: Any) -> None:
        reading = read_message(data, takes=lambda found: found.payload is not None)
        for _ in range(2):
            sent.hub.work.track.taken_back(unit, DEMO_TENANT, reading, "claim")

    sent.client.runner.run(sent.hub.store.write(take_back))
    assert "TakenBack" == state(sent)
    (task,) = sent.tasks(code="message-taken-back")
    assert ("stat", True) == (task["priority"], "Feil adressat" in task["description"])
    (told,) = sent.client.search("Communication?_count=10")
    assert "stopped" == told["status"]


def test_an_avvik_of_somebody_else_takes_nothing_back(sent: Followed) -> None:
    answer(sent)
    data = gps_avvik(sent).replace(b"8091011", b"8099011").replace(b"8091001", b"8099001")

    def take_back(unit: Any) -> None:
        reading = read_message(data, takes=lambda found: found.payload is not None)
        sent.hub.work.track.taken_back(unit, DEMO_TENANT, reading, "claim")

    sent.client.runner.run(sent.hub.store.write(take_back))
    assert ("AppRecOk", []) == (state(sent), sent.tasks(code="message-taken-back"))


def refuse(post: Followed, **more: str) -> Sent:
    nina = Actor("internal_job", "operator:nina", "Nina", DEMO_TENANT, "messages avvik")
    desk = Desk(nina, Setting(post.clock.now(), "http://hub.example/fhir"), post.clock.new_id)
    usual = {"code": "1", "text": "Pasienten bor i en annen kommune", "contact": "Nina Prøve"}
    notice = Notice(**(usual | more))

    def work(unit: Any) -> Sent:
        return send_avvik(unit, desk, msg_id(1), notice, "D")

    made = post.client.runner.run(post.hub.store.write(work))
    post.work()
    return made


def written_avvik(post: Followed) -> MsgHead:
    found = [read_message(p.read_bytes(), takes=lambda r: r.payload is not None) for p in post.files(post.drop.out)]  # fmt: skip
    (one,) = [r for r in found if r.envelope is not None and r.envelope.type == "DIALOG_AVVIK"]
    assert () == one.problems
    assert one.message is not None
    return one.message


def test_what_we_answered_with_ok_is_taken_back_by_an_avvik_once(post: Followed) -> None:
    post.client.create(ASLAUG)
    put(post, admitted())
    assert "Queued." == refuse(post).text

    message = written_avvik(post)
    info = message.msg_info
    reference = info.conversation_ref
    assert reference is not None
    assert (msg_id(1), msg_id(1)) == (reference.ref_to_parent, reference.ref_to_conversation)
    assert info.patient is not None
    assert "Testdal" == info.patient.family_name
    assert "8095001" == info.sender.organisation.ident[0].id
    assert "8094001" == info.receiver.organisation.ident[0].id
    assert message.document[0].ref_doc.content is not None
    payload = message.document[0].ref_doc.content.elements[0]
    assert isinstance(payload, Dialogmelding)
    assert AVVIK.cv("1") == payload.notat[0].tema_kodet
    assert "An avvik about it went out already." == refuse(post).text
    written = [r for r in post.messages() if r.type == "DIALOG_AVVIK"]
    assert ["Written"] == [r.state for r in written]


def test_an_avvik_wants_a_message_taken_in_a_text_and_somebody_to_ask(post: Followed) -> None:
    assert "There is no such message." == refuse(post).text
    put(post, admitted())
    assert "the message is held" in refuse(post).text
    post.client.create(ASLAUG)
    put(post, render(replace(_admission(2), document=_admission(2).document)), name="b")
    for more in ({"text": " "}, {"contact": ""}, {"code": "7"}):
        assert "" == refuse(post, **more).msg_id
    assert [] == [m for m in post.messages() if m.type == "DIALOG_AVVIK"]
    assert 1 == len(receipts(post))


def _admission(number: int) -> Any:
    return read_message(admitted(number)).message

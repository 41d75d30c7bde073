"""Questions and answers hang together, whichever came first; and an avvik through the drop takes our message back.

Source: hodemelding.md rule 3, dialogmelding.md, emessage/apprec.md.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hub.clock import FixedClock
from hub.emessage import dialogmelding as dia
from hub.emessage.codes.tema_helsefaglig_dialog_7322 import TEMA_HELSEFAGLIG_DIALOG
from hub.emessage.datatypes import CS, text
from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import Content
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from hub.mapping.avvik import Notice, to_avvik
from tests.builders import Json
from tests.functional.followed import ASLAUG, SPO2_RULE, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_receiving import admission, put
from tests.message_builders import msg_id


def note(whole: MsgHead, words: str) -> MsgHead:
    """A message → the same envelope around a note of Helsefaglig dialog."""
    about = dia.Notat(
        tema_kodet=TEMA_HELSEFAGLIG_DIALOG.cv("6"),
        tema="Svar",
        tekst_notat_innhold=text(words),
    )
    info: Any = whole.msg_info
    named = replace(info, type=CS(v="DIALOG_HELSEFAGLIG", dn="Helsefaglig dialog"))
    (document,) = whole.document
    inner: Any = document
    ref: Any = inner.ref_doc
    said = replace(ref, content=Content((dia.Dialogmelding(notat=(about,)),)))
    found: Any = whole
    return replace(found, msg_info=named, document=(replace(inner, ref_doc=said),))


def reply(number: int, words: str, **more: Any) -> bytes:
    return render(note(admission(number, **more), words))


def by_msg_id(post: Followed, name: str) -> Json:
    (found,) = post.client.search(f"Communication?identifier=urn:ietf:rfc:3986|urn:uuid:{name}")
    return found


@pytest.fixture
def post(make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path) -> Followed:
    made = Followed(make_client, clock, tmp_path / "drop", TWO_SERVICES)
    made.client.create(ASLAUG)
    return made


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["question first", "answer first"])
def test_an_answer_points_at_its_question_whichever_came_first(
    post: Followed, order: tuple[int, ...]
) -> None:
    files = (reply(1, "Har dere målt?"), reply(2, "Ja", follows=(1, 1)))
    for place in order:
        put(post, files[place], name=f"f{place}")

    question, answer = by_msg_id(post, msg_id(1)), by_msg_id(post, msg_id(2))
    for name in ("inResponseTo", "partOf"):
        assert f"Communication/{question['id']}" == answer[name][0]["reference"], name
        assert f"urn:uuid:{msg_id(1)}" == answer[name][0]["identifier"]["value"]


def test_a_thread_of_three_keeps_parent_and_beginning_apart(post: Followed) -> None:
    put(post, reply(1, "a"), reply(2, "b", follows=(1, 1)), reply(3, "c", follows=(2, 1)))

    last = by_msg_id(post, msg_id(3))
    assert by_msg_id(post, msg_id(2))["id"] in last["inResponseTo"][0]["reference"]
    assert by_msg_id(post, msg_id(1))["id"] in last["partOf"][0]["reference"]


def test_a_reference_to_what_never_came_stays_a_number(post: Followed) -> None:
    put(post, reply(2, "b", follows=(9, 9)))

    (reference,) = by_msg_id(post, msg_id(2))["inResponseTo"]
    assert "reference" not in reference


# What we sent


@pytest.fixture
def sent(followed: Followed) -> Followed:
    name = followed.person(**followed.gp())
    followed.plan(name, SPO2_RULE)
    followed.send(name, "86")
    followed.answer(followed.journal())
    return followed


def of_gp(post: Followed, code: str = "1") -> MsgHead:
    """The GP's avvik about our message."""
    (row,) = [m for m in post.messages() if m.type == "DIALOG_HELSEFAGLIG"]
    ours = read_message(row.raw, takes=lambda found: found.payload is not None).message
    assert ours is not None
    notice = Notice(code, "Pasienten har byttet fastlege", "Rolig Testlege")
    whose = ours.msg_info.receiver.organisation
    return to_avvik(ours, whose, notice, msg_id(501), post.clock.now(), "D")


def test_the_gps_answer_points_at_our_message(sent: Followed) -> None:
    (row,) = [m for m in sent.messages() if m.type == "DIALOG_HELSEFAGLIG"]
    put(sent, render(note(of_gp(sent), "Sett, vi ringer i dag")))

    answer = by_msg_id(sent, msg_id(501))
    assert f"Communication/{row.communication_id}" == answer["inResponseTo"][0]["reference"]
    assert 1 == len(sent.messages("APPREC"))


def test_an_avvik_through_the_drop_takes_our_message_back(sent: Followed) -> None:
    put(sent, render(of_gp(sent)))

    (row,) = [m for m in sent.messages() if m.type == "DIALOG_HELSEFAGLIG"]
    assert "TakenBack" == row.state
    (task,) = sent.tasks(code="message-taken-back")
    assert "stat" == task["priority"]
    (receipt,) = sent.messages("APPREC")
    reading = read_message(receipt.raw)
    assert ("1.0", True) == (reading.app_rec_version, b'<Status V="1"' in receipt.raw)
    assert "stopped" == by_msg_id(sent, row.msg_id)["status"]

"""Dialogue messages in the drop → questions, answers and the state of referrals as FHIR, each with its receipt."""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from tests.dialogue_builders import (
    answer,
    attached,
    dialogue,
    helsefaglig,
    question,
    referral_status,
)
from tests.functional.followed import Followed
from tests.message_builders import msg_id

PDF = "JVBERi0xLjcKJcOkw7zDtsOf"


def take(post: Followed, *messages: MsgHead) -> list[tuple[str, str]]:
    """Messages → taken in one after the other; version and status of the receipts."""
    before = len(post.files(post.drop.out))
    for number, message in enumerate(messages):
        (post.drop.inbox / f"{number}.xml").write_bytes(render(message))
        post.take_in()
    found: list[tuple[str, str]] = []
    for path in post.files(post.drop.out)[before:]:
        reading = read_message(path.read_bytes())
        assert reading.app_rec is not None
        found.append((reading.app_rec_version, reading.app_rec.status.v or ""))
    return found


def test_a_question_becomes_a_request_that_somebody_must_answer(post: Followed, who: str) -> None:
    assert [("1.0", "1")] == take(post, dialogue("DIALOG_FORESPORSEL", question()))

    (asked,) = post.client.search(f"CommunicationRequest?patient={who}")
    (task,) = post.client.search(f"Task?patient={who}")
    assert asked["payload"][0]["contentString"] == "Hvilke legemidler bruker pasienten?"
    assert asked["status"] == "active"
    assert task["focus"]["reference"] == f"CommunicationRequest/{asked['id']}"
    assert task["code"]["coding"][0]["code"] == "answer-question"


def test_an_answer_points_to_the_question_by_the_number_of_its_message(
    post: Followed, who: str
) -> None:
    sent = dialogue("DIALOG_SVAR", answer(), 2, follows=(1, 1))
    assert [("1.0", "1")] == take(post, sent)

    (told,) = post.client.search(f"Communication?patient={who}")
    assert told["inResponseTo"][0]["identifier"]["value"] == f"urn:uuid:{msg_id(1)}"
    assert told["payload"][0]["contentString"] == "Ingen faste legemidler."
    copy = told["basedOn"][0]["reference"].removeprefix("#")
    assert copy in [
        c["id"] for c in told["contained"] if c["resourceType"] == "CommunicationRequest"
    ]


def test_a_dialogue_keeps_its_subject_and_its_attachment(post: Followed, who: str) -> None:
    first = helsefaglig("Medisinliste", "Se vedlegget.")
    sent = dialogue("DIALOG_HELSEFAGLIG", first, attachments=(attached(PDF, "application/pdf"),))
    assert [("1.1", "1")] == take(post, sent)

    (told,) = post.client.search(f"Communication?patient={who}")
    assert told["topic"]["text"] == "Medisinliste"
    documents = post.client.search(f"DocumentReference?patient={who}")
    (held,) = (
        d["content"][0]["attachment"] for d in documents if "size" in d["content"][0]["attachment"]
    )
    binary = post.client.get(held["url"], headers={"Accept": "application/pdf"})
    assert binary.content == b"%PDF-1.7\n%" + bytes.fromhex("c3a4c3bcc3b6c39f")


def test_the_state_of_a_referral_is_a_task_about_it(post: Followed, who: str) -> None:
    refused = referral_status("4", "Henvisningen er avvist")
    sent = dialogue("DIALOG_STATUS_HENVISNING", refused, 2, follows=(1, 1))
    assert [("1.1", "1")] == take(post, sent)

    (task,) = post.client.search(f"Task?patient={who}")
    assert task["status"] == "rejected"
    assert task["businessStatus"]["coding"][0]["code"] == "4"
    assert task["focus"]["identifier"]["value"] == f"urn:uuid:{msg_id(1)}"

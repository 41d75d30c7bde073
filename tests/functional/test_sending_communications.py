"""A Communication saved with status preparation and a message type → the dialogue message in the drop, or a Task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.emessage import dialogmelding_1_0
from hub.emessage.dialogmelding import Dialogmelding
from hub.emessage.msghead import MsgHead
from hub.emessage.read import Reading, read_message
from hub.emessage.table_build import render
from tests.builders import SPO2, Json, observation, quantity
from tests.dialogue_builders import dialogue, helsefaglig, question
from tests.functional import letters_in_fhir as letters
from tests.functional.followed import ASLAUG, HER, SPO2_RULE, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.message_builders import OID, event, logistics, message, msg_id

TYPES = "urn:oid:2.16.578.1.12.4.1.1.8279"
REFERRAL = "urn:oid:2.16.578.1.12.4.1.1.9148"


@pytest.fixture
def ward(post: Followed) -> str:
    """A service of a hospital, in two levels."""
    entity = {
        "resourceType": "Organization",
        "identifier": [{"system": HER, "value": "8094001"}],
        "name": "Fjordbyen sykehus HF",
    }
    above = post.client.create(entity)
    service = entity | {
        "identifier": [{"system": HER, "value": "8094101"}],
        "name": "Lungesykdommer",
        "partOf": {"reference": above},
    }
    return post.client.create(service)


def letter(who: str, kind: str = "DIALOG_HELSEFAGLIG", **more: Any) -> Json:
    return {
        "resourceType": "Communication",
        "status": "preparation",
        "category": [{"coding": [{"system": TYPES, "code": kind}]}],
        "subject": {"reference": who},
        "topic": {"text": "Oppfølging hjemme"},
        "payload": [{"contentString": "Vi ber om vurdering av planen."}],
        **more,
    }


def to(ward: str) -> list[Json]:
    return [{"reference": ward}]


def send(post: Followed, resource: Json) -> str:
    made = post.client.create(resource)
    post.work()
    post.work()
    return made


def sent(post: Followed) -> tuple[MsgHead, Reading]:
    """The newest message in out/."""
    found = [read_message(p.read_bytes(), takes=lambda _: True) for p in post.files(post.drop.out)]
    (reading,) = [r for r in found if r.message is not None]
    assert reading.message is not None
    assert reading.problems == ()
    return reading.message, reading


def note(reading: Reading) -> Any:
    assert isinstance(reading.payload, Dialogmelding)
    return reading.payload.notat[0]


def test_words_to_a_service_go_as_a_dialogue_message(post: Followed, who: str, ward: str) -> None:
    made = send(post, letter(who, recipient=to(ward)))

    message, reading = sent(post)
    envelope = reading.envelope
    assert envelope is not None
    assert envelope.type == "DIALOG_HELSEFAGLIG"
    (receiver,) = envelope.receivers
    assert (receiver.party.her_id, receiver.party.unit_her_id) != (None, None)
    assert note(reading).tema == "Oppfølging hjemme"
    assert note(reading).tekst_notat_innhold.plain == "Vi ber om vurdering av planen."
    assert {"21", "24"} == {r.role_to_patient.v for r in note(reading).roller_relatert_notat}
    assert message.msg_info.conversation_ref is None
    told = post.client.get(made).json()
    assert told["status"] == "in-progress"
    assert told["identifier"][0]["value"] == f"urn:uuid:{message.msg_info.msg_id}"


def test_values_go_along_as_a_table(post: Followed, who: str, ward: str) -> None:
    value = observation(who, SPO2, valueQuantity=quantity("87", "%"))
    measured = post.client.create(value)
    parts = [
        {"contentString": "Siste målinger:"},
        {"contentReference": {"reference": measured}},
    ]
    send(post, letter(who, recipient=to(ward), payload=parts))

    _, reading = sent(post)
    assert "87 %" in note(reading).tekst_notat_innhold.plain


def test_a_plan_goes_along_with_its_limits(post: Followed, ward: str) -> None:
    who = post.client.create(ASLAUG)
    plan = post.plan(who, SPO2_RULE).care_plan.id
    parts = [
        {"contentString": "Til godkjenning:"},
        {"contentReference": {"reference": f"CarePlan/{plan}"}},
    ]
    send(post, letter(who, recipient=to(ward), payload=parts))

    _, reading = sent(post)
    assert "rød under 88 %" in note(reading).tekst_notat_innhold.plain


def test_an_answer_goes_back_to_who_asked_and_stays_in_the_conversation(
    post: Followed, who: str
) -> None:
    (post.drop.inbox / "1.xml").write_bytes(render(dialogue("DIALOG_FORESPORSEL", question())))
    post.take_in()
    for path in post.files(post.drop.out):
        path.unlink()
    (asked,) = post.client.search(f"Communication?patient={who}")
    send(post, letter(who, inResponseTo=[{"reference": f"Communication/{asked['id']}"}]))

    message, reading = sent(post)
    reference = message.msg_info.conversation_ref
    assert reference is not None
    assert {msg_id(1)} == {reference.ref_to_parent, reference.ref_to_conversation}
    asker = message.msg_info.receiver.organisation
    assert asker.organisation is not None
    assert asker.organisation.organisation_name == "Lungesykdommer"
    assert ["21"] == [r.role_to_patient.v for r in note(reading).roller_relatert_notat]


def test_the_answer_to_a_referral_tells_its_state(post: Followed, who: str, ward: str) -> None:
    state = {"coding": [{"system": REFERRAL, "code": "1", "display": "Innkalles til helsehjelp"}]}
    told = letter(who, "DIALOG_STATUS_HENVISNING", recipient=to(ward), topic=state)
    send(post, told)

    _, reading = sent(post)
    assert note(reading).tema_kodet.v == "1"
    assert note(reading).tema_kodet.s == "2.16.578.1.12.4.1.1.9148"
    (role,) = note(reading).roller_relatert_notat
    assert role.healthcare_professional is not None
    assert role.healthcare_professional.family_name == "Digital hjemmeoppfølging"


def asked_of(post: Followed, who: str) -> Json:
    """A question that has come in, and nothing in out/."""
    (post.drop.inbox / "1.xml").write_bytes(render(dialogue("DIALOG_FORESPORSEL", question())))
    post.take_in()
    for path in post.files(post.drop.out):
        path.unlink()
    (asked,) = post.client.search(f"Communication?patient={who}")
    return {"inResponseTo": [{"reference": f"Communication/{asked['id']}"}]}


def without_topic(who: str, kind: str, **more: Any) -> Json:
    return {k: v for k, v in letter(who, kind, **more).items() if k != "topic"}


def test_an_answer_in_the_old_format_carries_the_question_and_its_text(
    post: Followed, who: str
) -> None:
    send(post, without_topic(who, "DIALOG_SVAR", **asked_of(post, who)))

    _, reading = sent(post)
    assert isinstance(reading.payload, dialogmelding_1_0.Dialogmelding)
    (told,) = reading.payload.notat
    assert (told.tema_kodet.v, told.tema_kodet.s) == ("5", f"{OID}9069")
    assert told.tekst_notat_innhold is not None
    assert told.tekst_notat_innhold.plain == "Vi ber om vurdering av planen."
    assert told.foresporsel is not None
    asked = question().foresporsel[0]
    assert (told.foresporsel.type_foresp, told.foresporsel.sporsmal) == (
        asked.type_foresp,
        asked.sporsmal,
    )
    assert [r.role_to_patient.v for r in told.roller_relatert_notat if r.role_to_patient] == ["21"]


@pytest.mark.parametrize(
    ("kind", "theme"), [("DIALOG_HELSEFAGLIG", ("6", "7322")), ("DIALOG_NOTAT", ("1", "7321"))]
)
def test_a_note_has_theme_text_and_somebody_to_call_though_nobody_wrote_them(
    post: Followed, who: str, ward: str, kind: str, theme: tuple[str, str]
) -> None:
    send(post, without_topic(who, kind, recipient=to(ward)))

    _, reading = sent(post)
    assert reading.payload is not None
    (told,) = reading.payload.notat  # pyright: ignore[reportAttributeAccessIssue] a dialogue message
    assert (told.tema_kodet.v, told.tema_kodet.s) == (theme[0], OID + theme[1])
    assert (told.tema is not None) == (kind == "DIALOG_HELSEFAGLIG")
    assert told.tekst_notat_innhold.plain == "Vi ber om vurdering av planen."
    assert "21" in {r.role_to_patient.v for r in told.roller_relatert_notat}


def answer(post: Followed, who: str, received: MsgHead) -> None:
    """A message about a patient → taken in, its receipt out of the way, and answered without a word on the topic."""
    (post.drop.inbox / "1.xml").write_bytes(render(received))
    post.take_in()
    for path in post.files(post.drop.out):
        path.unlink()
    (found,) = post.client.search(f"Communication?patient={who}")
    about = [{"reference": f"Communication/{found['id']}"}]
    send(post, without_topic(who, "DIALOG_HELSEFAGLIG", inResponseTo=about))


def test_an_answer_keeps_the_subject_of_the_thread(post: Followed, who: str) -> None:
    begun = dialogue("DIALOG_HELSEFAGLIG", helsefaglig("Medisinliste", "Hva bruker hun?"))
    answer(post, who, begun)

    _, reading = sent(post)
    assert note(reading).tema == "Medisinliste"


def test_what_tells_of_readiness_answers_it_as_such(post: Followed, who: str) -> None:
    ready = [event("1", "2026-02-20T10:00:00"), event("3", "2026-03-03")]
    told = message("LOG_UTSKRIVNINGSKLAR", logistics("LOG_UTSKRIVNINGSKLAR", *ready))
    answer(post, who, told)

    _, reading = sent(post)
    assert (note(reading).tema_kodet.v, note(reading).tema_kodet.s) == ("7", f"{OID}7322")


@pytest.mark.parametrize("own", [True, False])
def test_words_are_a_question_and_stand_before_one(
    post: Followed, who: str, ward: str, own: bool
) -> None:
    request: Json = {
        "resourceType": "CommunicationRequest",
        "status": "active",
        "category": [{"coding": [{"system": f"urn:oid:{OID}9152", "code": "4"}]}],
        "subject": {"reference": who},
        "payload": [{"contentString": "Hvilke legemidler?"}],
    }
    parts: list[Json] = [{"contentString": "Hun kommer hjem i dag."}]
    if own:
        parts.append({"contentReference": {"reference": post.client.create(request)}})
    send(post, letter(who, "DIALOG_FORESPORSEL", recipient=to(ward), payload=parts))

    _, reading = sent(post)
    assert isinstance(reading.payload, dialogmelding_1_0.Dialogmelding)
    assert reading.payload.notat == ()
    (asked,) = reading.payload.foresporsel
    last = ["Hvilke legemidler?"] if own else []
    assert asked.sporsmal == "\n".join(["Oppfølging hjemme", "Hun kommer hjem i dag.", *last])
    assert asked.type_foresp.v == ("4" if own else "99")
    assert [r.role_to_patient.v for r in asked.roller_relatert_notat if r.role_to_patient] == ["21"]


def test_the_name_of_a_theme_is_that_of_its_list(post: Followed, who: str, ward: str) -> None:
    state = {"coding": [{"system": REFERRAL, "code": "4"}]}
    send(post, letter(who, "DIALOG_STATUS_HENVISNING", recipient=to(ward), topic=state))

    _, reading = sent(post)
    assert note(reading).tema_kodet.dn == "Henvisningen er avvist"


def test_values_that_nobody_judged_have_no_column_of_zones(
    post: Followed, who: str, ward: str
) -> None:
    measured = post.client.create(observation(who, SPO2, valueQuantity=quantity("87", "%")))
    parts = [{"contentReference": {"reference": measured}}]
    send(post, without_topic(who, "DIALOG_HELSEFAGLIG", recipient=to(ward), payload=parts))

    _, reading = sent(post)
    assert note(reading).tema == "Målinger fra digital hjemmeoppfølging"
    assert "Sone" not in note(reading).tekst_notat_innhold.plain


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        ("DIALOG_HELSEFAGLIG", {"payload": []}, "ingen tekst"),
        ("DIALOG_NOTAT", {"payload": []}, "ingen tekst"),
        ("DIALOG_SVAR", {}, "må peke på et spørsmål"),
        ("DIALOG_FORESPORSEL", {"payload": [], "topic": None}, "spør ikke om noe"),
        ("DIALOG_STATUS_HENVISNING", {}, "kodeverk 9148"),
    ],
)
def test_a_message_that_would_say_nothing_is_not_sent(
    post: Followed, who: str, ward: str, kind: str, more: Json, why: str
) -> None:
    told = {k: v for k, v in (letter(who, kind, recipient=to(ward)) | more).items() if v}
    made = send(post, told)

    stands = post.client.get(made).json()
    assert stands["status"] == "on-hold"
    assert why in stands["statusReason"]["text"]
    assert [] == post.files(post.drop.out)


@pytest.mark.parametrize(
    "fault",
    [
        {"recipient": []},
        {"sender": {"identifier": {"system": HER, "value": "1"}}},
        {"recipient": [{"display": "Noen"}]},
        {"inResponseTo": [{"reference": "Communication/borte"}]},
        {"payload": [{"contentReference": {"reference": "DocumentReference/x"}}]},
        {"category": [{"coding": [{"system": TYPES, "code": "DIALOG_HELSEFAGLI"}]}]},
    ],
    ids=["nobody", "not ours", "no address", "no such message", "no text", "no such type"],
)
def test_what_cannot_be_sent_waits_for_a_person_and_says_why(
    post: Followed, who: str, ward: str, fault: Json
) -> None:
    told = {k: v for k, v in (letter(who, recipient=to(ward)) | fault).items() if v != []}
    made = send(post, told)

    stands = post.client.get(made).json()
    assert stands["status"] == "on-hold"
    assert stands["statusReason"]["text"]
    (task,) = post.client.search(f"Task?patient={who}")
    assert task["focus"]["reference"] == made
    assert [] == post.files(post.drop.out)


def test_a_communication_without_a_message_type_is_not_sent(
    post: Followed, who: str, ward: str
) -> None:
    told = letter(who, recipient=to(ward))
    del told["category"]
    send(post, told)

    assert [] == post.files(post.drop.out)


PDF = "JVBERi0xLjcKJcOkw7zDtsOf"


def document(post: Followed, who: str, data: str | None = PDF, **more: Any) -> str:
    """A document whose bytes lie in a Binary."""
    told = {"contentType": "application/pdf", **more}
    if data is not None:
        held = {"resourceType": "Binary", "contentType": "application/pdf", "data": data}
        told["url"] = post.client.create(held)
    return post.client.create(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": who},
            "content": [{"attachment": told}],
        }
    )


def attaching(post: Followed, who: str, ward: str, reference: str) -> str:
    parts = [{"contentString": "Se vedlegg."}, {"contentReference": {"reference": reference}}]
    return send(post, letter(who, recipient=to(ward), payload=parts))


def test_an_attachment_goes_along_with_title_and_date(post: Followed, who: str, ward: str) -> None:
    attaching(post, who, ward, document(post, who))

    message, reading = sent(post)
    assert [(a.mime_type, a.description) for a in reading.attachments] == [
        ("application/pdf", "Vedlegg")
    ]
    issued = message.document[1].ref_doc.issue_date
    assert issued is not None
    assert issued.v


@pytest.mark.parametrize(
    ("data", "more", "words"),
    [
        ("TVqQAAMAAAAEAAAA", {}, "ikke det det kalles"),
        (PDF, {"contentType": "application/zip"}, "kan ikke sendes"),
        (None, {"url": "https://example.org/x.pdf"}, "ikke noe innhold her"),
        (PDF, {"contentType": "image/png"}, "ikke det det kalles"),
    ],
    ids=["a program", "an archive", "elsewhere", "another format"],
)
def test_an_attachment_that_we_would_not_take_in_is_not_sent(
    post: Followed, who: str, ward: str, data: str | None, more: dict[str, Any], words: str
) -> None:
    made = attaching(post, who, ward, document(post, who, data, **more))

    told = post.client.get(made).json()
    assert told["status"] == "on-hold"
    assert words in told["statusReason"]["text"]
    assert post.files(post.drop.out) == []


def test_a_message_that_is_too_large_is_not_sent(
    make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path
) -> None:
    def make(**settings: str | None) -> Client:
        return make_client(**settings, HUB_MAX_MESSAGE_BYTES="1024")

    post = Followed(make, clock, tmp_path / "drop", TWO_SERVICES)
    who, ward = post.client.create(ASLAUG), letters.service(post)
    made = send(post, letter(who, recipient=to(ward)))

    assert "for stor" in post.client.get(made).json()["statusReason"]["text"]

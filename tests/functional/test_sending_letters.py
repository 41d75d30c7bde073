"""A Communication that points to a ServiceRequest or a Composition → the referral or the discharge letter in the drop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.emessage.apprec import render_app_rec
from hub.emessage.epikrise import Epikrise
from hub.emessage.henvisning import Henvisning
from hub.emessage.read import Reading, read_message
from hub.emessage.receipt import build_receipt
from hub.problems import Problem, ProblemCode
from tests.builders import Json
from tests.functional import letters_in_fhir as letters
from tests.functional.followed import Followed
from tests.message_builders import msg_id

REFERRAL, DISCHARGE = "HENVISNING_NYTILSTAND", "EPIKRISE"


@pytest.fixture
def ward(post: Followed) -> str:
    return letters.service(post)


def send(post: Followed, resource: Json) -> str:
    made = post.client.create(resource)
    post.work()
    post.work()
    return made


def written(post: Followed) -> list[Reading]:
    found = [read_message(p.read_bytes(), takes=lambda _: True) for p in post.files(post.drop.out)]
    assert [] == [r.problems for r in found if r.problems]
    return found


def the(post: Followed) -> Reading:
    (reading,) = written(post)
    return reading


def receivers(reading: Reading) -> list[tuple[str, str]]:
    assert reading.envelope is not None
    return [
        (
            a.party.her_id.value if a.party.her_id else "",
            a.party.unit_her_id.value if a.party.unit_her_id else "",
        )
        for a in reading.envelope.receivers
    ]


def test_a_need_for_follow_up_goes_as_a_referral_with_the_three_questions(
    post: Followed, who: str, ward: str
) -> None:
    made = send(post, letters.sending(REFERRAL, who, letters.request(post, who), ward))

    reading = the(post)
    told = reading.payload
    assert isinstance(told, Henvisning)
    assert receivers(reading) == [("8094001", "8094101")]
    said = [
        (r.heading.dn or r.heading.ot, r.text_result_value)
        for r in told.reason_as_text
        if r.heading
    ]
    assert said == [
        ("Aktuell problemstilling", "KOLS med to forverringer siste år."),
        ("Ønsker pasienten oppfølging hjemme?", "Ja"),
        ("Hva skal følges opp?", "SpO2 og puls; pustebesvær"),
        ("Hvem kan kontaktes? – Rolle", "Fastlege"),
    ]
    assert [d.concept.v for d in told.diagnosis] == ["J449"]
    (referrer,) = told.ansvar_for_rapport
    assert referrer.type_relasjon is not None
    assert (referrer.type_relasjon.v, referrer.ansvarlig_rapport.family_name) == ("HHE", "Lin")
    assert post.client.get(made).json()["status"] == "in-progress"


def test_a_stay_goes_as_a_discharge_letter(post: Followed, who: str, ward: str) -> None:
    about = letters.composition(post, who)
    send(post, letters.sending(DISCHARGE, who, about, ward))

    reading = the(post)
    told = reading.payload
    assert isinstance(told, Epikrise)
    assert receivers(reading) == [("8094001", "8094101")]
    (event,) = told.serv_rprt.event
    coded = [
        i.observation.coded_descr.concept.v
        for i in event.inf_item
        if i.observation and i.observation.coded_descr
    ]
    assert coded == ["J441", "I10"]
    assert [
        (c.heading.v, c.text_result_value.plain)
        for c in event.comment
        if c.heading and c.text_result_value
    ] == [
        ("FO", "Behandlet med prednisolon, bedring."),
        ("OP", "Digital hjemmeoppfølging i tre måneder."),
    ]
    assert told.serv_rprt.serv_type.v == "N"
    assert told.serv_rprt.serv_prov_id == about.partition("/")[2]


@pytest.mark.parametrize(("status", "kind"), [("amended", "M"), ("entered-in-error", "C")])
def test_a_changed_or_withdrawn_letter_belongs_to_the_series_of_the_first(
    post: Followed, who: str, ward: str, status: str, kind: str
) -> None:
    about = letters.composition(post, who)
    send(post, letters.sending(DISCHARGE, who, about, ward))
    body = post.client.get(about).json()
    assert post.client.put(f"/fhir/{about}", {**body, "status": status}).status_code == 200
    send(post, letters.sending(DISCHARGE, who, about, ward))

    first, second = sorted(
        (r.payload.serv_rprt for r in written(post) if isinstance(r.payload, Epikrise)),
        key=lambda r: r.serv_type.v != "N",
    )
    assert (first.serv_type.v, second.serv_type.v) == ("N", kind)
    assert first.serv_prov_id == second.serv_prov_id


def stated(post: Followed, about: str, *statuses: str, to: tuple[str, str]) -> list[Json]:
    """A Composition in one status after the other, each asked to be sent → the Communications afterwards."""
    made: list[str] = []
    for status in statuses:
        body = post.client.get(about).json()
        assert post.client.put(f"/fhir/{about}", {**body, "status": status}).status_code == 200
        made.append(send(post, letters.sending(DISCHARGE, to[0], about, to[1])))
    return [post.client.get(each).json() for each in made]


def discharges(post: Followed) -> list[tuple[str, str]]:
    """What lies in out/ → change and series of each discharge letter, in the order they were sent."""
    found = sorted(written(post), key=lambda r: r.envelope.msg_id if r.envelope else "")
    return [
        (r.payload.serv_rprt.serv_type.v or "", r.payload.serv_rprt.serv_prov_id or "")
        for r in found
        if isinstance(r.payload, Epikrise)
    ]


def test_a_discharge_letter_is_what_it_is_to_those_that_stand_at_its_receiver(
    post: Followed, who: str, ward: str
) -> None:
    about = letters.composition(post, who)
    told = stated(post, about, "entered-in-error", "amended", "final", "amended", to=(who, ward))

    assert [t["status"] for t in told] == ["on-hold", "in-progress", "on-hold", "in-progress"]
    assert "å kansellere" in told[0]["statusReason"]["text"]
    assert "alt sendt" in told[2]["statusReason"]["text"]
    assert [change for change, _ in discharges(post)] == ["N", "M"]
    sent = [t["identifier"][0] for t in (told[1], told[3])]
    assert told[3]["inResponseTo"][0]["identifier"] == sent[0]
    assert told[3]["partOf"][0]["identifier"] == sent[0]


@pytest.mark.parametrize("kind", [DISCHARGE, REFERRAL])
def test_a_letter_after_a_withdrawal_begins_a_series_that_is_not_withdrawn(
    post: Followed, who: str, ward: str, kind: str
) -> None:
    about = (letters.composition if kind == DISCHARGE else letters.request)(post, who)
    steps = {DISCHARGE: ("final", "entered-in-error", "final", "amended"), REFERRAL: ("active", "revoked", "active", "active")}  # fmt: skip
    for status in steps[kind]:
        body = post.client.get(about).json()
        assert post.client.put(f"/fhir/{about}", {**body, "status": status}).status_code == 200
        send(post, letters.sending(kind, who, about, ward))

    found = sorted(written(post), key=lambda r: r.envelope.msg_id if r.envelope else "")
    assert [r.handling.status for r in found] == ["N", "C", "N", "M"]
    ids = [r.handling.document_id for r in found]
    assert ids[0] == ids[1] == about.partition("/")[2]
    assert ids[2] == ids[3] != ids[0]


def test_a_referral_that_stands_is_changed_and_withdrawn_in_its_series(
    post: Followed, who: str, ward: str
) -> None:
    about = letters.request(post, who)
    for status in ("active", "active", "revoked"):
        body = post.client.get(about).json()
        assert post.client.put(f"/fhir/{about}", {**body, "status": status}).status_code == 200
        send(post, letters.sending(REFERRAL, who, about, ward))

    readings = sorted(written(post), key=lambda r: r.envelope.msg_id if r.envelope else "")
    told = [r.payload for r in readings if isinstance(r.payload, Henvisning)]
    assert [t.serv_type.v for t in told] == ["N", "M", "C"]
    assert len({t.document_id for t in told}) == 1
    numbers = [(e.msg_id, e.parent, e.conversation) for r in readings if (e := r.envelope)]
    (first, *beginning), (second, *of_second), (_, *of_third) = numbers
    assert (beginning, of_second, of_third) == (["", ""], [first, first], [second, first])


def test_a_referral_that_was_refused_goes_anew_and_one_that_never_went_cannot_be_withdrawn(
    post: Followed, who: str, ward: str
) -> None:
    about = letters.request(post, who)
    send(post, letters.sending(REFERRAL, who, about, ward))
    reading = the(post)
    assert reading.envelope is not None
    unknown = Problem(ProblemCode.PATIENT_UNKNOWN, "Ukjent", "/MsgHead")
    party, at = reading.envelope.receivers[0].party, post.clock.now()
    answer = build_receipt(reading.envelope, party, "PRIM", (unknown,), "1.1", msg_id(77), at)
    (post.drop.inbox / "receipt.xml").write_bytes(render_app_rec(answer, "1.1"))
    post.take_in()
    send(post, letters.sending(REFERRAL, who, about, ward))
    other = letters.request(post, who, status="revoked")
    gone = send(post, letters.sending(REFERRAL, who, other, ward))

    told = [r.payload for r in written(post) if isinstance(r.payload, Henvisning)]
    assert [t.serv_type.v for t in told] == ["N", "N"]
    assert [("", "")] * 2 == [
        (e.parent, e.conversation) for r in written(post) if (e := r.envelope)
    ]
    assert "trukket tilbake" in post.client.get(gone).json()["statusReason"]["text"]


@pytest.mark.parametrize(
    ("kind", "about"), [(REFERRAL, letters.request), (DISCHARGE, letters.composition)]
)
def test_the_receipt_ends_the_letter(
    post: Followed, who: str, ward: str, kind: str, about: Callable[..., str]
) -> None:
    made = send(post, letters.sending(kind, who, about(post, who), ward))
    reading = the(post)
    assert reading.envelope is not None
    answer = build_receipt(
        reading.envelope,
        reading.envelope.receivers[0].party,
        "PRIM",
        (),
        "1.1",
        msg_id(77),
        post.clock.now(),
    )
    (post.drop.inbox / "receipt.xml").write_bytes(render_app_rec(answer, "1.1"))
    post.take_in()

    assert post.client.get(made).json()["status"] == "completed"


def test_a_letter_that_is_saved_again_and_worked_on_again_goes_once(
    post: Followed, who: str, ward: str
) -> None:
    made = send(post, letters.sending(REFERRAL, who, letters.request(post, who), ward))
    body = post.client.get(made).json()
    assert post.client.put(f"/fhir/{made}", {**body, "status": "preparation"}).status_code == 200
    post.work()
    post.work()

    assert len(written(post)) == 1


WRONG: dict[str, tuple[Callable[..., str], str, dict[str, Any], str]] = {
    "revoked": (letters.request, REFERRAL, {"status": "revoked"}, "trukket tilbake"),
    "nobody": (letters.request, REFERRAL, {"requester": {"display": "Lin"}}, "hvem som henviser"),
    "draft": (letters.composition, DISCHARGE, {"status": "preliminary"}, "ikke ferdig"),
    "no author": (letters.composition, DISCHARGE, {"author": [{"display": "Lin"}]}, "ansvarlig"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_letter_that_cannot_be_written_waits_for_a_person_and_says_why(
    post: Followed, who: str, ward: str, case: str
) -> None:
    about, kind, fault, words = WRONG[case]
    made = send(post, letters.sending(kind, who, about(post, who, **fault), ward))

    told = post.client.get(made).json()
    assert told["status"] == "on-hold"
    assert words in told["statusReason"]["text"]
    assert len(post.tasks(code="not-sent")) == 1
    assert written(post) == []


def test_a_letter_never_carries_what_is_about_another_patient(
    post: Followed, who: str, ward: str
) -> None:
    other = post.client.create(
        {"resourceType": "Patient", "name": [{"family": "Annen", "given": ["Kari"]}]}
    )
    for kind, about in ((REFERRAL, letters.request), (DISCHARGE, letters.composition)):
        asked = letters.sending(kind, who, about(post, other), ward)
        assert post.client.post("Communication", asked).status_code == 422
    post.work()

    assert written(post) == []


def test_a_letter_without_a_receiver_is_not_sent(post: Followed, who: str) -> None:
    made = send(post, letters.sending(REFERRAL, who, letters.request(post, who), None))

    assert "mottaker" in post.client.get(made).json()["statusReason"]["text"]
    assert written(post) == []

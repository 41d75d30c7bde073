"""What apprec.md says of receipts, sentence by sentence, played through the drop of a running hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.emessage.apprec import AppRec
from hub.emessage.codes.apprec_error_8221 import APPREC_ERROR
from hub.emessage.datatypes import CS, CV
from hub.emessage.msghead import HealthcareProfessional, Ident, MsgHead, OtherReceiver, Patient
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from tests.dialogue_builders import attached, dialogue, helsefaglig
from tests.functional.followed import Followed
from tests.functional.test_receiving import admission, put, states
from tests.message_builders import OID, msg_id, party

REFERRAL = (
    Path(__file__).parents[1]
    / "golden/emessage/HENVISNING_NYTILSTAND/2.0/into-follow-up/message.xml"
)
LETTER = Path(__file__).parents[1] / "golden/emessage/EPIKRISE/1.2/after-copd/message.xml"
PDF = "JVBERi0xLjcKJcOkw7zDtsOf"
HER, ENH = "2.16.578.1.12.4.1.2", "2.16.578.1.12.4.1.4.101"
COPY = CS(v="COP", dn="Kopimottaker")


def replace(value: Any, **fields: Any) -> Any:
    """A part of a message → the same with other fields."""
    return msgspec.structs.replace(value, **fields)


def answers(post: Followed) -> list[AppRec]:
    """The receipts in the drop, primary receiver first."""
    found = [read_message(path.read_bytes()).app_rec for path in post.files(post.drop.out)]
    told = [each for each in found if each is not None]
    return sorted(told, key=lambda each: each.sender.role.v == "COP" if each.sender.role else False)


def errors(receipt: AppRec) -> list[str]:
    return [each.v or "" for each in receipt.error]


def ident(number: str, kind: str) -> Ident:
    return Ident(id=number, type_id=CV(v=kind, s=f"{OID}9051", dn=kind))


def changed(whole: MsgHead, **fields: object) -> MsgHead:
    return replace(whole, msg_info=replace(whole.msg_info, **fields))


def test_several_faults_stand_in_one_receipt_each_once_and_general_ones_with_words(
    post: Followed, who: str
) -> None:
    faulty = dialogue(
        "DIALOG_HELSEFAGLIG",
        helsefaglig("Tema", "Tekst"),
        attachments=(attached(PDF, "application/zip"), attached(PDF, "image/png")),
    )
    bare = Patient(family_name="Testdal")
    put(post, render(changed(faulty, msg_id="1", patient=bare)))

    (receipt,) = answers(post)
    assert receipt.status.v == "2"
    assert sorted(errors(receipt)) == ["E10", "E36", "T99"]
    told = {each.v: each for each in receipt.error}
    assert {each.s for each in receipt.error} == {APPREC_ERROR.oid}
    assert all(each.dn == APPREC_ERROR.names[each.v or ""] for each in receipt.error)
    assert told["T99"].ot is not None
    assert "Document[2]" in told["T99"].ot
    assert "Document[3]" in told["T99"].ot


def test_every_identifier_comes_back_on_both_levels_and_who_signs_does_not(
    post: Followed, who: str
) -> None:
    whole = admission()
    office = whole.msg_info.sender.organisation
    enh = ident("999988939", "ENH")
    service = office.organisation
    assert service is not None
    signing = HealthcareProfessional(family_name="Lin", ident=(ident("9144900", "HPR"),))
    rich = replace(
        office,
        ident=(enh, *office.ident),
        organisation=replace(service, ident=(*service.ident, ident("X1", "LAV"))),
        healthcare_professional=signing,
    )
    put(post, render(changed(whole, sender=replace(whole.msg_info.sender, organisation=rich))))

    (receipt,) = answers(post)
    inst = receipt.receiver.hcp.inst
    assert inst is not None
    assert inst.type_id is not None
    assert (inst.id, inst.type_id.v) == ("999988939", "ENH")
    assert [(a.id, a.type.v) for a in inst.additional_id] == [(office.ident[0].id, "HER")]
    (dept,) = inst.dept
    assert [(a.id, a.type.v) for a in dept.additional_id] == [("X1", "LAV")]
    assert dept.id == service.ident[0].id
    assert inst.hc_person == ()


def of_organisation(whole: MsgHead, number: str) -> MsgHead:
    """A message → the same from a sender that is known by its organisation number alone."""
    office = whole.msg_info.sender.organisation
    bare = replace(office, ident=(ident(number, "ENH"),), organisation=None)
    return changed(whole, sender=replace(whole.msg_info.sender, organisation=bare))


def test_a_sender_that_gives_its_organisation_number_alone_is_answered(
    post: Followed, who: str
) -> None:
    put(post, render(of_organisation(admission(), "999 988 939")))

    (receipt,) = answers(post)
    inst = receipt.receiver.hcp.inst
    assert inst is not None
    assert inst.type_id is not None
    assert (inst.id, inst.type_id.v) == ("999 988 939", "ENH")
    assert receipt.status.v == "1"


def test_senders_without_her_ids_are_as_many_as_their_organisation_numbers(
    post: Followed, who: str
) -> None:
    cancelled = admission(2, status="C", follows=(1, 1))
    put(post, render(of_organisation(admission(), "999988939")))
    put(post, render(of_organisation(cancelled, "999988947")), name="andre")
    (stay,) = post.client.search(f"Encounter?patient={who}&_count=10")
    assert stay["status"] == "in-progress"

    own = admission(3, status="C", follows=(1, 1))
    put(post, render(of_organisation(own, "999988939")), name="samme")
    (stay,) = post.client.search(f"Encounter?patient={who}&_count=10")
    assert stay["status"] == "entered-in-error"
    assert [r.status.v for r in answers(post)] == ["1"] * 3


def addressed_by_number(whole: MsgHead, upper: str, lower: str) -> MsgHead:
    """A message → the same to a receiver that is named by its organisation numbers."""
    office = whole.msg_info.receiver.organisation
    assert office.organisation is not None
    service = replace(office.organisation, ident=(ident(lower, "ENH"),)) if lower else None
    bare = replace(office, ident=(ident(upper, "ENH"),), organisation=service)
    return changed(whole, receiver=replace(whole.msg_info.receiver, organisation=bare))


@pytest.mark.parametrize(
    ("upper", "lower", "status", "codes"),
    [("999 988 963", "999988971", "1", []), ("999988963", "", "2", ["E21"])],
)
def test_a_receiver_of_ours_named_by_organisation_number_alone_answers_under_it(
    post: Followed, who: str, upper: str, lower: str, status: str, codes: list[str]
) -> None:
    for number, her_id in (("999988963", "8095001"), ("999988971", "8095101")):
        both = [(f"urn:oid:{ENH}", number), (f"urn:oid:{HER}", her_id)]
        named = [{"system": system, "value": value} for system, value in both]
        post.client.create({"resourceType": "Organization", "identifier": named, "name": "Vår"})
    put(post, render(addressed_by_number(admission(), upper, lower)))

    (receipt,) = answers(post)
    inst = receipt.sender.hcp.inst
    assert inst is not None
    assert inst.type_id is not None
    assert (inst.id, inst.type_id.v) == (upper, "ENH")
    assert (receipt.status.v, errors(receipt)) == (status, codes)


def test_a_receiver_with_a_number_that_nobody_here_has_is_a_stranger(
    post: Followed, who: str
) -> None:
    put(post, render(addressed_by_number(admission(), "999988963", "999988971")))

    assert [] == answers(post)


def test_each_of_our_receivers_answers_for_itself_one_with_ok_and_one_with_e21(
    post: Followed, who: str
) -> None:
    stranger = party("Alvdal kommune", "8095001", "Nedlagt tjeneste", "8095999")
    other = OtherReceiver(role_receiver=COPY, organisation=stranger)
    put(post, render(changed(admission(), other_receiver=(other,))))

    first, second = answers(post)
    assert [
        (r.sender.role.v if r.sender.role else "", r.status.v, errors(r)) for r in (first, second)
    ] == [
        ("PRIM", "1", []),
        ("COP", "2", ["E21"]),
    ]


@pytest.mark.parametrize("role", ["FR", "OR"])
def test_who_gets_a_forward_or_first_got_it_answers_nothing(
    post: Followed, who: str, role: str
) -> None:
    ours = party("Alvdal kommune", "8095001", "Saksbehandling", "8095102")
    other = OtherReceiver(role_receiver=CS(v=role, dn=role), organisation=ours)
    put(post, render(changed(admission(), other_receiver=(other,))))

    assert ["PRIM"] == [r.sender.role.v for r in answers(post) if r.sender.role]


@pytest.mark.parametrize(
    "field",
    [
        {"ack": CS(v="N", dn="Nei")},
        {"ack": CS(v="F", dn="Bare ved feil")},
        {"ack": CS(v="??")},
        {"processing_status": CS(v="X", dn="Ukjent")},
        {"requested_priority": CS()},
    ],
)
def test_odd_codes_and_a_wish_for_no_receipt_change_nothing(
    post: Followed, who: str, field: dict[str, CS]
) -> None:
    put(post, render(changed(admission(), **field)))

    assert ["1"] == [r.status.v for r in answers(post)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<po:Hendelsekode V="1"', b'<po:Hendelsekode V="77"'),
        (b'S="2.16.578.1.12.4.1.1.9121"', b'S="1.2.3"'),
        (b'<po:Forsendelsesstatus V="N" DN="Ny"/>', b'<po:Forsendelsesstatus V="Z" DN="?"/>'),
        (b'<po:Forsendelsesstatus V="N" DN="Ny"/>', b"<po:Forsendelsesstatus/>"),
        (b'DN="Melding om innlagt pasient"', b'DN=""'),
        (b'V="XML" DN="XML-instans"', b'V="A" DN="Vedlegg"'),
    ],
)
def test_no_unknown_code_in_a_message_is_a_reason_to_refuse(
    post: Followed, who: str, before: bytes, after: bytes
) -> None:
    data = render(admission())
    assert before in data
    put(post, data.replace(before, after))

    assert [("1", msg_id(1))] == [(r.status.v, r.original_msg_id.id) for r in answers(post)]


def test_a_copy_of_the_same_message_under_its_number_in_capitals_is_a_duplicate(
    post: Followed, who: str
) -> None:
    whole = admission()
    number = "a748bb20-4e0f-4922-9b06-ec2c101eb9c1"
    put(post, render(changed(whole, msg_id=number)), render(changed(whole, msg_id=number.upper())))

    assert [number] == [r.original_msg_id.id for r in answers(post)]


LONG = 1_100_000
"""More than a text of FHIR may have. Units: characters."""


def test_a_text_that_cannot_be_kept_is_refused_at_once_and_its_place_is_told(
    post: Followed, who: str
) -> None:
    put(post, render(dialogue("DIALOG_HELSEFAGLIG", helsefaglig("Tema", "x " * (LONG // 2)))))

    (receipt,) = answers(post)
    (error,) = receipt.error
    assert (receipt.status.v, error.v) == ("2", "T99")
    assert error.ot == (
        "A text of more than 1048576 characters cannot be taken in"
        " /MsgHead/Document/RefDoc/Content/Dialogmelding/Notat/TekstNotatInnhold"
    )
    assert [] == post.client.search("Communication?_count=10")


def test_a_text_that_is_only_as_long_as_a_text_may_be_is_taken_in(post: Followed, who: str) -> None:
    put(post, render(dialogue("DIALOG_HELSEFAGLIG", helsefaglig("Tema", "x" * 1024 * 1024))))

    assert ["1"] == [receipt.status.v for receipt in answers(post)]


def test_an_emergency_referral_with_such_a_text_waits_for_a_person_and_is_answered_with_ok(
    post: Followed, who: str
) -> None:
    text = REFERRAL.read_text(encoding="utf-8").replace('Priority V="N"', 'Priority V="0"')
    for theirs, ours in (
        ("99387", "8095001"),
        ("90213", "8095101"),
        ("13116900216", "12834812019"),
    ):
        text = text.replace(f">{theirs}<", f">{ours}<")
    for theirs, ours in (("Danser", "Testdal"), ("Line", "Aslaug"), ("1969-11-13", "1948-03-12")):
        text = text.replace(f">{theirs}<", f">{ours}<")
    text = text.replace("<DocumentId>", f"<ReqComment>{'x' * LONG}</ReqComment><DocumentId>")
    put(post, text.encode())

    assert ["1"] == [receipt.status.v for receipt in answers(post)]
    assert ["held"] == states(post)


def test_an_answer_of_a_laboratory_is_answered_that_it_is_not_taken_in(post: Followed) -> None:
    """Its envelope is that of an Epikrise, so who sent it can be told."""
    text = LETTER.read_text(encoding="utf-8").replace(
        "xmlstds/epikrise/2012-02-15", "xmlstds/labsvar/2012-02-15"
    )
    put(post, text.replace(">99387<", ">8095001<").replace(">90213<", ">8095101<").encode())

    (receipt,) = answers(post)
    assert (receipt.status.v, errors(receipt)) == ("2", ["T10"])
    assert ["rejected"] == states(post)
    assert [] == post.client.search("Communication?_count=10")

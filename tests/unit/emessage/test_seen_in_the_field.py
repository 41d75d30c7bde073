"""What real systems write that the standards do not show, and that must not cost anybody a message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.emessage.msghead import HealthcareProfessional, Organisation
from hub.emessage.namespaces import EPIKRISE_1_2
from hub.emessage.read import Reading, read_message
from hub.emessage.receipt import build_receipt
from hub.emessage.table_build import render
from hub.mapping.round_trip import RoundTrip, round_trip
from hub.problems import ProblemCode
from tests.dialogue_builders import answer, dialogue
from tests.message_builders import her, msg_id
from tests.round_trips import NOW

INSTANCE = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
SCHEMA = 'xmlns:x="http://www.w3.org/2001/XMLSchema"'
EPIKRISE = next((Path(__file__).parents[2] / "golden/emessage/EPIKRISE/1.2").glob("*/message.xml"))
WORDS = "Ingen faste legemidler."


def office(inside: Organisation) -> Organisation:
    """A doctor's office that names its doctor, and a service beside."""
    doctor = HealthcareProfessional(family_name="Lin", given_name="Rita", ident=(her("8143025"),))
    return Organisation(
        organisation_name="Sandvika legesenter",
        ident=(her("8142952"),),
        organisation=inside,
        healthcare_professional=doctor,
    )


def read(data: bytes) -> Reading:
    return read_message(data, takes=lambda _: True)


def texted(attributes: str, inside: str = WORDS) -> bytes:
    """An answer whose text has these attributes."""
    whole = render(dialogue("DIALOG_SVAR", answer())).decode()
    before, _, after = whole.partition("TekstNotatInnhold>")
    words, _, rest = after.partition("</")
    assert words == WORDS
    return f"{before}TekstNotatInnhold {attributes}>{inside}</{rest}".encode()


def test_a_doctor_beside_an_empty_service_is_the_address() -> None:
    data = render(dialogue("DIALOG_SVAR", answer(), sender=office(Organisation())))
    reading = read(data)

    assert reading.problems == ()
    assert reading.envelope is not None
    assert reading.envelope.sender is not None
    assert reading.envelope.sender.unit_her_id is not None
    assert reading.envelope.sender.unit_her_id.value == "8143025"
    party = reading.envelope.receivers[0].party
    receipt = build_receipt(reading.envelope, party, "PRIM", (), "1.0", msg_id(9), NOW)
    inst = receipt.receiver.hcp.inst
    assert inst is not None
    assert [(p.name, p.id) for p in inst.hc_person] == [("Rita Lin", "8143025")]
    assert inst.dept == ()
    assert round_trip(data, FixedClock(NOW).new_id, NOW) == RoundTrip(equal=True)


def test_a_doctor_beside_a_service_with_a_number_only_signs() -> None:
    service = Organisation(organisation_name="Legetjeneste", ident=(her("8142960"),))
    reading = read(render(dialogue("DIALOG_SVAR", answer(), sender=office(service))))

    assert reading.envelope is not None
    assert reading.envelope.sender is not None
    assert reading.envelope.sender.unit_her_id is not None
    assert reading.envelope.sender.unit_her_id.value == "8142960"


def test_a_text_may_call_itself_a_string() -> None:
    data = texted(f'{INSTANCE} {SCHEMA} i:type=" x:string"')

    assert read(data).problems == ()
    assert round_trip(data, FixedClock(NOW).new_id, NOW) == RoundTrip(equal=True)


@pytest.mark.parametrize(
    ("attributes", "inside"),
    [
        (f'{INSTANCE} {SCHEMA} i:type="x:string"', "<b>fet</b>"),
        (f'{INSTANCE} {SCHEMA} i:type="x:string" lang="no"', WORDS),
        (f'{INSTANCE} {SCHEMA} i:type="x:date"', WORDS),
        (f'{INSTANCE} xmlns:x="http://example.org" i:type="x:string"', WORDS),
        (f'{INSTANCE} i:type="string"', WORDS),
    ],
    ids=["elements in a string", "attributes of a string", "no date", "of whom", "of the message"],
)
def test_a_text_that_calls_itself_something_else_is_refused(attributes: str, inside: str) -> None:
    assert [ProblemCode.SCHEMA_INVALID] == [
        p.code for p in read(texted(attributes, inside)).problems
    ]


OWN_TYPES = (
    ("<FamilyName>", '<FamilyName {} {} i:type="x:string">'),
    ("<FamilyName>", '<FamilyName {} xmlns:k="http://www.kith.no/xmlstds" i:type="k:ST">'),
    ("<DateOfBirth>", '<DateOfBirth {} {} i:type="x:date">'),
    ("<GenDate>", '<GenDate {} {} i:type="x:dateTime">'),
)
"""What stands in a message, and the same with the type that its schema gives it."""


def with_type(plain: str, typed: str) -> bytes:
    """An answer in which an element names its type."""
    whole = render(dialogue("DIALOG_SVAR", answer())).decode()
    assert plain in whole
    return whole.replace(plain, typed.format(INSTANCE, SCHEMA), 1).encode()


@pytest.mark.parametrize(("plain", "typed"), OWN_TYPES)
def test_an_element_may_name_the_type_that_it_has(plain: str, typed: str) -> None:
    data = with_type(plain, typed)

    assert read(data).problems == ()
    assert round_trip(data, FixedClock(NOW).new_id, NOW) == RoundTrip(equal=True)


def test_a_code_may_name_its_type() -> None:
    typed = '<Sex {} xmlns:k="http://www.kith.no/xmlstds" i:type="k:CS" '

    assert read(with_type("<Sex ", typed)).problems == ()


@pytest.mark.parametrize(
    ("plain", "typed"),
    [
        ("<FamilyName>", '<FamilyName {} {} i:type="x:token">'),
        ("<FamilyName>", '<FamilyName {} {} i:type="string">'),
        ("<FamilyName>", '<FamilyName {} {} i:type="y:string">'),
        ("<DateOfBirth>", '<DateOfBirth {} {} i:type="x:string">'),
        ("<Sex ", '<Sex {} xmlns:k="http://www.kith.no/xmlstds" i:type="k:CV" '),
        ("<FamilyName>", '<FamilyName {} {} i:nil="false">'),
    ],
)
def test_an_element_that_names_another_type_is_refused(plain: str, typed: str) -> None:
    problems = read(with_type(plain, typed)).problems

    assert [ProblemCode.SCHEMA_INVALID] == [p.code for p in problems]


def test_texts_of_letters_are_of_type_st_and_no_strings() -> None:
    letter = EPIKRISE.read_text(encoding="utf-8")
    for kind, taken in (("k:ST", True), ("x:string", False)):
        name = f'<MsgId xmlns:k="http://www.kith.no/xmlstds" {INSTANCE} {SCHEMA} i:type="{kind}">'

        assert (read(letter.replace("<MsgId>", name).encode()).problems == ()) is taken


def test_who_has_no_name_or_number_is_written_back_without() -> None:
    """The schema demands both, so some systems send the elements empty."""
    whole = render(dialogue("DIALOG_SVAR", answer()))
    bare = re.sub(rb"(<(?:fk1:)?(OrganisationName|Id)>)[^<]*<", rb"\1<", whole)
    bare = whole[: whole.index(b"<Content>")] + bare[bare.index(b"<Content>") :]
    named = re.search(rb"<OrganisationName>[^<]+<", whole)
    assert named is not None
    bare = bare.replace(named[0], b"<OrganisationName><", 1)

    assert bare != whole
    assert read(bare).problems == ()
    assert round_trip(bare, FixedClock(NOW).new_id, NOW) == RoundTrip(equal=True)


def test_markup_in_the_namespace_of_the_dialogue_is_text_but_a_block_of_it_is_not() -> None:
    assert read(texted("", f"<Avsnitt><p>{WORDS}</p></Avsnitt>")).problems == ()
    assert [ProblemCode.SCHEMA_INVALID] == [p.code for p in read(texted("", "<Notat/>")).problems]


@pytest.mark.parametrize(
    ("space", "version"),
    [
        ("http://www.kith.no/xmlstds/labsvar/2012-02-15", "1.1"),
        ("http://www.kith.no/xmlstds/labsvar/2008-12-01", "1.0"),
        ("http://www.kith.no/xmlstds/epikrise/2030-01-01", "1.1"),
    ],
)
def test_a_letter_of_another_kind_or_version_is_answered_that_it_is_not_taken(
    space: str, version: str
) -> None:
    letter = EPIKRISE.read_text(encoding="utf-8").replace(EPIKRISE_1_2, space)
    reading = read(letter.encode())

    assert [ProblemCode.MESSAGE_TYPE_UNSUPPORTED] == [p.code for p in reading.problems]
    assert reading.envelope is not None
    assert reading.envelope.answerable
    assert (version, "1.1") == (
        reading.app_rec_version,
        read(EPIKRISE.read_bytes()).app_rec_version,
    )


@pytest.mark.parametrize("space", ["urn:else", "http://www.kith.no/xmlstds/msghead/2006-05-24"])
def test_a_root_of_that_name_and_nothing_of_a_letter_is_no_message(space: str) -> None:
    reading = read(f'<Message xmlns="{space}"><MsgId>x</MsgId></Message>'.encode())

    assert [ProblemCode.SENDER_UNKNOWN] == [p.code for p in reading.problems]


def test_the_place_of_a_patient_in_a_letter_is_told_as_the_letter_has_it() -> None:
    letter = EPIKRISE.read_text(encoding="utf-8")
    bare = re.sub(r"<OffId>.*?<TypeOffId[^>]*/>|<DateOfBirth[^>]*/>", "", letter, flags=re.DOTALL)
    problems = read(bare.encode()).problems

    assert [(ProblemCode.PATIENT_INSUFFICIENT, "/Message/*/Patient")] == [
        (p.code, p.where) for p in problems
    ]

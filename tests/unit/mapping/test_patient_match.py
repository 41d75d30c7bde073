"""Who a message is about: certain, doubtful, unknown or not said well enough."""

from __future__ import annotations

from typing import Any

import pytest

from hub.emessage import msghead, xml
from hub.emessage.datatypes import CS, CV
from hub.emessage.envelope_read import read_envelope
from hub.emessage.table_build import render
from hub.fhir.models.r4.datatypes import HumanName, Identifier, Reference
from hub.fhir.models.r4.patient import Patient, PatientLink
from hub.mapping.patient import (
    Doubtful,
    Insufficient,
    Matched,
    Unknown,
    match,
    to_patient,
)
from hub.mapping.patient_facts import envelope_facts, to_patient_facts
from hub.mapping.urls import DNR, FHN, FNR
from tests.message_builders import OID, event, fnr, logistics, message, person

NUMBER = "12834812019"
OTHER = "15076500565"


def here(**changes: Any) -> Patient:
    usual: dict[str, Any] = {
        "id": "p1",
        "identifier": (Identifier(system=FNR, value=NUMBER),),
        "name": (HumanName(family="Testdal", given=("Aslaug",)),),
        "gender": "female",
        "birthDate": "1948-03-12",
    }
    return Patient(**(usual | changes))


def ident(kind: str, value: str) -> msghead.Ident:
    return msghead.Ident(id=value, type_id=CV(v=kind, s=f"{OID}8116"))


def decide(sent: msghead.Patient, *candidates: Patient) -> Any:
    return match(to_patient_facts(sent), candidates)


def test_the_number_the_name_the_birth_date_and_the_sex_agree() -> None:
    assert decide(person(), here()) == Matched("p1")


def test_a_number_written_with_blanks_is_the_same_number() -> None:
    assert decide(person(ident=(fnr("128348 12019"),)), here()) == Matched("p1")


def test_an_alias_of_the_identifier_system_is_the_same_system() -> None:
    alias = Identifier(system="http://hl7.no/fhir/NamingSystem/FNR", value=NUMBER)

    assert decide(person(), here(identifier=(alias,))) == Matched("p1")


def test_nobody_here_has_the_number() -> None:
    assert decide(person()) == Unknown()


def test_a_patient_found_by_something_else_is_not_a_hit() -> None:
    other = here(identifier=(Identifier(system=FNR, value=OTHER),), birthDate="1949-03-12")

    assert decide(person(), other) == Unknown()


def test_the_same_name_and_birth_date_under_another_number_is_for_a_person_to_say() -> None:
    found = decide(person(), here(identifier=(Identifier(system=FHN, value="80000000156"),)))

    assert found == Doubtful(("same-person-other-number",), ("p1",))


def test_the_number_tells_the_birth_date_to_look_for() -> None:
    sent = person(date_of_birth=None, sex=None)

    assert "1948-03-12" in to_patient_facts(sent).birth_dates
    assert decide(sent, here(identifier=())) == Doubtful(("no-number-here",), ("p1",))


def h_number(value: str, issuer: str | None) -> Identifier:
    by = Reference(identifier=Identifier(value=issuer)) if issuer else None
    return Identifier(system="HNR", value=value, assigner=by)


def of_hospital(*idents: msghead.Ident) -> Any:
    head = message(
        "LOG_DOD", logistics("LOG_DOD", event("13", "2026-03-01")), patient=person(ident=idents)
    )
    root = xml.parse(render(head))
    envelope = read_envelope(root)
    assert envelope is not None
    return envelope_facts(envelope)


def test_an_h_number_finds_the_patient_of_its_issuer_alone() -> None:
    facts = of_hospital(ident("HNR", "12435012345"))
    issued = here(identifier=(h_number("12435012345", "8094001"),))
    of_another = here(identifier=(h_number("12435012345", "8097001"),), birthDate="1950-01-01")

    assert match(facts, (issued,)) == Matched("p1")
    assert match(facts, (of_another,)) == Unknown()
    assert (
        match(facts, (here(identifier=(h_number("12435012345", None),), birthDate=None),))
        == Unknown()
    )


def test_the_envelope_says_the_same_of_the_patient_as_the_message() -> None:
    facts = of_hospital(fnr())
    own = to_patient_facts(person())

    assert (facts.identifiers, facts.given, facts.family) == (
        own.identifiers,
        own.given,
        own.family,
    )
    assert (facts.birth_date, facts.sex) == (own.birth_date, own.sex)


def test_two_patients_with_the_number_are_doubted() -> None:
    assert decide(person(), here(), here(id="p2")) == Doubtful(("several-patients",), ("p1", "p2"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"birthDate": "1948-03-13"}, "birth-date-differs"),
        ({"gender": "male"}, "sex-differs"),
        ({"name": (HumanName(family="Testdal", given=("Bjørn",)),)}, "name-differs"),
        ({"active": False}, "record-not-active"),
        (
            {"link": (PatientLink(other=Reference(reference="Patient/p9"), type="replaced-by"),)},
            "record-not-active",
        ),
    ],
)
def test_a_hit_that_disagrees_is_doubted(changes: dict[str, Any], reason: str) -> None:
    assert decide(person(), here(**changes)) == Doubtful((reason,), ("p1",))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "name",
    [
        HumanName(family="Nygift", given=("Aslaug",)),
        HumanName(family="TESTDAL", given=("Åslaug Marie",)),
        HumanName(family="Testdal", given=("A.",)),
        HumanName(text="Testdal, Aslaug"),
    ],
)
def test_a_name_that_may_be_the_same_person_is_no_doubt(name: HumanName) -> None:
    spelled = (
        person(given_name="Aaslaug") if name.given and "Å" in (name.given[0] or "") else person()
    )

    assert decide(spelled, here(name=(name,))) == Matched("p1")


def test_a_changed_family_name_needs_the_birth_date_to_confirm_it() -> None:
    sent = person(family_name="Nygift", date_of_birth=None)

    assert decide(sent, here()) == Doubtful(("name-differs",), ("p1",))


def test_a_number_that_contradicts_the_birth_date_sent_with_it_is_doubted() -> None:
    sent = person(date_of_birth="1949-03-12")

    assert decide(sent, here(birthDate=None)) == Doubtful(
        ("number-and-birth-date-differ",), ("p1",)
    )


def test_a_number_that_contradicts_the_sex_sent_with_it_is_doubted() -> None:
    sent = person(sex=CS(v="1", dn="Mann"))

    assert decide(sent, here(gender=None)) == Doubtful(("number-and-sex-differ",), ("p1",))


def test_another_number_of_the_same_kind_is_a_conflict() -> None:
    sent = person(ident=(fnr(OTHER), ident("FHN", "80000000001")), date_of_birth=None, sex=None)
    held = here(
        identifier=(
            Identifier(system=FNR, value=NUMBER),
            Identifier(system="urn:oid:2.16.578.1.12.4.1.4.3", value="80000000001"),
        )
    )

    assert decide(sent, held) == Doubtful(("identifier-conflict",), ("p1",))


def test_a_d_number_sent_as_fnr_finds_the_d_number() -> None:
    sent = person(ident=(fnr("41010100115"),), date_of_birth=None, sex=None)

    assert (DNR, "41010100115") in to_patient_facts(sent).identifiers or (
        FNR,
        "41010100115",
    ) in to_patient_facts(sent).identifiers


@pytest.mark.parametrize(
    "sent",
    [
        person(family_name=None, given_name=None),
        person(ident=(), sex=None),
        person(ident=(), date_of_birth=None),
        person(ident=(ident("HNR", "12345678901"),), sex=None),
        None,
    ],
)
def test_too_little_about_the_patient_is_insufficient(sent: msghead.Patient | None) -> None:
    assert match(to_patient_facts(sent), ()) == Insufficient()


def test_an_emergency_is_never_insufficient() -> None:
    assert match(to_patient_facts(None), (), emergency=True) == Unknown()


def test_name_birth_date_and_sex_are_enough_to_look_but_not_to_find() -> None:
    assert decide(person(ident=()), here()) == Doubtful(("no-number-here",), ("p1",))
    assert decide(person(ident=()), here(birthDate="1949-03-12")) == Unknown()


def test_a_local_h_number_finds_nobody_by_itself() -> None:
    sent = person(ident=(ident("HNR", "12435678901"),))

    assert to_patient_facts(sent).identifiers == ()


def test_the_patient_to_create_by_hand_says_what_the_message_said() -> None:
    made = to_patient(person(), "Fjordbyen sykehus HF")

    assert made == Patient(
        identifier=(Identifier(system=FNR, value=NUMBER),),
        name=(HumanName(family="Testdal", given=("Aslaug",)),),
        gender="female",
        birthDate="1948-03-12",
    )


def test_an_h_number_names_its_issuer() -> None:
    (made,) = to_patient(
        person(ident=(ident("HNR", "12435678901"),)), "Fjordbyen sykehus HF"
    ).identifier

    assert (made.system, made.assigner) == ("HNR", Reference(display="Fjordbyen sykehus HF"))

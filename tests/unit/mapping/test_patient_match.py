"""Who a message is about: certain, doubtful, unknown or not said well enough."""

from __future__ import annotations

from typing import Any

import pytest

from hub.emessage import msghead
from hub.emessage.datatypes import CS, CV
from hub.fhir.models.r4.datatypes import HumanName, Identifier, Reference
from hub.fhir.models.r4.patient import Patient, PatientLink
from hub.mapping.patient import (
    Doubtful,
    Insufficient,
    Matched,
    Unknown,
    match,
    to_patient,
    to_patient_facts,
)
from hub.mapping.urls import DNR, FNR
from tests.message_builders import OID, fnr, person

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
    assert decide(person(), here(identifier=(Identifier(system=FNR, value=OTHER),))) == Unknown()


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
    assert decide(person(ident=()), here()) == Unknown()


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

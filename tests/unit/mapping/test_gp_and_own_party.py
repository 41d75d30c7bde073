from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from hub.fhir.models.r4.datatypes import (
    CodeableConcept,
    HumanName,
    Identifier,
    Period,
    Reference,
)
from hub.mapping.gp import GpReceiver, gp_role_id, person_name, resolve_gp
from hub.mapping.own_party import OwnParty, to_own_party, to_responsible
from hub.problems import Problem, ProblemCode
from tests.unit.mapping.alert_builders import (
    DOCTOR,
    MUNICIPALITY,
    NOW,
    OFFICE,
    RECEIVER,
    ROLE,
    SENDER,
    SERVICE,
    patient,
)


def found(*parts: Any) -> GpReceiver | Problem:
    who, role, office, doctor = parts
    return resolve_gp(who, role, office, doctor, now=NOW)


def test_a_gp_is_found_by_role_office_and_person_with_both_her_ids() -> None:
    result = found(patient(), ROLE, OFFICE, DOCTOR)

    assert isinstance(result, GpReceiver)
    assert (result.organisation_her_id, result.party_her_id) == ("8091001", "8091011")
    assert result.person == RECEIVER.person
    assert result.hpr == "565900011"
    assert gp_role_id(patient()) == "role-1"


def test_a_role_without_person_is_a_service_named_by_its_code() -> None:
    role = replace(ROLE, practitioner=None, code=(CodeableConcept(text="Fastlegetjeneste"),))

    result = found(patient(), role, OFFICE, None)

    assert isinstance(result, GpReceiver)
    assert (result.person, result.party_name) == (None, "Fastlegetjeneste")


def test_every_missing_step_is_no_recipient_in_words() -> None:
    logical = patient(generalPractitioner=(Reference(identifier=Identifier(value="1")),))
    over = replace(ROLE, period=Period(end="2026-01-31"))
    cases = [
        ((patient(generalPractitioner=()), ROLE, OFFICE, DOCTOR), "ingen fastlege"),
        ((logical, ROLE, OFFICE, DOCTOR), "uten rolle"),
        ((patient(), None, OFFICE, DOCTOR), "finnes ikke"),
        ((patient(), replace(ROLE, active=False), OFFICE, DOCTOR), "avsluttet"),
        ((patient(), over, OFFICE, DOCTOR), "avsluttet"),
        ((patient(), ROLE, None, DOCTOR), "kontor"),
        ((patient(), replace(ROLE, identifier=()), OFFICE, DOCTOR), "tjeneste mangler HER-id"),
        ((patient(), ROLE, replace(OFFICE, identifier=()), DOCTOR), "kontoret mangler HER-id"),
        ((patient(), ROLE, replace(OFFICE, name=None), DOCTOR), "mangler navn"),
    ]
    for parts, words in cases:
        result = found(*parts)
        assert isinstance(result, Problem)
        assert result.code is ProblemCode.NO_RECIPIENT
        assert words in result.detail


def test_the_alias_of_the_her_id_system_counts_too() -> None:
    alias = (Identifier(system="http://hl7.no/fhir/NamingSystem/HERid", value="8091 011"),)

    result = found(patient(), replace(ROLE, identifier=alias), OFFICE, DOCTOR)

    assert isinstance(result, GpReceiver)
    assert result.party_her_id == "8091011"


def test_the_official_name_is_used_and_an_old_one_never() -> None:
    old = HumanName(use="old", family="Før")
    usual = HumanName(use="usual", family="Vanlig")
    official = HumanName(use="official", family="Rett", given=("Ann", "Mari"))

    chosen = person_name((old, usual, official))

    assert chosen is not None
    assert (chosen.given, chosen.family, chosen.full) == ("Ann Mari", "Rett", "Ann Mari Rett")
    assert person_name((old,)) is None
    text_only = person_name((HumanName(text="Kun Tekst"),))
    assert text_only is not None
    assert text_only.family == "Kun Tekst"


def test_our_own_service_needs_names_and_her_ids_on_both_levels() -> None:
    assert to_own_party(SERVICE, MUNICIPALITY) == SENDER
    for service, top in (
        (replace(SERVICE, name=None), MUNICIPALITY),
        (SERVICE, replace(MUNICIPALITY, identifier=())),
    ):
        assert not isinstance(to_own_party(service, top), OwnParty)


def test_a_practitioner_answers_with_name_number_and_profession() -> None:
    who = to_responsible(DOCTOR)

    assert who is not None
    assert (who.name.full, who.hpr, who.phone) == ("Rolig Testlege", "565900011", None)
    assert to_responsible(replace(DOCTOR, name=())) is None
    assert datetime(2026, 1, 1, tzinfo=UTC) < NOW

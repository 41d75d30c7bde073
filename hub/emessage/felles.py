"""Persons, professionals and organisations as the payloads write them (felleskomponent1).

Source: felleskomponent1.xsd 1.1 (KITH).
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, CV, URL
from hub.emessage.namespaces import FK1
from hub.emessage.simple_types import DATE, STRING
from hub.emessage.table import SELF, block, many, maybe, one, some


@block(FK1)
class Address:
    """A postal address."""

    type: CS | None = maybe("Type", CS)
    street_adr: str | None = maybe("StreetAdr", STRING)
    postal_code: str | None = maybe("PostalCode", STRING)
    city: str | None = maybe("City", STRING)
    postbox: str | None = maybe("Postbox", STRING)
    county: CS | None = maybe("County", CS)
    country: CS | None = maybe("Country", CS)


@block(FK1)
class TeleCom:
    """A phone number or other electronic address with its type (9061)."""

    type_telecom: CS | None = maybe("TypeTelecom", CS)
    tele_address: URL = one("TeleAddress", URL)


@block(FK1)
class Ident:
    """An identifier with its type (lists 9051 and 8116)."""

    id: str = one("Id", STRING)
    type_id: CV = one("TypeId", CV)


@block(FK1)
class Person:
    """A person: name, birth date, sex, identifiers, contact."""

    family_name: str | None = maybe("FamilyName", STRING)
    middle_name: str | None = maybe("MiddleName", STRING)
    given_name: str | None = maybe("GivenName", STRING)
    date_of_birth: str | None = maybe("DateOfBirth", DATE)
    sex: CS | None = maybe("Sex", CS)
    nationality: CS | None = maybe("Nationality", CS)
    ident: tuple[Ident, ...] = many("Ident", Ident)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)


@block(FK1)
class HealthcareProfessional:
    """A health professional: profession, role to the patient, name, identifiers, contact."""

    type_healthcare_professional: CS | None = maybe("TypeHealthcareProfessional", CS)
    role_to_patient: CV | None = maybe("RoleToPatient", CV)
    family_name: str | None = maybe("FamilyName", STRING)
    middle_name: str | None = maybe("MiddleName", STRING)
    given_name: str | None = maybe("GivenName", STRING)
    date_of_birth: str | None = maybe("DateOfBirth", DATE)
    sex: CS | None = maybe("Sex", CS)
    nationality: CS | None = maybe("Nationality", CS)
    ident: tuple[Ident, ...] = some("Ident", Ident)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)


@block(FK1)
class Organisation:
    """An organisation: the entity, with its service or professional inside as level 2."""

    type_organisation: CV | None = maybe("TypeOrganisation", CV)
    organisation_name: str = one("OrganisationName", STRING)
    ident: tuple[Ident, ...] = some("Ident", Ident)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)
    organisation: Organisation | None = maybe("Organisation", SELF)

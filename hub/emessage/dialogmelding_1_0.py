"""Dialogmelding 1.0: question, answer, note, and the notice that a received message cannot be handled.

Source: HIS 80603:2006, HIS 1152, HIS 1151, dialogmelding.xsd (2006-10-11).
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, CV, FORMATTED_TEXT, FormattedText
from hub.emessage.felles import Address, Ident, TeleCom
from hub.emessage.namespaces import DIALOG_1_0
from hub.emessage.simple_types import DATE, STRING
from hub.emessage.table import Choice, block, many, maybe, one


@block(DIALOG_1_0)
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
    ident: tuple[Ident, ...] = many("Ident", Ident)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)


@block(DIALOG_1_0)
class Person:
    """A person: name, birth date, sex, identifiers, contact."""

    given_name: str | None = maybe("GivenName", STRING)
    middle_name: str | None = maybe("MiddleName", STRING)
    family_name: str | None = maybe("FamilyName", STRING)
    date_of_birth: str | None = maybe("DateOfBirth", DATE)
    sex: CS | None = maybe("Sex", CS)
    nationality: CS | None = maybe("Nationality", CS)
    ident: tuple[Ident, ...] = many("Ident", Ident)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)


@block(DIALOG_1_0, choices=(Choice(("healthcare_professional", "person")),))
class RollerRelatertNotat:
    """A person and the role in the note."""

    rolle_notat: CV | None = maybe("RolleNotat", CV)
    role_to_patient: CV | None = maybe("RoleToPatient", CV)
    healthcare_professional: HealthcareProfessional | None = maybe(
        "HealthcareProfessional", HealthcareProfessional
    )
    person: Person | None = maybe("Person", Person)


@block(DIALOG_1_0)
class Foresporsel:
    """A question: its type, text, urgency and the period it is about."""

    type_foresp: CV = one("TypeForesp", CV)
    sporsmal: str | None = maybe("Sporsmal", STRING)
    formal: CV | None = maybe("Formål", CV)
    begrunnelse: str | None = maybe("Begrunnelse", STRING)
    hastegrad: CS | None = maybe("Hastegrad", CS)
    fra_dato: str | None = maybe("FraDato", DATE)
    til_dato: str | None = maybe("TilDato", DATE)
    type_journalinfo: CV | None = maybe("TypeJournalinfo", CV)
    dok_id_foresp: str | None = maybe("DokIdForesp", STRING)
    roller_relatert_notat: tuple[RollerRelatertNotat, ...] = many(
        "RollerRelatertNotat", RollerRelatertNotat
    )


@block(DIALOG_1_0)
class Notat:
    """One note: coded theme, subject, text, date, the question it answers, and the people it concerns."""

    tema_kodet: CV = one("TemaKodet", CV)
    tema: str | None = maybe("Tema", STRING)
    tekst_notat_innhold: FormattedText | None = maybe("TekstNotatInnhold", FORMATTED_TEXT)
    merknad: str | None = maybe("Merknad", STRING)
    dok_id_notat: str | None = maybe("DokIdNotat", STRING)
    dato_notat: str | None = maybe("DatoNotat", DATE)
    foresporsel: Foresporsel | None = maybe("Foresporsel", Foresporsel)
    roller_relatert_notat: tuple[RollerRelatertNotat, ...] = many(
        "RollerRelatertNotat", RollerRelatertNotat
    )


@block(DIALOG_1_0, choices=(Choice(("foresporsel", "notat"), required=False),))
class Dialogmelding:
    """Questions or notes about one patient; never both in one message."""

    sakstype_kodet: CV | None = maybe("SakstypeKodet", CV)
    sakstype: str | None = maybe("Sakstype", STRING)
    foresporsel: tuple[Foresporsel, ...] = many("Foresporsel", Foresporsel)
    notat: tuple[Notat, ...] = many("Notat", Notat)

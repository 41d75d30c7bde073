"""Dialogmelding 1.1: free dialogue between professionals, and the status of a referral.

Source: HIS 80603:2017, HIS 1077, dialogmelding-v1.1.xsd (2013-01-23).
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, CV, FORMATTED_TEXT, FormattedText
from hub.emessage.felles import Address, Ident, Organisation, TeleCom
from hub.emessage.namespaces import DIALOG_1_1
from hub.emessage.simple_types import DATE, STRING
from hub.emessage.table import Choice, block, many, maybe, one


@block(DIALOG_1_1)
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


@block(DIALOG_1_1)
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


@block(DIALOG_1_1, choices=(Choice(("healthcare_professional", "person"), required=False),))
class TilknyttetEnhet:
    """A unit to contact."""

    kontaktenhet: Organisation = one("Kontaktenhet", Organisation)
    merknad: str | None = maybe("Merknad", STRING)
    healthcare_professional: HealthcareProfessional | None = maybe(
        "HealthcareProfessional", HealthcareProfessional
    )
    person: Person | None = maybe("Person", Person)


@block(DIALOG_1_1, choices=(Choice(("healthcare_professional", "person"), required=False),))
class RollerRelatertNotat:
    """A person or unit and the role in the note."""

    rolle_notat: CV | None = maybe("RolleNotat", CV)
    role_to_patient: CV | None = maybe("RoleToPatient", CV)
    tilknyttet_enhet: TilknyttetEnhet | None = maybe("TilknyttetEnhet", TilknyttetEnhet)
    healthcare_professional: HealthcareProfessional | None = maybe(
        "HealthcareProfessional", HealthcareProfessional
    )
    person: Person | None = maybe("Person", Person)


@block(DIALOG_1_1)
class Foresporsel:
    """A question: its type, text, urgency and the period it is about."""

    type_foresp: CV = one("TypeForesp", CV)
    emne_sporsmal: str | None = maybe("EmneSporsmal", STRING)
    sporsmal: FormattedText | None = maybe("Sporsmal", FORMATTED_TEXT)
    formal: CV | None = maybe("Formål", CV)
    begrunnelse: str | None = maybe("Begrunnelse", STRING)
    hastegrad: CS | None = maybe("Hastegrad", CS)
    fra_dato: str | None = maybe("FraDato", DATE)
    til_dato: str | None = maybe("TilDato", DATE)
    type_journalinfo: tuple[CV, ...] = many("TypeJournalinfo", CV)
    kodet_opplysning: CV | None = maybe("KodetOpplysning", CV)
    dok_id_foresp: str | None = maybe("DokIdForesp", STRING)
    roller_relatert_notat: tuple[RollerRelatertNotat, ...] = many(
        "RollerRelatertNotat", RollerRelatertNotat
    )


@block(DIALOG_1_1)
class Notat:
    """One note: coded theme, subject, text, date and the people it concerns."""

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


@block(DIALOG_1_1, choices=(Choice(("foresporsel", "notat"), required=False),))
class Dialogmelding:
    """Questions or notes about one patient; never both in one message."""

    sakstype_kodet: CV | None = maybe("SakstypeKodet", CV)
    sakstype: str | None = maybe("Sakstype", STRING)
    foresporsel: tuple[Foresporsel, ...] = many("Foresporsel", Foresporsel)
    notat: tuple[Notat, ...] = many("Notat", Notat)

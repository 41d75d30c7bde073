"""The parts of poKomponent 2.0 that Henvisning 2.0 uses; PLO 2.0 itself is not deployed.

Source: poKomponent-v2.0.xsd (2017-11-30).
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, CV
from hub.emessage.felles import HealthcareProfessional, Organisation, Person
from hub.emessage.namespaces import PO_2_0
from hub.emessage.simple_types import BOOLEAN, DATE, STRING, YEAR
from hub.emessage.table import block, maybe, one


@block(PO_2_0)
class ParorendeForesatt:
    """A next of kin or guardian."""

    slektskap: CS | None = maybe("Slektskap", CS)
    omsorgsfunksjon: CS | None = maybe("Omsorgsfunksjon", CS)
    fodselsar_mindrearig_parorende: str | None = maybe("FodselsarMindrearigParorende", YEAR)
    narmeste_parorende: bool | None = maybe("NarmesteParorende", BOOLEAN)
    referanseperson: Person = one("Referanseperson", Person)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class TilknyttetEnhet:
    """A unit to contact."""

    kontaktenhet: Organisation = one("Kontaktenhet", Organisation)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class KontaktpersonHelsepersonell:
    """A contact in the health service."""

    kontaktperson: HealthcareProfessional = one("Kontaktperson", HealthcareProfessional)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class TilleggsopplysningPasient:
    """More about the patient: civil status, language, lives alone, municipal services."""

    sivil_status: CS | None = maybe("SivilStatus", CS)
    bor_alene: bool | None = maybe("BorAlene", BOOLEAN)
    sprak: CS | None = maybe("Sprak", CS)
    mottar_kommunale_tjenester: bool | None = maybe("MottarKommunaleTjenester", BOOLEAN)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class SendtDokument:
    """Whether another document was sent, and to whom."""

    opplysning: CV = one("Opplysning", CV)
    ja_nei: bool = one("JaNei", BOOLEAN)
    dato_sendt: str | None = maybe("DatoSendt", DATE)
    type_mottaker: CV | None = maybe("TypeMottaker", CV)
    navn_mottaker: str | None = maybe("NavnMottaker", STRING)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class AnsvarForRapport:
    """Who answers for the message, and in which role."""

    ansvarlig_rapport: HealthcareProfessional = one("AnsvarligRapport", HealthcareProfessional)
    godkjent_dato: str | None = maybe("GodkjentDato", DATE)
    type_relasjon: CV | None = maybe("TypeRelasjon", CV)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class AssistertKommunikasjon:
    """Need for an interpreter or other help to communicate."""

    person_tolkebehov: Person | None = maybe("PersonTolkebehov", Person)
    horselsvikt: bool | None = maybe("Horselsvikt", BOOLEAN)
    synsvikt: bool | None = maybe("Synsvikt", BOOLEAN)
    behov_tolk_sprak: CS | None = maybe("BehovTolkSprak", CS)
    preferert_tolk: Person | None = maybe("PreferertTolk", Person)
    behov_opphort_dato: str | None = maybe("BehovOpphortDato", DATE)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class InfoAssistertKommunikasjon:
    """Wraps one need for assisted communication."""

    assistert_kommunikasjon: AssistertKommunikasjon = one(
        "AssistertKommunikasjon", AssistertKommunikasjon
    )


@block(PO_2_0)
class Legemiddelgjennomgang:
    """When the drugs were reviewed and reconciled."""

    dato_legemiddelgjennomgang: str | None = maybe("DatoLegemiddelgjennomgang", DATE)
    dato_samstemming: str | None = maybe("DatoSamstemming", DATE)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class TypeInnholdIMelding:
    """What the message contains."""

    type_innhold: CV = one("TypeInnhold", CV)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class OpplysningerOmIndividuellPlan:
    """Whether there is an individual plan and a coordinator."""

    individuell_plan_foreligger: bool | None = maybe("IndividuellPlanForeligger", BOOLEAN)
    koordinator_oppnevnt: bool | None = maybe("KoordinatorOppnevnt", BOOLEAN)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO_2_0)
class PasientrelatertKontaktperson:
    """A contact of the patient in another service."""

    stilling_rolle: str | None = maybe("StillingRolle", STRING)
    arbeidssted: str | None = maybe("Arbeidssted", STRING)
    referanseperson: Person = one("Referanseperson", Person)
    merknad: str | None = maybe("Merknad", STRING)

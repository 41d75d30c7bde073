"""EPJ components: critical information, journal text and medication, with their marking attributes.

Source: EPJ-cave-mv.xsd, EPJ-journalnotat-mv.xsd, EPJ-legemiddel-mv.xsd, EPJ-meta.xsd (2008-02-20).
"""

from __future__ import annotations

from typing import Final

from hub.emessage.datatypes import CS, CV, PQ, TS
from hub.emessage.felles import HealthcareProfessional
from hub.emessage.namespaces import EPJ1, EPJ2, EPJ3, META
from hub.emessage.simple_types import BOOLEAN, INTEGER, STRING, one_of
from hub.emessage.table import attribute, block, many, maybe, one, required_attribute, some, some_of

INFORMASJONSKATEGORI: Final = one_of(
    "informasjonskategori",
    "Cave/allergier",
    "Legemidler",
    "Andre notater",
    "Uspesifisert",
)


@block(EPJ2)
class Journaltekst:
    """A free text with its heading code."""

    overskriftskode: CV | None = maybe("Overskriftskode", CV)
    notat: str = one("Notat", STRING)
    merknad: str | None = maybe("Merknad", STRING)


@block(EPJ2)
class GenereltJournalnotat:
    """Journal texts as an EPJ document."""

    basiskomponenttype: str = required_attribute(
        "basiskomponenttype", STRING, META, fixed="EPJ dokument"
    )
    komponenttype: str = required_attribute(
        "komponenttype", STRING, META, fixed="2.16.578.1.12.4.1.6.13.11009.0"
    )
    informasjonskategori: str | None = attribute("informasjonskategori", INFORMASJONSKATEGORI, META)
    komponent_id: str = required_attribute("komponentID", STRING)
    referanse_viktig_tilleggsinfo: str | None = attribute("referanseViktigTilleggsinfo", STRING)
    journaltekst: tuple[Journaltekst, ...] = some("Journaltekst", Journaltekst)


@block(EPJ1)
class Allergi:
    """One allergy: against what, which considerations, anaphylactic reactions."""

    hensyn_ved_forskrivning: bool | None = maybe("HensynVedForskrivning", BOOLEAN)
    hensyn_mat_drikke: bool | None = maybe("HensynMatDrikke", BOOLEAN)
    kontaktallergi: bool | None = maybe("Kontaktallergi", BOOLEAN)
    pollen_innsektstikk: bool | None = maybe("PollenInnsektstikk", BOOLEAN)
    allergisk_mot: str = one("AllergiskMot", STRING)
    virkestoff_legemiddel: CV | None = maybe("VirkestoffLegemiddel", CV)
    kode_annet_stoff: CV | None = maybe("KodeAnnetStoff", CV)
    anafylaktiske_reaksjoner: CS | None = maybe("AnafylaktiskeReaksjoner", CS)


@block(EPJ1)
class Allerginotat:
    """One allergy as an EPJ document, with journal text."""

    basiskomponenttype: str = required_attribute(
        "basiskomponenttype", STRING, META, fixed="EPJ dokument"
    )
    komponenttype: str = required_attribute(
        "komponenttype", STRING, META, fixed="2.16.578.1.12.4.1.6.13.11036.1"
    )
    informasjonskategori: str | None = attribute("informasjonskategori", INFORMASJONSKATEGORI, META)
    komponent_id: str = required_attribute("komponentID", STRING)
    referanse_viktig_tilleggsinfo: str | None = attribute("referanseViktigTilleggsinfo", STRING)
    journaltekst: tuple[Journaltekst, ...] = many("Journaltekst", Journaltekst, EPJ2)
    allergi: Allergi = one("Allergi", Allergi)


@block(EPJ1)
class StikkordCave:
    """A keyword of critical information, with journal text."""

    cave_stikkord: str = one("CaveStikkord", STRING)
    journaltekst: Journaltekst | None = maybe("Journaltekst", Journaltekst, EPJ2)


@block(EPJ1)
class SakshodeCave:
    """The header of critical information: its keywords."""

    basiskomponenttype: str = required_attribute(
        "basiskomponenttype", STRING, META, fixed="EPJ dokument"
    )
    komponenttype: str = required_attribute(
        "komponenttype", STRING, META, fixed="2.16.578.1.12.4.1.6.13.10028.0"
    )
    informasjonskategori: str | None = attribute("informasjonskategori", INFORMASJONSKATEGORI, META)
    komponent_id: str = required_attribute("komponentID", STRING)
    referanse_viktig_tilleggsinfo: str | None = attribute("referanseViktigTilleggsinfo", STRING)
    stikkord_cave: tuple[StikkordCave, ...] = many("StikkordCave", StikkordCave)


@block(EPJ1)
class Cave:
    """Critical information about one patient: header with keywords, and allergies."""

    basiskomponenttype: str = required_attribute(
        "basiskomponenttype", STRING, META, fixed="EPJ sak"
    )
    komponenttype: str = required_attribute(
        "komponenttype", STRING, META, fixed="2.16.578.1.12.4.1.6.14.50001.0"
    )
    informasjonskategori: str | None = attribute("informasjonskategori", INFORMASJONSKATEGORI, META)
    komponent_id: str = required_attribute("komponentID", STRING)
    referanse_viktig_tilleggsinfo: str | None = attribute("referanseViktigTilleggsinfo", STRING)
    sakshode_cave: SakshodeCave = one("SakshodeCave", SakshodeCave)
    allerginotat: tuple[Allerginotat, ...] = many("Allerginotat", Allerginotat)


@block(EPJ3)
class Forskrivningsinfo:
    """The drug: name, strength, form, dosage text, use and period."""

    bruksomrade_tekst: str | None = maybe("BruksomradeTekst", STRING)
    dos_veiled_enkel: str | None = maybe("DosVeiledEnkel", STRING)
    nr: str | None = maybe("Nr", STRING)
    navn: str = one("Navn", STRING)
    generisk_navn: str | None = maybe("GeneriskNavn", STRING)
    atc: CS | None = maybe("Atc", CS)
    legemiddelform: CS | None = maybe("Legemiddelform", CS)
    styrke: PQ | None = maybe("Styrke", PQ)
    bruk: CS | None = maybe("Bruk", CS)
    dosering_starttidspunkt: TS | None = maybe("DoseringStarttidspunkt", TS)
    dosering_sluttidspunkt: TS | None = maybe("DoseringSluttidspunkt", TS)
    skal_ikke_tas_sammen_med_annet_legemiddel: bool | None = maybe(
        "SkalIkkeTasSammenMedAnnetLegemiddel", BOOLEAN
    )


@block(EPJ3)
class ForenkletForskrivning:
    """One prescription: status, multidose, prescriber and the drug."""

    status_til_forskrivningen: CS | None = maybe("StatusTilForskrivningen", CS)
    inngaar_i_multidose: CS | None = maybe("InngaarIMultidose", CS)
    resept_id: str | None = maybe("ReseptId", STRING)
    merknad: str | None = maybe("Merknad", STRING)
    forskriver: HealthcareProfessional | None = maybe("Forskriver", HealthcareProfessional)
    forskrivningsinfo: Forskrivningsinfo = one("Forskrivningsinfo", Forskrivningsinfo)


@block(EPJ3)
class Legemiddelinfo:
    """One drug in use or stopped, as an EPJ document."""

    basiskomponenttype: str = required_attribute(
        "basiskomponenttype", STRING, META, fixed="EPJ dokument"
    )
    komponenttype: str = required_attribute(
        "komponenttype", STRING, META, fixed="2.16.578.1.12.4.1.6.13.10301.0"
    )
    informasjonskategori: str | None = attribute("informasjonskategori", INFORMASJONSKATEGORI, META)
    komponent_id: str = required_attribute("komponentID", STRING)
    referanse_viktig_tilleggsinfo: str | None = attribute("referanseViktigTilleggsinfo", STRING)
    forenklet_forskrivning: ForenkletForskrivning = one(
        "ForenkletForskrivning", ForenkletForskrivning
    )


@block(EPJ3)
class AdministrertLegemiddel:
    """How much of the medicine was given."""

    kvantum: str | None = maybe("Kvantum", STRING)


@block(EPJ3)
class AdmAvHelsepersonell:
    """One dose given by staff: when, how much, by whom, of what."""

    adm_enkeltdose: PQ | None = maybe("AdmEnkeltdose", PQ)
    adm_start: TS = one("AdmStart", TS)
    adm_slutt: TS | None = maybe("AdmSlutt", TS)
    administrert_av: HealthcareProfessional | None = maybe("AdministrertAv", HealthcareProfessional)
    adm_status: CS | None = maybe("AdmStatus", CS)
    administrert_legemiddel: AdministrertLegemiddel | None = maybe(
        "AdministrertLegemiddel", AdministrertLegemiddel
    )
    forskrivningsinfo: Forskrivningsinfo | None = maybe("Forskrivningsinfo", Forskrivningsinfo)


@block(EPJ3)
class UtlevertLegemiddel:
    """How many single doses were handed out."""

    ant_enkeltdoser: str = one("AntEnkeltdoser", INTEGER)


@block(EPJ3)
class Egenadministrering:
    """Doses handed out for the patient to take alone."""

    adm_enkeltdose: PQ | None = maybe("AdmEnkeltdose", PQ)
    adm_start: TS = one("AdmStart", TS)
    adm_slutt: TS | None = maybe("AdmSlutt", TS)
    administrert_av: HealthcareProfessional | None = maybe("AdministrertAv", HealthcareProfessional)
    utlevert_legemiddel: tuple[UtlevertLegemiddel, ...] = some(
        "UtlevertLegemiddel", UtlevertLegemiddel
    )
    forskrivningsinfo: Forskrivningsinfo | None = maybe("Forskrivningsinfo", Forskrivningsinfo)


@block(EPJ3)
class LegemidlerAdministrertVedOverforing:
    """Doses given or handed out around the transfer, in document order."""

    basiskomponenttype: str = required_attribute(
        "basiskomponenttype", STRING, META, fixed="EPJ dokument"
    )
    komponenttype: str = required_attribute(
        "komponenttype", STRING, META, fixed="2.16.578.1.12.4.1.6.13.10302.0"
    )
    informasjonskategori: str | None = attribute("informasjonskategori", INFORMASJONSKATEGORI, META)
    komponent_id: str = required_attribute("komponentID", STRING)
    referanse_viktig_tilleggsinfo: str | None = attribute("referanseViktigTilleggsinfo", STRING)
    innhold: tuple[AdmAvHelsepersonell | Egenadministrering, ...] = some_of(
        AdmAvHelsepersonell, Egenadministrering
    )

"""The discharge report of the demo: a stay for heart failure that ends with a wish for follow-up at home.

Source: HIS 80704:2014 and HIS 1148 (Utskrivningsrapport 1.6); dho/requirements.md 41.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from hub.demo.happenings import admitted, happening, responsible_nurse
from hub.demo.people import HEART_WARD, Person
from hub.demo.resources import full_url
from hub.emessage.codes.forsendelsesstatus_7309 import FORSENDELSESSTATUS
from hub.emessage.codes.innhold_utskrivningsrapport_9139 import INNHOLD_UTSKRIVNINGSRAPPORT
from hub.emessage.codes.legemiddelbruk_9101 import LEGEMIDDELBRUK
from hub.emessage.codes.overskrift_medisinsk_9142 import OVERSKRIFT_MEDISINSK
from hub.emessage.codes.overskrift_sykepleie_9141 import OVERSKRIFT_SYKEPLEIE
from hub.emessage.codes.status_forskrivning_9104 import STATUS_FORSKRIVNING
from hub.emessage.datatypes import CS, CV, PQ
from hub.emessage.epj import (
    Allergi,
    Allerginotat,
    ForenkletForskrivning,
    Forskrivningsinfo,
    GenereltJournalnotat,
    Journaltekst,
    Legemiddelinfo,
)
from hub.emessage.plo.components import (
    InfoFraSykepleier,
    InfoKontrolltime,
    InfoMedisinskDiagnose,
    InformasjonOmForsendelsen,
    InformasjonOmTime,
    InformertOm,
    MedisinskDiagnose,
    MedisinskfagligeOpplysninger,
    OpplysningerRelevantOppfolging,
    OpplysningOpphold,
    Sykepleierdokumentasjon,
    TilleggsopplysningPasient,
    TjenesteBehov,
    TypeInnholdIMelding,
)
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise

_ICD10: Final = "2.16.578.1.12.4.1.1.7110"
_ATC: Final = "2.16.578.1.12.4.1.1.7180"

# name, ATC, ATC name, strength, dosage text, stopped
_DRUGS: Final = (
    ("Prøvofuros tab", "C03CA01", "Furosemid", "40", "1 tablett morgen og kl. 14", False),
    ("Prøvoprolol depottab", "C07AB02", "Metoprolol", "50", "1 tablett morgen", False),
    ("Prøvosartan tab", "C09CA06", "Kandesartan", "8", "1 tablett kveld", False),
    ("Prøvofen tab", "M01AE01", "Ibuprofen", "400", "Seponert: gir væskeansamling", True),
)


def build_report(person: Person, at: datetime) -> TverrfagligEpikrise:
    """The patient and the time of discharge → the report's payload."""
    return TverrfagligEpikrise(
        informasjon_om_forsendelsen=InformasjonOmForsendelsen(
            forsendelsesstatus=FORSENDELSESSTATUS.cs("N")
        ),
        tilleggsopplysning_pasient=TilleggsopplysningPasient(bor_alene=True),
        ansvar_for_rapport=(responsible_nurse(HEART_WARD),),
        type_innhold_i_melding=_content_type(),
        opplysning_opphold=(
            OpplysningOpphold(tidsfestet_hendelse=happening("1", admitted(at))),
            OpplysningOpphold(tidsfestet_hendelse=happening("2", f"{at:%Y-%m-%d}")),
        ),
        info_medisinsk_diagnose=(_diagnoses(),),
        medisinskfaglige_opplysninger=_medical(person),
        legemiddelinfo=tuple(_drug(person, number) for number in range(len(_DRUGS))),
        sykepleierdokumentasjon=_nursing(),
        tjeneste_behov=(
            TjenesteBehov(
                betegnelse_tjeneste="Digital hjemmeoppfølging",
                beskrivelse_av_tjeneste=(
                    "Ønsker videre digital hjemmeoppfølging fra i dag: vekt hver morgen, puls og blodtrykk daglig. "
                    "Vurdert for DHO: ja. Egenbehandlingsplan finnes: ja, må justeres. Grenseverdier satt: nei, "
                    "fastlege og kommune avtaler ny målvekt (69,5 kg ved utskrivning)."
                ),
            ),
        ),
        info_kontrolltime=(
            InfoKontrolltime(
                informasjon_om_time=InformasjonOmTime(
                    bestilt_kontrolltime=True,
                    tidspunkt_time=f"{at + timedelta(days=14):%Y-%m-%d}T10:15:00",
                    varighet="30",
                    sted_time="Hjertepoliklinikken, Testfjord sykehus",
                    informert_om=InformertOm(pasient_informert=True, parorende_informert=False),
                )
            ),
        ),
    )


def _content_type() -> TypeInnholdIMelding:
    return TypeInnholdIMelding(type_innhold=INNHOLD_UTSKRIVNINGSRAPPORT.cv("11"))


def _diagnoses() -> InfoMedisinskDiagnose:
    return InfoMedisinskDiagnose(
        medisinsk_diagnose=(
            MedisinskDiagnose(
                hoveddiagnose=True,
                diagnosekode=CV(v="I50.9", s=_ICD10, dn="Uspesifisert hjertesvikt"),
            ),
            MedisinskDiagnose(
                diagnosekode=CV(v="I48.9", s=_ICD10, dn="Uspesifisert atrieflimmer og atrieflutter")
            ),
        )
    )


def _component_id(person: Person, part: str) -> str:
    return full_url("component", person.key, part).removeprefix("urn:uuid:")


def _medical(person: Person) -> MedisinskfagligeOpplysninger:
    return MedisinskfagligeOpplysninger(
        generelt_journalnotat=(
            GenereltJournalnotat(
                basiskomponenttype="EPJ dokument",
                komponenttype="2.16.578.1.12.4.1.6.13.11009.0",
                informasjonskategori="Andre notater",
                komponent_id=_component_id(person, "notat"),
                journaltekst=(
                    _medical_text("PROB", "Innlagt med økende tungpust og seks kilo vektøkning."),
                    _medical_text(
                        "FU", "Ved ankomst krepitasjoner basalt. Ved utskrivning rene lunger."
                    ),
                    _medical_text(
                        "OP",
                        "Vei daglig. Ved mer enn 2 kg økning på tre dager kontaktes fastlegen samme dag. "
                        "Kreatinin og kalium hos fastlegen om en uke.",
                    ),
                ),
            ),
        ),
        allerginotat=(
            Allerginotat(
                basiskomponenttype="EPJ dokument",
                komponenttype="2.16.578.1.12.4.1.6.13.11036.1",
                informasjonskategori="Cave/allergier",
                komponent_id=_component_id(person, "allergi"),
                allergi=Allergi(
                    hensyn_ved_forskrivning=True,
                    allergisk_mot="Fenoksymetylpenicillin",
                    virkestoff_legemiddel=CV(v="J01CE02", s=_ATC, dn="Fenoksymetylpenicillin"),
                ),
            ),
        ),
    )


def _medical_text(code: str, text: str) -> Journaltekst:
    return Journaltekst(overskriftskode=OVERSKRIFT_MEDISINSK.cv(code), notat=text)


def _nursing_text(code: str, text: str) -> Journaltekst:
    return Journaltekst(overskriftskode=OVERSKRIFT_SYKEPLEIE.cv(code), notat=text)


def _nursing() -> Sykepleierdokumentasjon:
    return Sykepleierdokumentasjon(
        info_fra_sykepleier=InfoFraSykepleier(
            opplysninger_relevant_oppfolging=OpplysningerRelevantOppfolging(
                hjelp_legemiddeladm=True,
                merknad_til_legemiddeladministrering="Ønsker dosett hver uke.",
            ),
            journaltekst=(
                _nursing_text("8", "Oppegående, steller seg selv, sover med to puter."),
                _nursing_text("12", "Vekt 69,5 kg, BT 116/68, puls 74, SpO2 96 % uten oksygen."),
                _nursing_text("14", "Har vekt og blodtrykksmåler hjemme. Hentes av datteren."),
            ),
        )
    )


def _drug(person: Person, number: int) -> Legemiddelinfo:
    name, atc, atc_name, strength, dosage, stopped = _DRUGS[number]
    return Legemiddelinfo(
        basiskomponenttype="EPJ dokument",
        komponenttype="2.16.578.1.12.4.1.6.13.10301.0",
        informasjonskategori="Legemidler",
        komponent_id=_component_id(person, f"legemiddel-{number}"),
        forenklet_forskrivning=ForenkletForskrivning(
            status_til_forskrivningen=STATUS_FORSKRIVNING.cs("2" if stopped else "1"),
            forskrivningsinfo=Forskrivningsinfo(
                dos_veiled_enkel=dosage,
                navn=name,
                atc=CS(v=atc, dn=atc_name),
                styrke=PQ(v=strength, u="mg"),
                bruk=LEGEMIDDELBRUK.cs("1"),
            ),
        ),
    )

"""Utskrivningsrapport 1.6 (root TverrfagligEpikrise): the discharge report of a hospital to the municipality.

Source: HIS 80704:2014, TverrfagligEpikrise-v1.6.xsd.
"""

from __future__ import annotations

from hub.emessage.epj import Legemiddelinfo
from hub.emessage.namespaces import EPJ3, PO, UTSKRIVNINGSRAPPORT
from hub.emessage.plo.components import (
    AnsvarForRapport,
    InfoAndreViktigeOpplysninger,
    InfoAssistertKommunikasjon,
    InfoInformasjonGitt,
    InfoKartleggingFunksjonsniva,
    InfoKontrolltime,
    InfoMedisinskDiagnose,
    InfoReservasjon,
    InformasjonOmForsendelsen,
    KontaktpersonHelsepersonell,
    MedisinskfagligeOpplysninger,
    OpplysningerAndreFaggrupper,
    OpplysningerOmHjelpemidler,
    OpplysningOpphold,
    ParorendeForesatt,
    SendtDokument,
    Sykepleierdokumentasjon,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
    TjenesteBehov,
    TypeInnholdIMelding,
)
from hub.emessage.table import block, many, maybe, one


@block(UTSKRIVNINGSRAPPORT)
class TverrfagligEpikrise:
    """The discharge report: shared head, content type and the clinical sections in schema order."""

    informasjon_om_forsendelsen: InformasjonOmForsendelsen = one(
        "InformasjonOmForsendelsen", InformasjonOmForsendelsen, PO
    )
    tilleggsopplysning_pasient: TilleggsopplysningPasient | None = maybe(
        "TilleggsopplysningPasient", TilleggsopplysningPasient, PO
    )
    parorende_foresatt: tuple[ParorendeForesatt, ...] = many(
        "ParorendeForesatt", ParorendeForesatt, PO
    )
    tilknyttet_enhet: tuple[TilknyttetEnhet, ...] = many("TilknyttetEnhet", TilknyttetEnhet, PO)
    kontaktperson_helsepersonell: tuple[KontaktpersonHelsepersonell, ...] = many(
        "KontaktpersonHelsepersonell", KontaktpersonHelsepersonell, PO
    )
    ansvar_for_rapport: tuple[AnsvarForRapport, ...] = many(
        "AnsvarForRapport", AnsvarForRapport, PO
    )
    sendt_dokument: tuple[SendtDokument, ...] = many("SendtDokument", SendtDokument, PO)
    type_innhold_i_melding: TypeInnholdIMelding = one(
        "TypeInnholdIMelding", TypeInnholdIMelding, PO
    )
    opplysning_opphold: tuple[OpplysningOpphold, ...] = many(
        "OpplysningOpphold", OpplysningOpphold, PO
    )
    info_medisinsk_diagnose: tuple[InfoMedisinskDiagnose, ...] = many(
        "InfoMedisinskDiagnose", InfoMedisinskDiagnose, PO
    )
    medisinskfaglige_opplysninger: MedisinskfagligeOpplysninger | None = maybe(
        "MedisinskfagligeOpplysninger", MedisinskfagligeOpplysninger, PO
    )
    legemiddelinfo: tuple[Legemiddelinfo, ...] = many("Legemiddelinfo", Legemiddelinfo, EPJ3)
    info_andre_viktige_opplysninger: InfoAndreViktigeOpplysninger | None = maybe(
        "InfoAndreViktigeOpplysninger", InfoAndreViktigeOpplysninger, PO
    )
    sykepleierdokumentasjon: Sykepleierdokumentasjon | None = maybe(
        "Sykepleierdokumentasjon", Sykepleierdokumentasjon, PO
    )
    opplysninger_andre_faggrupper: tuple[OpplysningerAndreFaggrupper, ...] = many(
        "OpplysningerAndreFaggrupper", OpplysningerAndreFaggrupper, PO
    )
    info_kartlegging_funksjonsniva: InfoKartleggingFunksjonsniva | None = maybe(
        "InfoKartleggingFunksjonsniva", InfoKartleggingFunksjonsniva, PO
    )
    tjeneste_behov: tuple[TjenesteBehov, ...] = many("TjenesteBehov", TjenesteBehov, PO)
    info_informasjon_gitt: tuple[InfoInformasjonGitt, ...] = many(
        "InfoInformasjonGitt", InfoInformasjonGitt, PO
    )
    info_assistert_kommunikasjon: tuple[InfoAssistertKommunikasjon, ...] = many(
        "InfoAssistertKommunikasjon", InfoAssistertKommunikasjon, PO
    )
    info_reservasjon: tuple[InfoReservasjon, ...] = many("InfoReservasjon", InfoReservasjon, PO)
    info_kontrolltime: tuple[InfoKontrolltime, ...] = many("InfoKontrolltime", InfoKontrolltime, PO)
    opplysninger_om_hjelpemidler: OpplysningerOmHjelpemidler | None = maybe(
        "OpplysningerOmHjelpemidler", OpplysningerOmHjelpemidler, PO
    )

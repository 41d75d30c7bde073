"""Innleggelsesrapport 1.6: what the municipality tells the hospital within a day of an admission.

Source: HIS 80704:2014, Innleggelsesrapport-v1.6.xsd.
"""

from __future__ import annotations

from hub.emessage.epj import Legemiddelinfo
from hub.emessage.namespaces import EPJ3, INNLEGGELSESRAPPORT, PO
from hub.emessage.plo.components import (
    AnsvarForRapport,
    EksisterendeTjeneste,
    InfoAndreViktigeOpplysninger,
    InfoAssistertKommunikasjon,
    InfoInformasjonGitt,
    InfoKartleggingFunksjonsniva,
    InfoMedisinskDiagnose,
    InfoReservasjon,
    InformasjonOmForsendelsen,
    KontaktpersonHelsepersonell,
    MedisinskfagligeOpplysninger,
    OpplysningerAndreFaggrupper,
    OpplysningerOmHjelpemidler,
    ParorendeForesatt,
    SendtDokument,
    Sykepleierdokumentasjon,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
)
from hub.emessage.table import block, many, maybe, one


@block(INNLEGGELSESRAPPORT)
class Innleggelsesrapport:
    """The admission report: shared head and the clinical sections in schema order."""

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
    info_medisinsk_diagnose: tuple[InfoMedisinskDiagnose, ...] = many(
        "InfoMedisinskDiagnose", InfoMedisinskDiagnose, PO
    )
    medisinskfaglige_opplysninger: MedisinskfagligeOpplysninger | None = maybe(
        "MedisinskfagligeOpplysninger", MedisinskfagligeOpplysninger, PO
    )
    legemiddelinfo: tuple[Legemiddelinfo, ...] = many("Legemiddelinfo", Legemiddelinfo, EPJ3)
    eksisterende_tjeneste: tuple[EksisterendeTjeneste, ...] = many(
        "EksisterendeTjeneste", EksisterendeTjeneste, PO
    )
    info_kartlegging_funksjonsniva: InfoKartleggingFunksjonsniva | None = maybe(
        "InfoKartleggingFunksjonsniva", InfoKartleggingFunksjonsniva, PO
    )
    info_andre_viktige_opplysninger: InfoAndreViktigeOpplysninger | None = maybe(
        "InfoAndreViktigeOpplysninger", InfoAndreViktigeOpplysninger, PO
    )
    sykepleierdokumentasjon: Sykepleierdokumentasjon | None = maybe(
        "Sykepleierdokumentasjon", Sykepleierdokumentasjon, PO
    )
    opplysninger_andre_faggrupper: OpplysningerAndreFaggrupper | None = maybe(
        "OpplysningerAndreFaggrupper", OpplysningerAndreFaggrupper, PO
    )
    opplysninger_om_hjelpemidler: OpplysningerOmHjelpemidler | None = maybe(
        "OpplysningerOmHjelpemidler", OpplysningerOmHjelpemidler, PO
    )
    info_assistert_kommunikasjon: tuple[InfoAssistertKommunikasjon, ...] = many(
        "InfoAssistertKommunikasjon", InfoAssistertKommunikasjon, PO
    )
    info_reservasjon: tuple[InfoReservasjon, ...] = many("InfoReservasjon", InfoReservasjon, PO)
    info_informasjon_gitt: tuple[InfoInformasjonGitt, ...] = many(
        "InfoInformasjonGitt", InfoInformasjonGitt, PO
    )

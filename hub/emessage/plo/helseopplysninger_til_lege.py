"""Helseopplysninger til lege 1.6 (root Konsultasjon): the municipality tells or asks the GP.

Source: HIS 80704:2014, HelseopplysningerTilLege-v1.6.xsd.
"""

from __future__ import annotations

from hub.emessage.epj import Legemiddelinfo
from hub.emessage.namespaces import EPJ3, HELSEOPPLYSNINGER_TIL_LEGE, PO
from hub.emessage.plo.components import (
    AnsvarForRapport,
    InfoAndreViktigeOpplysninger,
    InfoAssistertKommunikasjon,
    InfoInformasjonGitt,
    InfoKartleggingFunksjonsniva,
    InfoMedisinskDiagnose,
    InfoReservasjon,
    InformasjonOmForsendelsen,
    InnholdKonsultasjon,
    KontaktpersonHelsepersonell,
    MedisinskfagligeOpplysninger,
    ParorendeForesatt,
    SendtDokument,
    Sykepleierdokumentasjon,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
)
from hub.emessage.table import block, many, maybe, one


@block(HELSEOPPLYSNINGER_TIL_LEGE)
class Konsultasjon:
    """Health information for the GP: shared head, content type (9137) and the clinical sections in schema order."""

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
    innhold_konsultasjon: InnholdKonsultasjon | None = maybe(
        "InnholdKonsultasjon", InnholdKonsultasjon, PO
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
    info_kartlegging_funksjonsniva: InfoKartleggingFunksjonsniva | None = maybe(
        "InfoKartleggingFunksjonsniva", InfoKartleggingFunksjonsniva, PO
    )
    info_informasjon_gitt: tuple[InfoInformasjonGitt, ...] = many(
        "InfoInformasjonGitt", InfoInformasjonGitt, PO
    )
    info_assistert_kommunikasjon: tuple[InfoAssistertKommunikasjon, ...] = many(
        "InfoAssistertKommunikasjon", InfoAssistertKommunikasjon, PO
    )
    info_reservasjon: tuple[InfoReservasjon, ...] = many("InfoReservasjon", InfoReservasjon, PO)

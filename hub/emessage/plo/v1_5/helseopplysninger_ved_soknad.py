"""Helseopplysninger ved søknad 1.5: no content type and no stay yet, but always whether the patient applied too.

Source: HIS 80704 (2009 edition), HelseopplysningerVedSoknad-v1.5.xsd.
"""

from __future__ import annotations

from hub.emessage.namespaces import HELSEOPPLYSNINGER_1_5, PO
from hub.emessage.plo.components import (
    AnsvarForRapport,
    InfoAssistertKommunikasjon,
    InfoInformasjonGitt,
    InfoKartleggingFunksjonsniva,
    InfoMedisinskDiagnose,
    InformasjonOmForsendelsen,
    KontaktpersonHelsepersonell,
    MedisinskfagligeOpplysninger,
    OpplysningerAndreFaggrupper,
    OpplysningerTilSoknad,
    ParorendeForesatt,
    SendtDokument,
    Sykepleierdokumentasjon,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
    TjenesteBehov,
)
from hub.emessage.table import block, many, maybe, one


@block(HELSEOPPLYSNINGER_1_5)
class HelseopplysningerVedSoknad:
    """Health information with an application for services: shared head, application and clinical sections."""

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
    opplysninger_til_soknad: OpplysningerTilSoknad = one(
        "OpplysningerTilSoknad", OpplysningerTilSoknad, PO
    )
    info_medisinsk_diagnose: tuple[InfoMedisinskDiagnose, ...] = many(
        "InfoMedisinskDiagnose", InfoMedisinskDiagnose, PO
    )
    medisinskfaglige_opplysninger: MedisinskfagligeOpplysninger | None = maybe(
        "MedisinskfagligeOpplysninger", MedisinskfagligeOpplysninger, PO
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
    info_assistert_kommunikasjon: tuple[InfoAssistertKommunikasjon, ...] = many(
        "InfoAssistertKommunikasjon", InfoAssistertKommunikasjon, PO
    )
    info_informasjon_gitt: tuple[InfoInformasjonGitt, ...] = many(
        "InfoInformasjonGitt", InfoInformasjonGitt, PO
    )
    tjeneste_behov: tuple[TjenesteBehov, ...] = many("TjenesteBehov", TjenesteBehov, PO)

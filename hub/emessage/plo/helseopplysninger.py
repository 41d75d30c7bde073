"""Helseopplysninger 1.6 (root HelseopplysningerVedSoknad): early warning to the municipality, and its updates.

Source: HIS 80704:2014, Helseopplysninger-v1.6.xsd.
"""

from __future__ import annotations

from hub.emessage.namespaces import HELSEOPPLYSNINGER, PO
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
    OpplysningOpphold,
    ParorendeForesatt,
    SendtDokument,
    Sykepleierdokumentasjon,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
    TjenesteBehov,
    TypeInnholdIMelding,
)
from hub.emessage.table import block, many, maybe, one, some


@block(HELSEOPPLYSNINGER)
class HelseopplysningerVedSoknad:
    """Health information for planning services: shared head, content type (9140), expected discharge, clinical sections."""

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
    opplysning_opphold: tuple[OpplysningOpphold, ...] = some(
        "OpplysningOpphold", OpplysningOpphold, PO
    )
    opplysninger_til_soknad: OpplysningerTilSoknad | None = maybe(
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

"""Medisinske opplysninger 1.6 (root OverforingMedisinskeOpplysninger): the GP informs the municipality.

Source: HIS 80704:2014, MedisinskeOpplysninger-v1.6.xsd.
"""

from __future__ import annotations

from hub.emessage.epj import Legemiddelinfo
from hub.emessage.namespaces import EPJ3, MEDISINSKE_OPPLYSNINGER, PO
from hub.emessage.plo.components import (
    AnsvarForRapport,
    InfoAndreViktigeOpplysninger,
    InfoAssistertKommunikasjon,
    InfoInformasjonGitt,
    InfoIPLOSrelevantInformasjon,
    InfoKartleggingFunksjonsniva,
    InfoMedisinskDiagnose,
    InfoReservasjon,
    InformasjonOmForsendelsen,
    KontaktpersonHelsepersonell,
    MedisinskfagligeOpplysninger,
    OpplysningerAndreFaggrupper,
    OpplysningerTilSoknad,
    ParorendeForesatt,
    SendtDokument,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
    TjenesteBehov,
    TypeInnholdIMelding,
)
from hub.emessage.table import block, many, maybe, one


@block(MEDISINSKE_OPPLYSNINGER)
class OverforingMedisinskeOpplysninger:
    """Medical information for the municipality: shared head, content type (9138) and the sections in schema order."""

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
    type_innhold_i_melding: TypeInnholdIMelding | None = maybe(
        "TypeInnholdIMelding", TypeInnholdIMelding, PO
    )
    opplysninger_til_soknad: OpplysningerTilSoknad | None = maybe(
        "OpplysningerTilSoknad", OpplysningerTilSoknad, PO
    )
    info_medisinsk_diagnose: InfoMedisinskDiagnose | None = maybe(
        "InfoMedisinskDiagnose", InfoMedisinskDiagnose, PO
    )
    medisinskfaglige_opplysninger: MedisinskfagligeOpplysninger | None = maybe(
        "MedisinskfagligeOpplysninger", MedisinskfagligeOpplysninger, PO
    )
    legemiddelinfo: tuple[Legemiddelinfo, ...] = many("Legemiddelinfo", Legemiddelinfo, EPJ3)
    info_iplos_relevant_informasjon: InfoIPLOSrelevantInformasjon | None = maybe(
        "InfoIPLOSrelevantInformasjon", InfoIPLOSrelevantInformasjon, PO
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
    info_andre_viktige_opplysninger: InfoAndreViktigeOpplysninger | None = maybe(
        "InfoAndreViktigeOpplysninger", InfoAndreViktigeOpplysninger, PO
    )
    info_reservasjon: tuple[InfoReservasjon, ...] = many("InfoReservasjon", InfoReservasjon, PO)

"""Orientering om tjenestetilbud 1.6: the municipality tells the GP which services a patient gets.

Source: HIS 80704:2014, OrienteringOmTjenestetilbud-v1.6.xsd.
"""

from __future__ import annotations

from hub.emessage.namespaces import ORIENTERING_OM_TJENESTETILBUD, PO
from hub.emessage.plo.components import (
    AnsvarForRapport,
    AssistertKommunikasjon,
    EksisterendeTjeneste,
    InformasjonOmForsendelsen,
    KontaktpersonHelsepersonell,
    ParorendeForesatt,
    SendtDokument,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
)
from hub.emessage.table import block, many, maybe, one, some


@block(ORIENTERING_OM_TJENESTETILBUD)
class OrienteringOmTjenestetilbud:
    """The services of one patient: shared head, at least one service, help to communicate."""

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
    eksisterende_tjeneste: tuple[EksisterendeTjeneste, ...] = some(
        "EksisterendeTjeneste", EksisterendeTjeneste, PO
    )
    assistert_kommunikasjon: tuple[AssistertKommunikasjon, ...] = many(
        "AssistertKommunikasjon", AssistertKommunikasjon, PO
    )

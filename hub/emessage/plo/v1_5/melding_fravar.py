"""Fraværsmelding 1.5 (root MeldingFravar): the automatic answer that the addressee is away.

Source: HIS 80704 (2009 edition), MeldingFravar-v1.5.xsd, poKomponent-v1.5.xsd.
"""

from __future__ import annotations

from hub.emessage.felles import HealthcareProfessional
from hub.emessage.namespaces import MELDING_FRAVAR, PO
from hub.emessage.plo.components import (
    AnsvarForRapport,
    InformasjonOmForsendelsen,
    KontaktpersonHelsepersonell,
    ParorendeForesatt,
    SendtDokument,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
)
from hub.emessage.simple_types import BOOLEAN, DATE, STRING
from hub.emessage.table import block, many, maybe, one


@block(PO)
class Fraversassistent:
    """Whether the addressee is away, from when to when, and to whom the message went on."""

    mottaker_fravarende: bool = one("MottakerFravarende", BOOLEAN)
    melding_videresendt: bool | None = maybe("MeldingVideresendt", BOOLEAN)
    fravarende_fra_dato: str | None = maybe("FravarendeFraDato", DATE)
    fravarende_til_dato: str | None = maybe("FravarendeTilDato", DATE)
    videresendt_til: HealthcareProfessional | None = maybe("VideresendtTil", HealthcareProfessional)
    merknad: str | None = maybe("Merknad", STRING)


@block(MELDING_FRAVAR)
class MeldingFravar:
    """An absence: shared head, from when to when, and who takes over."""

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
    fraversassistent: Fraversassistent = one("Fraversassistent", Fraversassistent, PO)

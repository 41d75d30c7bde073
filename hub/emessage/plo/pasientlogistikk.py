"""Pasientlogistikk 1.6: the five messages about admission, readiness, discharge and death.

Source: HIS 80704:2014, Pasientlogistikk-v1.6.xsd.
"""

from __future__ import annotations

from hub.emessage.namespaces import PASIENTLOGISTIKK, PO
from hub.emessage.plo.components import (
    AnsvarForRapport,
    InfoInformasjonGitt,
    InformasjonOmForsendelsen,
    KontaktpersonHelsepersonell,
    ParorendeForesatt,
    SendtDokument,
    TidsfestetHendelse,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
    UtskrevetTil,
)
from hub.emessage.table import Choice, block, many, maybe, one, some


@block(PASIENTLOGISTIKK)
class OrienteringOmDod:
    """The patient has died."""

    tidsfestet_hendelse: TidsfestetHendelse = one("TidsfestetHendelse", TidsfestetHendelse, PO)


@block(PASIENTLOGISTIKK)
class MeldingOmUtskrevetPasient:
    """The patient is discharged: where to and when."""

    utskrevet_til: UtskrevetTil = one("UtskrevetTil", UtskrevetTil, PO)
    tidsfestet_hendelse: TidsfestetHendelse = one("TidsfestetHendelse", TidsfestetHendelse, PO)
    info_informasjon_gitt: InfoInformasjonGitt | None = maybe(
        "InfoInformasjonGitt", InfoInformasjonGitt, PO
    )


@block(PASIENTLOGISTIKK)
class MeldingUtskrivningsklarPasient:
    """The patient is (or is expected to be) ready for discharge."""

    tidsfestet_hendelse: tuple[TidsfestetHendelse, ...] = some(
        "TidsfestetHendelse", TidsfestetHendelse, PO
    )


@block(PASIENTLOGISTIKK)
class AvmeldingUtskrivningsklarPasient:
    """The patient is no longer ready for discharge; the events behind it."""

    tidsfestet_hendelse: tuple[TidsfestetHendelse, ...] = some(
        "TidsfestetHendelse", TidsfestetHendelse, PO
    )


@block(PASIENTLOGISTIKK)
class MeldingInnlagtPasient:
    """The patient is admitted."""

    tidsfestet_hendelse: TidsfestetHendelse = one("TidsfestetHendelse", TidsfestetHendelse, PO)


@block(
    PASIENTLOGISTIKK,
    choices=(
        Choice(
            (
                "orientering_om_dod",
                "melding_om_utskrevet_pasient",
                "melding_utskrivningsklar_pasient",
                "avmelding_utskrivningsklar_pasient",
                "melding_innlagt_pasient",
            )
        ),
    ),
)
class Pasientlogistikk:
    """One logistics message: the shared head and exactly one of five events."""

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
    orientering_om_dod: OrienteringOmDod | None = maybe("OrienteringOmDod", OrienteringOmDod)
    melding_om_utskrevet_pasient: MeldingOmUtskrevetPasient | None = maybe(
        "MeldingOmUtskrevetPasient", MeldingOmUtskrevetPasient
    )
    melding_utskrivningsklar_pasient: MeldingUtskrivningsklarPasient | None = maybe(
        "MeldingUtskrivningsklarPasient", MeldingUtskrivningsklarPasient
    )
    avmelding_utskrivningsklar_pasient: AvmeldingUtskrivningsklarPasient | None = maybe(
        "AvmeldingUtskrivningsklarPasient", AvmeldingUtskrivningsklarPasient
    )
    melding_innlagt_pasient: MeldingInnlagtPasient | None = maybe(
        "MeldingInnlagtPasient", MeldingInnlagtPasient
    )

"""PLO 1.6 messages → FHIR R4 resources, one file per message type and per shared block."""

from hub.mapping.plo_to_fhir import (
    helseopplysninger,
    helseopplysninger_til_lege,
    helseopplysninger_ved_soknad,
    innleggelsesrapport,
    medisinske_opplysninger,
    melding_fravar,
    orientering_om_tjenestetilbud,
    pasientlogistikk,
    utskrivningsrapport,
)

__all__ = [
    "helseopplysninger",
    "helseopplysninger_til_lege",
    "helseopplysninger_ved_soknad",
    "innleggelsesrapport",
    "medisinske_opplysninger",
    "melding_fravar",
    "orientering_om_tjenestetilbud",
    "pasientlogistikk",
    "utskrivningsrapport",
]

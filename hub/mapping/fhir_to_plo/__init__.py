"""FHIR → PLO: one file per message type; the blocks are read by the same tables that wrote them (`plo/`)."""

from hub.mapping.fhir_to_plo import (
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

"""Code list 8279: Meldingens funksjon (extract).

Source: Volven 8279, OID 2.16.578.1.12.4.1.1.8279, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

MESSAGE_FUNCTION: Final = CodeList(
    number="8279",
    name="Meldingens funksjon (extract)",
    version="2024",
    names={
        "APPREC": "Applikasjonskvittering",
        "DIALOG_AVVIK": "Tilbakemelding om feil i mottatt melding",
        "DIALOG_FORESPORSEL": "Forespørsel",
        "DIALOG_HELSEFAGLIG": "Helsefaglig dialog",
        "DIALOG_NOTAT": "Notat",
        "DIALOG_STATUS_HENVISNING": "Status på henvisning",
        "DIALOG_SVAR": "Svar på forespørsel",
        "DIALOG_TIL_ARKIVERING": "Til arkivering i pasientens journal",
        "EPIKRISE": "Epikrise",
        "FRAVARSMELDING": "Fraværsmelding",
        "HELSEOPPLYSNINGER_LEGE": "Helseopplysninger til lege",
        "HELSEOPPL_SOKNAD": "Helseopplysninger",
        "HENVISNING": "Henvisning",
        "HENVISNING_NYTILSTAND": "Henvisning ny tilstand",
        "HENVISNING_VIDERE": "Viderehenvisning",
        "INNLEGGELSESRAPPORT": "Innleggelsesrapport",
        "LOG_AVMELDING": "Avmelding av utskrivningsklar pasient",
        "LOG_DOD": "Orientering om dødsfall",
        "LOG_INNLAGT": "Melding om innlagt pasient",
        "LOG_UTSKREVET": "Melding om utskrevet pasient",
        "LOG_UTSKRIVNINGSKLAR": "Melding om utskrivningsklar pasient",
        "MEDISINSKE_OPPLYSNINGER": "Medisinske opplysninger",
        "ORIENTERING_TJENESTETILBUD": "Orientering om tjenestetilbud",
        "UTSKRIVNINGSRAPPORT": "Utskrivningsrapport",
    },
)

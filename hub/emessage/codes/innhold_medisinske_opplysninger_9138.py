"""Code list 9138: Type innhold Medisinske opplysninger.

Source: Volven 9138, OID 2.16.578.1.12.4.1.1.9138, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

INNHOLD_MEDISINSKE_OPPLYSNINGER: Final = CodeList(
    number="9138",
    name="Type innhold Medisinske opplysninger",
    version="2024",
    names={
        "1": "Rapport etter konsultasjon",
        "4": "Svar på forespørsel",
        "5": "Opplysninger til søknad",
    },
)

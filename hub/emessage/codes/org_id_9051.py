"""Code list 9051: ID-typer for organisatoriske enheter.

Source: Volven 9051, OID 2.16.578.1.12.4.1.1.9051, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

ORG_ID: Final = CodeList(
    number="9051",
    name="ID-typer for organisatoriske enheter",
    version="2024",
    names={
        "AKO": "Apotekets konsesjonsnummer",
        "APO": "Apotekets identifikasjonsnummer",
        "AVD": "Off. identifikator for avdelinger",
        "ENH": "Organisasjonsnummeret i Enhetsregister",
        "HER": "HER-id",
        "LAV": "Lokal identifikator for avdelinger",
        "LIN": "Lokal identifikator for institusjoner",
        "LOK": "Lokal identifikator uten nærmere angivelse",
        "NPR": "NPR avdelingsnummer",
        "RSH": "Nasjonalt register over enheter i spesialisthelsetjenesten (RESH-ID)",
        "SYS": "SYSVAK institusjonsnummer",
    },
)

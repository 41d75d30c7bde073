"""Code list 7322: Tema for helsefaglig dialog.

Source: Volven 7322, OID 2.16.578.1.12.4.1.1.7322, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

TEMA_HELSEFAGLIG_DIALOG: Final = CodeList(
    number="7322",
    name="Tema for helsefaglig dialog",
    version="2024",
    names={
        "6": "Henvendelse om pasient",
        "7": "Tilbakemelding på mottak av utskrivningsklar pasient",
        "8": "Forespørsel om helseopplysninger",
        "9": "Forespørsel om legemiddelopplysninger",
    },
)

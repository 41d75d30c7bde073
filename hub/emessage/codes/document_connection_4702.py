"""Code list 4702: Dokumenttilknytning.

Source: Volven 4702, OID 2.16.578.1.12.4.1.1.4702, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

DOCUMENT_CONNECTION: Final = CodeList(
    number="4702",
    name="Dokumenttilknytning",
    version="2024",
    names={
        "A": "Andre tilleggsdokument",
        "F": "Følgeskriv",
        "FH": "Forside av hoveddokument",
        "H": "Hoveddokument",
        "V": "Vedlegg",
    },
)

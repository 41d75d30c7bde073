"""Code list 7321: Tema for notat.

Source: Volven 7321, OID 2.16.578.1.12.4.1.1.7321, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

TEMA_NOTAT: Final = CodeList(
    number="7321",
    name="Tema for notat",
    version="2024",
    names={
        "1": "Notat om pasient",
        "2": "Melding om avvik",
        "3": "Uspesifisert notat",
        "4": "Supplerende opplysninger",
        "5": "Overføring av journal",
        "6": "Henvendelse om pasient",
    },
)

"""Code list 9152: Type opplysning ved pasientsamhandling - fra PLO.

Source: Volven 9152, OID 2.16.578.1.12.4.1.1.9152, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

FORESPORSEL_FRA_PLO: Final = CodeList(
    number="9152",
    name="Type opplysning ved pasientsamhandling - fra PLO",
    version="2024",
    names={
        "1": "Helseopplysninger",
        "4": "Legemiddelopplysninger",
        "6": "Fornye resept(er).",
        "7": "Time til undersøkelse/behandling",
        "8": "Status/plan for utskrivning",
        "99": "Annen henvendelse",
    },
)

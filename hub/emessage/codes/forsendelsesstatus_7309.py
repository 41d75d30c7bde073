"""Code list 7309: Tjenestetype (forsendelsesstatus).

Source: Volven 7309, OID 2.16.578.1.12.4.1.1.7309, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

FORSENDELSESSTATUS: Final = CodeList(
    number="7309",
    name="Tjenestetype (forsendelsesstatus)",
    version="2024",
    names={
        "A": "Tillegg",
        "C": "Kansellering",
        "H": "Historikk",
        "M": "Endring",
        "N": "Ny",
    },
)

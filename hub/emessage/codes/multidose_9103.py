"""Code list 9103: Multidose.

Source: Volven 9103, OID 2.16.578.1.12.4.1.1.9103, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

MULTIDOSE: Final = CodeList(
    number="9103",
    name="Multidose",
    version="2024",
    names={
        "1": "Legemiddeldosering inngår ikke i en multidose",
        "2": "Legemiddeldosering inngår i multidose og informasjon er sendt til leverandør",
    },
)

"""Code list 8112: Rolle til mottaker.

Source: Volven 8112, OID 2.16.578.1.12.4.1.1.8112, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

RECEIVER_ROLE: Final = CodeList(
    number="8112",
    name="Rolle til mottaker",
    version="2024",
    names={
        "COP": "Kopimottaker",
        "FR": "Mottaker i videresendt melding",
        "OR": "Opprinnelig mottaker",
        "PRIM": "Primærmottaker",
    },
)

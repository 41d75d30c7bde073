"""Code list 9148: Status på vurdering av henvisning.

Source: Volven 9148, OID 2.16.578.1.12.4.1.1.9148, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

VURDERING_AV_HENVISNING: Final = CodeList(
    number="9148",
    name="Status på vurdering av henvisning",
    version="2024",
    names={
        "1": "Innkalles til helsehjelp",
        "2": "Rett til helsehjelp, tidspunkt kommer",
        "3": "Henvisningen er videresendt",
        "4": "Henvisningen er avvist",
    },
)

"""Code list 9155: Tema tilbakemelding utskrivningsklar.

Source: Volven 9155, OID 2.16.578.1.12.4.1.1.9155, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

TEMA_UTSKRIVNINGSKLAR: Final = CodeList(
    number="9155",
    name="Tema tilbakemelding utskrivningsklar",
    version="2024",
    names={
        "1": "Tilbakemelding på mottak av utskrivningsklar pasient",
    },
)

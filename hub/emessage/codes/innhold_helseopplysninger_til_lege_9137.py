"""Code list 9137: Type innhold Helseopplysninger til lege.

Source: Volven 9137, OID 2.16.578.1.12.4.1.1.9137, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

INNHOLD_HELSEOPPLYSNINGER_TIL_LEGE: Final = CodeList(
    number="9137",
    name="Type innhold Helseopplysninger til lege",
    version="2024",
    names={
        "2": "Statusrapport",
        "3": "Ønske om legevurdering",
    },
)

"""Code list 9140: Type innhold Helseopplysninger.

Source: Volven 9140, OID 2.16.578.1.12.4.1.1.9140, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

INNHOLD_HELSEOPPLYSNINGER: Final = CodeList(
    number="9140",
    name="Type innhold Helseopplysninger",
    version="2024",
    names={
        "1": "Varsel om innlagt pasient",
        "2": "Oppdaterte opplysninger",
    },
)

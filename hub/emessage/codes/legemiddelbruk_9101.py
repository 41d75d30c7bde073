"""Code list 9101: Legemiddelbruk.

Source: Volven 9101, OID 2.16.578.1.12.4.1.1.9101, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

LEGEMIDDELBRUK: Final = CodeList(
    number="9101",
    name="Legemiddelbruk",
    version="2024",
    names={
        "1": "Fast",
        "2": "Kur",
        "3": "Ved behov",
        "4": "Vaksine",
        "5": "Næringsmiddel/vitaminer",
    },
)

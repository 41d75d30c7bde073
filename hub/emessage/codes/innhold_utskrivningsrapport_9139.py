"""Code list 9139: Type innhold Utskrivningsrapport.

Source: Volven 9139, OID 2.16.578.1.12.4.1.1.9139, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

INNHOLD_UTSKRIVNINGSRAPPORT: Final = CodeList(
    number="9139",
    name="Type innhold Utskrivningsrapport",
    version="2024",
    names={
        "11": "Utskrivningsrapport",
        "12": "Fødselsepikrise",
    },
)

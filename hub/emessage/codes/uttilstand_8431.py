"""Code list 8431: Uttilstand.

Source: Volven 8431, OID 2.16.578.1.12.4.1.1.8431, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

UTTILSTAND: Final = CodeList(
    number="8431",
    name="Uttilstand",
    version="2024",
    names={
        "1": "Som levende",
        "2": "Som død",
        "3": "Suicid",
    },
)

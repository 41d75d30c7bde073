"""Code list 8115: Ønsket svarprioritet.

Source: Volven 8115, OID 2.16.578.1.12.4.1.1.8115, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

PRIORITY: Final = CodeList(
    number="8115",
    name="Ønsket svarprioritet",
    version="2024",
    names={
        "H": "Høy",
        "L": "Lav",
        "N": "Normal",
    },
)

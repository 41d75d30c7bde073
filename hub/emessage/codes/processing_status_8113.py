"""Code list 8113: Prosesstatus.

Source: Volven 8113, OID 2.16.578.1.12.4.1.1.8113, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

PROCESSING_STATUS: Final = CodeList(
    number="8113",
    name="Prosesstatus",
    version="2024",
    names={
        "D": "Debugging",
        "P": "Produksjon",
        "T": "Opplæring",
    },
)

"""Code list 9104: Status til forskrivning.

Source: Volven 9104, OID 2.16.578.1.12.4.1.1.9104, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

STATUS_FORSKRIVNING: Final = CodeList(
    number="9104",
    name="Status til forskrivning",
    version="2024",
    names={
        "1": "Originalforskrivning",
        "2": "Seponering",
        "3": "Utlevert legemiddel",
    },
)

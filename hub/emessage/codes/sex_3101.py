"""Code list 3101: Kjønn.

Source: Volven 3101, OID 2.16.578.1.12.4.1.1.3101, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

SEX: Final = CodeList(
    number="3101",
    name="Kjønn",
    version="2024",
    names={
        "0": "Ikke kjent",
        "1": "Mann",
        "2": "Kvinne",
        "9": "Ikke spesifisert",
    },
)

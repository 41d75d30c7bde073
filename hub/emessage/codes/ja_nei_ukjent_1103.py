"""Code list 1103: Ja, nei, ukjent.

Source: Volven 1103, OID 2.16.578.1.12.4.1.1.1103, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

JA_NEI_UKJENT: Final = CodeList(
    number="1103",
    name="Ja, nei, ukjent",
    version="2024",
    names={
        "1": "Ja",
        "2": "Nei",
        "9": "Ukjent",
    },
)

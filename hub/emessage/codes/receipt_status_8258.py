"""Code list 8258: Status for mottak av melding.

Source: Volven 8258, OID 2.16.578.1.12.4.1.1.8258, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

RECEIPT_STATUS: Final = CodeList(
    number="8258",
    name="Status for mottak av melding",
    version="2024",
    names={
        "1": "OK",
        "2": "Avvist",
        "3": "OK, feil i delmelding",
    },
)

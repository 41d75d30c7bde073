"""Code list 8117: Avvik ved mottak av elektronisk melding.

Source: Volven 8117, OID 2.16.578.1.12.4.1.1.8117, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

AVVIK: Final = CodeList(
    number="8117",
    name="Avvik ved mottak av elektronisk melding",
    version="2024",
    names={"1": "Feil adressat", "2": "Mangelfulle opplysninger", "9": "Annet"},
)

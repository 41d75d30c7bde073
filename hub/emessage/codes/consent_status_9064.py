"""Code list 9064: Status for innhenting av pasientens samtykke.

Source: Volven 9064, OID 2.16.578.1.12.4.1.1.9064, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

CONSENT_STATUS: Final = CodeList(
    number="9064",
    name="Status for innhenting av pasientens samtykke",
    version="2024",
    names={
        "1": "Ja, samtykke er innhentet",
        "2": "Pasientens samtykke er ikke påkrevet i dette tilfellet",
        "3": "Svar på forespørsel e.l. som pasienten har gitt samtykke til",
        "4": "Nei, pasienten har ikke gitt sitt samtykke",
    },
)

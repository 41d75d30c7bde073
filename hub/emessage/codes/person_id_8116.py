"""Code list 8116: ID-type for personer.

Source: Volven 8116, OID 2.16.578.1.12.4.1.1.8116, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

PERSON_ID: Final = CodeList(
    number="8116",
    name="ID-type for personer",
    version="2024",
    names={
        "DKF": "Dansk 'personnummer'",
        "DNR": "D-nummer",
        "DUF": "DUF-nummer",
        "FHN": "Felles hjelpenummer",
        "FNR": "Fødselsnummer",
        "FPN": "Forsikringspolise nummer",
        "HER": "HER-id",
        "HNR": "H-nummer",
        "HPR": "HPR-nummer",
        "PNR": "Passnummer",
        "SEF": "Svensk 'personnummer'",
        "SSN": "Sosial security number",
        "UID": "Utenlandsk identifikasjon",
        "XXX": "Annet",
    },
)

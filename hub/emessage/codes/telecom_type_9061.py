"""Code list 9061: Type telekommunikasjon.

Source: Volven 9061, OID 2.16.578.1.12.4.1.1.9061, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

TELECOM_TYPE: Final = CodeList(
    number="9061",
    name="Type telekommunikasjon",
    version="2024",
    names={
        "AS": "Telefonsvarer",
        "EC": "Nødnummer",
        "F": "Fax",
        "H": "Hjemme eller ukjent",
        "HP": "Hovedtelefon",
        "HV": "Ferietelefon",
        "MC": "Mobiltelefon",
        "PG": "Personsøker",
        "WC": "Arbeidsplass, sentralbord",
        "WD": "Arbeidsplass, direktenummer",
        "WP": "Arbeidsplass",
    },
)

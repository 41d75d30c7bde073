"""Code list 9121: Hendelseskode for logistikkopplysninger.

Source: Volven 9121, OID 2.16.578.1.12.4.1.1.9121, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

HENDELSE: Final = CodeList(
    number="9121",
    name="Hendelseskode for logistikkopplysninger",
    version="2024",
    names={
        "1": "Pasient innlagt",
        "13": "Pasienten er død",
        "2": "Pasient utskrevet",
        "3": "Pasient utskrivningsklar",
        "4": "Avmelding av utskrivningsklar pasient",
    },
)

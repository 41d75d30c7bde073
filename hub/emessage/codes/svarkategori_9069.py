"""Code list 9069: Svarkategori.

Source: Volven 9069, OID 2.16.578.1.12.4.1.1.9069, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

SVARKATEGORI: Final = CodeList(
    number="9069",
    name="Svarkategori",
    version="2024",
    names={
        "1": "De etterspurte opplysningene er inkludert i meldingen",
        "2": "Forespørselen avvist uten begrunnelse",
        "3": "Har ikke ønskede opplysninger",
        "4": "Kan ikke besvares. Krever pasientens samtykke",
        "5": "Svar på forespørsel",
        "9": "Annet, svar angitt i fritekst",
    },
)

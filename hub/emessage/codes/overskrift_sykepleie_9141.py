"""Code list 9141: Overskrifter for sykepleiedokumentasjon.

Source: Volven 9141, OID 2.16.578.1.12.4.1.1.9141, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

OVERSKRIFT_SYKEPLEIE: Final = CodeList(
    number="9141",
    name="Overskrifter for sykepleiedokumentasjon",
    version="2024",
    names={
        "1": "Innkomststatus",
        "12": "Status ved utskrivning",
        "13": "Pasientens egne vurderinger",
        "14": "Praktiske opplysninger",
        "7": "Sykepleiediagnose",
        "8": "Sykepleiesammenfatning",
        "88": "Annet",
    },
)

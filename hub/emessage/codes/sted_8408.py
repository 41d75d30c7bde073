"""Code list 8408: Sted.

Source: Volven 8408, OID 2.16.578.1.12.4.1.1.8408, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

STED: Final = CodeList(
    number="8408",
    name="Sted",
    version="2024",
    names={
        "1": "Bosted/arbeidssted",
        "10": "Pasienthotell",
        "11": "Sykehjem/aldershjem/helsehus",
        "2": "Skade- eller funnsted",
        "21": "Kommunal akutt døgnenhet (KAD)",
        "3": "Annen helseinstitusjon innen spesialisthelsetjenesten",
        "5": "Institusjon i utlandet",
        "7": "Annen (somatisk) enhet ved egen helseinstitusjon",
        "8": "Annen enhet (ikke somatikk) ved egen helseinstitusjon",
        "88": "Annet",
        "98": "Ukjent",
        "99": "Sted identifisert ved rapportering av attributt Til/Fra institusjon",
    },
)

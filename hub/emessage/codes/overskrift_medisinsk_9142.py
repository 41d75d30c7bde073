"""Code list 9142: Medisinskfaglige opplysninger (overskrifter).

Source: Volven 9142, OID 2.16.578.1.12.4.1.1.9142, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

OVERSKRIFT_MEDISINSK: Final = CodeList(
    number="9142",
    name="Medisinskfaglige opplysninger (overskrifter)",
    version="2024",
    names={
        "AAI": "Årsak til innleggelse",
        "FA": "Familie/sosialt",
        "FO": "Forløp og behandling",
        "FU": "Funn og undersøkelsesresultat",
        "HJ": "Funksjonsnivå/hjelpetiltak",
        "IP": "Informasjon til pasient/pårørende",
        "OP": "Planer for videre oppfølging",
        "PROB": "Aktuell problemstilling",
        "SYKM": "Sykmelding",
        "TS": "Tidligere sykdommer",
        "UTRED": "Forventet/ønsket undersøkelser/behandling",
        "VU": "Vurdering",
    },
)

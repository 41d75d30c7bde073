"""Code list 8221: Feilmeldinger for applikasjonskvittering.

Source: Volven 8221, OID 2.16.578.1.12.4.1.1.8221, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

APPREC_ERROR: Final = CodeList(
    number="8221",
    name="Feilmeldinger for applikasjonskvittering",
    version="2024",
    names={
        "E10": "Ugyldig meldingsidentifikator",
        "E20": "Lege finnes ikke",
        "E21": "Mottaker finnes ikke",
        "E30": "Pasientens fødselsnummer mangler",
        "E31": "Pasientens fødselsnummer er feil",
        "E32": "Pasientens navn mangler",
        "E33": "Pasientens etternavn mangler",
        "E34": "Pasientens fornavn mangler",
        "E35": "Pasienten finnes ikke i mottakersystemet",
        "E36": "Pasientopplysninger er utilstrekkelige",
        "E53": "Pasientens fødselsnummer eller D-nummer finnes ikke registrert i Folkeregisteret.",
        "E54": "Pasientens fødselsnummer er ikke registrert i mottagersystemet",
        "S01": "Feil på signatur",
        "S02": "Ugyldig sertifikat",
        "S03": "Tilbaketrukket sertifikat",
        "S99": "Annen feil på signatur eller sertifikat",
        "T01": "Ikke XML / ikke 'well formed' / uleselig",
        "T02": "XML validerer ikke",
        "T10": "Støtter ikke meldingsformatet",
        "T99": "Annen feil på format",
        "X99": "Annen feil",
    },
)

"""Codings as they come → measure keys, and the coded answers and contexts that ride along.

Source: dho/thresholds.md §5.1, §16; fhir-no/vitalsigns.md (no-domain and VKP codes, body sites), vkp-dho.md (https://loinc.org).
"""

from __future__ import annotations

import re
from typing import Final

from hub.mapping import urls
from hub.thresholds.measures import BY_CODE, MEASURES

MISPRINTED_WEIGHT: Final = "29563-7"
"""Two HL7 Norway pages print this for body weight, which is 29463-7 (vitalsigns.md, "Traps")."""

# no-domain and VKP use different SNOMED codes for the same measure (vitalsigns.md, table)
_ALSO: Final[dict[tuple[str, str], str]] = {
    (urls.LOINC, MISPRINTED_WEIGHT): "weight",
    (urls.SNOMED, "4471000202106"): "systolic",
    (urls.SNOMED, "4481000202108"): "diastolic",
    (urls.SNOMED, "4501000202102"): "map",
    (urls.SNOMED, "78564009"): "pulse",
    (urls.SNOMED, "271625008"): "resp_rate",
    (urls.SNOMED, "1153637007"): "height",
    (urls.SNOMED, "50373000"): "height",
    (urls.SNOMED, "404996007"): "consciousness",
}


def _known_codes() -> dict[tuple[str | None, str | None], str]:
    known: dict[tuple[str | None, str | None], str] = {**BY_CODE, **_ALSO}
    for (system, code), measure in list(known.items()):
        if system == urls.LOINC:
            known.update({(alias, code): measure for alias in urls.LOINC_ALIASES})
    known.update({(urls.MEASURE_CODES, key): key for key in MEASURES})
    return known


MEASURE_OF: Final = _known_codes()
"""(system, code) → measure key: every known coding of a measure (§16: accept any)."""

_DIMENSIONLESS: Final = re.compile(r"\{(?:score|steps)\}")
SOLE_UNIT: Final[dict[str, str]] = {
    key: row.unit for key, row in MEASURES.items() if _DIMENSIONLESS.fullmatch(row.unit)
}
"""Scores and counts have one unit and no other: it is implied by the measure, not guessed (§4.4)."""

_EMIT_ALSO: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    # One resource must satisfy both no-domain and VKP (vitalsigns.md): both codings are sent
    "systolic": ((urls.SNOMED, "4471000202106"),),
    "diastolic": ((urls.SNOMED, "4481000202108"),),
    "resp_rate": ((urls.SNOMED, "271625008"),),
}


def codes_to_emit(measure: str) -> tuple[tuple[str, str], ...]:
    """A measure key → its codings: the preferred of each public system, then our own key."""
    row = MEASURES.get(measure)
    chosen: dict[str, tuple[str, str]] = {}
    for system, code in row.codes if row else ():
        chosen.setdefault(system, (system, code))
    return (*chosen.values(), *_EMIT_ALSO.get(measure, ()), (urls.MEASURE_CODES, measure))


ACVPU: Final[dict[str, str]] = {
    "248234008": "A",  # mentally alert
    "130987000": "C",  # acute confusion
    "300202002": "V",  # responds to voice
    "450847001": "P",  # responds to pain
    "422768004": "U",  # unresponsive
}
"""SNOMED CT level of consciousness → the letter the rules use."""

BODY_SITES: Final[dict[str, str]] = {
    "42859004": "ear",
    "122861001": "mouth",
    "34402009": "rectum",
    "91470000": "axilla",
    "52795006": "forehead",
    "450721000": "temple",
    "368209003": "right_upper_arm",
    "368208006": "left_upper_arm",
    "9736006": "right_wrist",
    "5951000": "left_wrist",
    "7569003": "finger",
}
"""SNOMED CT body site → value of the context `body_site` (vitalsigns.md, value sets)."""

TYMPANIC: Final = frozenset(
    {(urls.LOINC, "8333-7"), ("https://loinc.org", "8333-7"), (urls.MDC, "150392")}
)
"""Codings of temperature that say the site themselves: the ear."""

OXYGEN_FLOW: Final = "oxygen_flow"

"""Why a value is missing, in words: the codes of FHIR's data-absent-reason (R4), which a device or an app sends and a nurse reads.

Source: http://hl7.org/fhir/R4/valueset-data-absent-reason.html; dho/thresholds.md §4.3, §11.
"""

from __future__ import annotations

from typing import Final

ABSENCES: Final[dict[str, str]] = {
    "unknown": "årsaken er ukjent",
    "asked-unknown": "pasienten ble spurt, men vet ikke",
    "temp-unknown": "ikke kjent ennå",
    "not-asked": "pasienten ble ikke spurt",
    "asked-declined": "pasienten ønsket ikke å svare",
    "masked": "holdt tilbake av personvernhensyn",
    "not-applicable": "ikke aktuelt for pasienten",
    "unsupported": "utstyret støtter ikke målingen",
    "as-text": "bare oppgitt som tekst",
    "error": "feil i utstyr eller overføring",
    "not-a-number": "utstyret ga ikke et tall",
    "negative-infinity": "under det utstyret kan måle",
    "positive-infinity": "over det utstyret kan måle",
    "not-performed": "målingen ble ikke utført",
    "not-permitted": "målingen er ikke tillatt",
}
"""Code → Norwegian. A code that is none of these is shown as it came."""

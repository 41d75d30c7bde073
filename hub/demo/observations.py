"""A reading → the FHIR Observation its supplier sends: codes, unit, method, body site, oxygen, device.

Source: fhir-no/vitalsigns.md and fhir-no/README.md (codes); dho/data/measurements.csv (UCUM, LOINC); requirement 129.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hub.demo.resources import Resource, full_url, reference
from hub.demo.series import Reading

LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
UCUM: Final = "http://unitsofmeasure.org"
NPU: Final = "urn:oid:2.16.578.1.12.4.1.1.7280"
SUPPLIER: Final = "https://leverandor.example/maling"
SERIAL: Final = "https://leverandor.example/serienummer"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one measure is written.

    Shape: `codings` are (system, code, display); `site` and `method` (SNOMED or None, text).
    """

    category: str
    text: str
    codings: tuple[tuple[str, str, str], ...]
    device: str | None = None
    site: tuple[str | None, str] | None = None
    method: str | None = None


_KINDS: Final[dict[str, _Kind]] = {
    "spo2": _Kind(
        "vital-signs",
        "Oksygenmetning",
        (
            (LOINC, "2708-6", "Oxygen saturation in Arterial blood"),
            (LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
            (SNOMED, "431314004", "Peripheral oxygen saturation"),
        ),
        device="Pulsoksymeter",
        site=("7569003", "Finger"),
        method="Fingeroksymetri",
    ),
    "pulse": _Kind(
        "vital-signs",
        "Puls",
        ((LOINC, "8867-4", "Heart rate"), (SNOMED, "364075005", "Heart rate")),
        device="Pulsoksymeter",
    ),
    "bp": _Kind(
        "vital-signs",
        "Blodtrykk",
        (
            (LOINC, "85354-9", "Blood pressure panel with all children optional"),
            (SNOMED, "75367002", "Blood pressure"),
        ),
        device="Blodtrykksmåler",
        site=("368208006", "Venstre overarm"),
        method="Automatisk måler",
    ),
    "systolic": _Kind(
        "",
        "Systolisk",
        (
            (LOINC, "8480-6", "Systolic blood pressure"),
            (SNOMED, "271649006", "Systolic blood pressure"),
        ),
    ),
    "diastolic": _Kind(
        "",
        "Diastolisk",
        (
            (LOINC, "8462-4", "Diastolic blood pressure"),
            (SNOMED, "271650006", "Diastolic blood pressure"),
        ),
    ),
    "weight": _Kind(
        "vital-signs",
        "Kroppsvekt",
        ((LOINC, "29463-7", "Body weight"), (SNOMED, "27113001", "Body weight")),
        device="Vekt",
    ),
    "temperature": _Kind(
        "vital-signs",
        "Kroppstemperatur",
        ((LOINC, "8310-5", "Body temperature"), (SNOMED, "276885007", "Core body temperature")),
        device="Øretermometer",
        site=("42859004", "Øre"),
    ),
    "glucose": _Kind(
        "laboratory",
        "Blodsukker",
        (
            (LOINC, "15074-8", "Glucose [Moles/volume] in Blood"),
            (SNOMED, "434912009", "Blood glucose concentration"),
        ),
        device="Blodsukkerapparat",
    ),
    "inr": _Kind(
        "laboratory",
        "INR",
        (
            (LOINC, "6301-6", "INR in Platelet poor plasma by Coagulation assay"),
            (NPU, "NPU01685", "INR"),
        ),
        device="INR-måler",
    ),
    "phq9": _Kind(
        "survey",
        "PHQ-9 sumskår",
        ((LOINC, "44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score"),),
    ),
}
# A supplier that measures mg/dL codes the mass concentration.
_MASS_GLUCOSE: Final = (LOINC, "2339-0", "Glucose [Mass/volume] in Blood")


def to_observation(reading: Reading, status: str = "final") -> Resource:
    """A reading (and a status) → the Observation, its patient as `urn:uuid:` reference."""
    kind = _KINDS[reading.measure]
    found: Resource = {
        "resourceType": "Observation",
        "identifier": [{"system": SUPPLIER, "value": reading.key}],
        "status": status,
        "category": [{"coding": [{"system": _CATEGORY, "code": kind.category}]}],
        "code": _code(reading.measure, reading.values[0][2]),
        "subject": reference("patient", reading.person),
        "effectiveDateTime": reading.at.isoformat(),
        "performer": [reference("patient", reading.person)],
    }
    if len(reading.values) == 1:
        found["valueQuantity"] = _quantity(reading.values[0])
    components = _components(reading)
    if components:
        found["component"] = components
    if kind.site:
        found["bodySite"] = {
            "coding": [{"system": SNOMED, "code": kind.site[0]}],
            "text": kind.site[1],
        }
    if kind.method:
        found["method"] = {"text": kind.method}
    if kind.device:
        found["device"] = {
            "identifier": {"system": SERIAL, "value": f"{reading.person}-{kind.device.lower()}"},
            "display": kind.device,
        }
    return found


def identifier_of(observation: Resource) -> str:
    """An Observation of ours → its supplier identifier as `system|value`."""
    first = observation["identifier"][0]
    return f"{first['system']}|{first['value']}"


def patient_url(person: str) -> str:
    """A person's key → the `urn:uuid:` her Observations refer to."""
    return full_url("patient", person)


def _components(reading: Reading) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if len(reading.values) > 1:
        found.extend(
            {"code": _code(value[0], value[2]), "valueQuantity": _quantity(value)}
            for value in reading.values
        )
    if reading.oxygen is not None:
        found.append(
            {
                "code": {
                    "coding": [
                        {"system": LOINC, "code": "3151-8", "display": "Inhaled oxygen flow rate"}
                    ],
                    "text": "Oksygentilførsel (nesekateter)",
                },
                "valueQuantity": _quantity(("oxygen_flow", reading.oxygen, "L/min")),
            }
        )
    return found


def _code(measure: str, unit: str) -> dict[str, Any]:
    kind = _KINDS[measure]
    codings = kind.codings
    if measure == "glucose" and unit == "mg/dL":
        codings = (_MASS_GLUCOSE,)
    return {
        "coding": [{"system": s, "code": c, "display": d} for s, c, d in codings],
        "text": kind.text,
    }


def _quantity(value: tuple[str, Any, str]) -> dict[str, Any]:
    _, number, unit = value
    if not unit:
        return {"value": number}
    return {"value": number, "unit": _SHOWN.get(unit, unit), "system": UCUM, "code": unit}


_SHOWN: Final = {"mm[Hg]": "mmHg", "Cel": "°C", "{INR}": "INR", "{score}": "poeng"}

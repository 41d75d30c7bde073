"""Patients that do not exist, their GP, their plans and their measurements, as FHIR bodies ready to be sent.

Limits are invented for measuring. National ids are of the synthetic series (month + 80).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from hub.demo.people import PARTIES, SERVICE, own_services, synthetic_national_id
from hub.fhir.codec import encode
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.thresholds.plan import Band, PlanVersion, Rule

Zone = Literal["green", "yellow", "red"]
Resource = dict[str, Any]

SYSTEM: Final = "https://leverandor.example/maling"
ORGANIZATION_HER: Final = "8193001"
GP_HER: Final = "8193011"
OWN_SERVICE_HER: Final = PARTIES[SERVICE].her_id
OWN_SERVICES: Final = own_services()
_HER: Final = "urn:oid:2.16.578.1.12.4.1.2"
_FNR: Final = "urn:oid:2.16.578.1.12.4.1.4.1"
_ENH: Final = "urn:oid:2.16.578.1.12.4.1.4.101"
_GP: Final = "PractitionerRole/bench-gp"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its codes, its unit, the limits of every plan here, and a first value in each zone.

    Shape: values of a zone are `start + step * n`, n < 8, all within the zone.
    """

    key: str
    codings: tuple[tuple[str, str, str], ...]
    text: str
    unit: str
    shown: str
    bands: tuple[Band, ...]
    start: dict[Zone, Decimal]
    step: Decimal


def _bands(red: str, yellow: str, *, high: bool = False) -> tuple[Band, ...]:
    worst, less = Decimal(red), Decimal(yellow)
    if high:
        return (
            Band("green", lt=less),
            Band("yellow", ge=less, lt=worst),
            Band("red", ge=worst),
        )
    return (Band("red", lt=worst), Band("yellow", ge=worst, lt=less), Band("green", ge=less))


_LOINC: Final = "http://loinc.org"
_SNOMED: Final = "http://snomed.info/sct"
MEASURES: Final = (
    Measure(
        "spo2",
        (
            (_LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
            (_SNOMED, "431314004", "Peripheral oxygen saturation"),
        ),
        "Oksygenmetning",
        "%",
        "%",
        _bands("88", "92"),
        {"green": Decimal(94), "yellow": Decimal(89), "red": Decimal(83)},
        Decimal("0.4"),
    ),
    Measure(
        "pulse",
        ((_LOINC, "8867-4", "Heart rate"), (_SNOMED, "364075005", "Heart rate")),
        "Puls",
        "/min",
        "/min",
        _bands("120", "100", high=True),
        {"green": Decimal(64), "yellow": Decimal(103), "red": Decimal(124)},
        Decimal(1),
    ),
    Measure(
        "weight",
        ((_LOINC, "29463-7", "Body weight"), (_SNOMED, "27113001", "Body weight")),
        "Kroppsvekt",
        "kg",
        "kg",
        _bands("84", "81", high=True),
        {"green": Decimal("78.0"), "yellow": Decimal("81.2"), "red": Decimal("84.4")},
        Decimal("0.3"),
    ),
    Measure(
        "temperature",
        ((_LOINC, "8310-5", "Body temperature"),),
        "Kroppstemperatur",
        "Cel",
        "°C",
        _bands("39.0", "38.0", high=True),
        {"green": Decimal("36.4"), "yellow": Decimal("38.1"), "red": Decimal("39.2")},
        Decimal("0.1"),
    ),
)


@dataclass(frozen=True, slots=True)
class Citizen:
    """One patient of the town. Shape: `number` makes id, name and national id."""

    prefix: str
    number: int

    @property
    def id(self) -> str:
        """The Patient's id in FHIR."""
        return f"{self.prefix}-{self.number}"

    @property
    def born(self) -> date:
        """A day between 1935 and 1975; two patients with the same day differ in their serial."""
        return date(1935, 1, 1) + timedelta(days=(self.number * 7) % 14600)

    @property
    def national_id(self) -> str:
        """A synthetic fødselsnummer."""
        return synthetic_national_id(self.born, "female", 1 + (self.number * 7) // 14600)

    @property
    def family(self) -> str:
        """A name with the number in letters, as a population register would have it."""
        return "Prøve" + "".join(chr(ord("a") + int(d)) for d in str(self.number))

    def rule(self, measure: Measure) -> str:
        """A measure → the id of this patient's rule for it."""
        return f"{self.id}-{measure.key}"


def citizens(prefix: str, count: int, first: int = 0) -> tuple[Citizen, ...]:
    """A prefix and a number → that many patients."""
    return tuple(Citizen(prefix, n) for n in range(first, first + count))


def shared_resources() -> Iterator[Resource]:
    """Nothing → the GP's office and role and the service that follows the patients up."""
    yield {
        "resourceType": "Organization",
        "id": "bench-office",
        "active": True,
        "name": "Målevik legesenter",
        "identifier": [{"system": _HER, "value": ORGANIZATION_HER}],
    }
    yield {
        "resourceType": "Organization",
        "id": "bench-service",
        "active": True,
        "name": "Digital hjemmeoppfølging, Målevik",
        "identifier": [{"system": _HER, "value": OWN_SERVICE_HER}],
    }
    yield {
        "resourceType": "PractitionerRole",
        "id": "bench-gp",
        "active": True,
        "identifier": [{"system": _HER, "value": GP_HER}],
        "practitioner": {"display": "Mild Målelege"},
        "organization": {"reference": "Organization/bench-office"},
    }


def resources(citizen: Citizen, start: datetime) -> Iterator[Resource]:
    """A patient and when her follow-up began → Patient, EpisodeOfCare and plan."""
    patient = {"reference": f"Patient/{citizen.id}"}
    yield {
        "resourceType": "Patient",
        "id": citizen.id,
        "active": True,
        "identifier": [{"system": _FNR, "value": citizen.national_id}],
        "name": [{"use": "official", "family": citizen.family, "given": ["Mild"]}],
        "gender": "female",
        "birthDate": citizen.born.isoformat(),
        "generalPractitioner": [{"reference": _GP}],
        "managingOrganization": {"reference": "Organization/bench-service"},
    }
    yield {
        "resourceType": "EpisodeOfCare",
        "id": f"{citizen.id}-episode",
        "status": "active",
        "patient": patient,
        "managingOrganization": {"reference": "Organization/bench-service"},
        "period": {"start": start.date().isoformat()},
    }
    yield from plan(citizen, start)


def plan(citizen: Citizen, start: datetime, more: tuple[Rule, ...] = ()) -> Iterator[Resource]:
    """A patient and when her plan begins → CarePlan and ServiceRequests with one rule for each measure, and `more`."""
    version = PlanVersion(
        id=f"{citizen.id}-plan",
        version=1,
        valid_from=start,
        rules=(
            *(
                Rule(citizen.rule(m), "absolute", measure=m.key, unit=m.unit, bands=m.bands)
                for m in MEASURES
            ),
            *more,
        ),
        approved_by=_GP,
        approved_at=start,
    )
    names = (f"{citizen.id}-plan-{n}" for n in range(100))
    made = plan_to_fhir(version, citizen.id, new_id=lambda: next(names))
    for each in made.all:
        yield _DECODER.decode(encode(each))


def bundle(entries: Iterable[Resource]) -> bytes:
    """Resources with ids → one transaction Bundle that puts them there."""
    document = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": each,
                "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"},
            }
            for each in entries
        ],
    }
    return render(document)


def render(document: Resource) -> bytes:
    """A document → JSON, decimals as numbers with the digits they have."""
    return _ENCODER.encode(document)


def observation(
    citizen: Citizen, measure: Measure, zone: Zone, at: datetime, key: str, variant: int = 0
) -> bytes:
    """Whose value, of what, in which zone, when, and its identifier → the Observation a supplier sends (about 1 kB)."""
    value = measure.start[zone] + measure.step * (variant % 8)
    patient = {"reference": f"Patient/{citizen.id}"}
    return render(
        {
            "resourceType": "Observation",
            "identifier": [{"system": SYSTEM, "value": key}],
            "status": "final",
            "category": [
                {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                            "code": "vital-signs",
                            "display": "Vital Signs",
                        }
                    ]
                }
            ],
            "code": {
                "coding": [
                    {"system": system, "code": code, "display": display}
                    for system, code, display in measure.codings
                ],
                "text": measure.text,
            },
            "subject": patient,
            "effectiveDateTime": at.isoformat(timespec="milliseconds"),
            "performer": [patient],
            "valueQuantity": {
                "value": value,
                "unit": measure.shown,
                "system": "http://unitsofmeasure.org",
                "code": measure.unit,
            },
            "device": {
                "identifier": {
                    "system": "https://leverandor.example/serienummer",
                    "value": f"{citizen.id}-{measure.key}",
                },
                "display": measure.text,
            },
        }
    )

"""People and organisations of the demo → plain FHIR R4 resources with `urn:uuid` references between them.

Source: FHIR R4; fhir-no/no-basis.md (identifier systems), fhir-no/README.md (episode of the service).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, cast

import msgspec

from hub.demo.people import (
    DOCTORS,
    GP_OFFICE,
    HEART,
    MAIN,
    PARTIES,
    SERVICE,
    Doctor,
    Party,
    Person,
)
from hub.values import ENH_OID, FNR_OID, HER_OID, HPR_OID

Resource = dict[str, Any]

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://dho-hub.example/demo")
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_ICD10: Final = "urn:oid:2.16.578.1.12.4.1.1.7110"
_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_PROFESSION: Final = "urn:oid:2.16.578.1.12.4.1.1.9060"
_ROLE: Final = "urn:oid:2.16.578.1.12.4.1.1.9034"
ADMITTED_DAYS_AGO: Final = 6
"""The heart-failure patient has been in hospital since this many days before the demo day."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource to load; `full_url` is the `urn:uuid:` other entries refer to it by."""

    full_url: str
    resource: Resource


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An ICD-10 code with its Norwegian text."""

    code: str
    text: str


DIAGNOSES: Final[Mapping[str, tuple[Diagnosis, ...]]] = {
    "kols": (
        Diagnosis("J44.9", "Uspesifisert kronisk obstruktiv lungesykdom"),
        Diagnosis("I50.9", "Uspesifisert hjertesvikt"),
    ),
    "hjertesvikt": (Diagnosis("I50.9", "Uspesifisert hjertesvikt"),),
    "diabetes": (Diagnosis("E11.9", "Diabetes mellitus type 2 uten komplikasjoner"),),
    "marevan": (Diagnosis("Z95.2", "Mekanisk hjerteklaff"),),
    "blodtrykk": (Diagnosis("I10", "Essensiell (primær) hypertensjon"),),
    "utproving": (Diagnosis("J44.9", "Uspesifisert kronisk obstruktiv lungesykdom"),),
}


def full_url(*key: str) -> str:
    """The parts of a key → the same `urn:uuid:` every time."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, '/'.join(key))}"


def render_json(resource: Resource) -> bytes:
    """A resource → its JSON, decimals written as numbers with the digits they have."""
    return _ENCODER.encode(resource)


def transaction(entries: Iterable[Entry]) -> Resource:
    """Entries → one transaction Bundle that creates them all."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": e.full_url,
                "resource": e.resource,
                "request": {"method": "POST", "url": e.resource["resourceType"]},
            }
            for e in entries
        ],
    }


def with_references(value: Any, known: Mapping[str, str]) -> Any:
    """A resource and where the entries were stored (`urn:uuid:…` → `Patient/1`) → the resource with real references."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {
            name: known.get(part, part)
            if name == "reference" and isinstance(part, str)
            else with_references(part, known)
            for name, part in members.items()
        }
    if isinstance(value, list):
        return [with_references(part, known) for part in cast("list[Any]", value)]
    return value


def reference(*key: str, display: str | None = None) -> Resource:
    """The parts of a key → a Reference to that entry."""
    found = {"reference": full_url(*key)}
    return found | ({"display": display} if display else {})


def build_town(persons: Mapping[str, Person], day: date) -> tuple[Entry, ...]:
    """The patients and the demo day → organisations, practitioners, patients, diagnoses and service episodes."""
    entries = [Entry(full_url("party", p.key), _organization(p)) for p in PARTIES.values()]
    for doctor in DOCTORS.values():
        entries.append(Entry(full_url("doctor", doctor.key), _practitioner(doctor)))
        entries.append(Entry(full_url("role", doctor.key), _role(doctor)))
    for person in persons.values():
        entries.append(Entry(full_url("patient", person.key), _patient(person)))
        entries.extend(
            Entry(full_url("condition", person.key, d.code), _condition(person, d, day))
            for d in DIAGNOSES[person.key]
        )
        entries.append(Entry(full_url("episode", person.key), _episode(person, day)))
    return tuple(entries)


def _organization(party: Party) -> Resource:
    identifiers = [{"system": f"urn:oid:{HER_OID}", "value": party.her_id}]
    if party.org_number:
        identifiers.insert(0, {"system": f"urn:oid:{ENH_OID}", "value": party.org_number})
    found: Resource = {
        "resourceType": "Organization",
        "identifier": identifiers,
        "active": True,
        "name": party.name,
    }
    if party.phone:
        found["telecom"] = [{"system": "phone", "value": party.phone}]
    if party.part_of:
        found["partOf"] = reference("party", party.part_of)
    return found


def _practitioner(doctor: Doctor) -> Resource:
    return {
        "resourceType": "Practitioner",
        "identifier": [{"system": f"urn:oid:{HPR_OID}", "value": doctor.hpr}],
        "active": True,
        "name": [{"family": doctor.family, "given": [doctor.given]}],
        "gender": doctor.sex,
        "qualification": [
            {"code": {"coding": [{"system": _PROFESSION, "code": "LE", "display": "Lege"}]}}
        ],
    }


def _role(doctor: Doctor) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "identifier": [{"system": f"urn:oid:{HER_OID}", "value": doctor.her_id}],
        "active": True,
        "practitioner": reference("doctor", doctor.key),
        "organization": reference("party", GP_OFFICE),
        "code": [{"coding": [{"system": _ROLE, "code": "6", "display": "Fastlege"}]}],
        "telecom": [{"system": "phone", "value": doctor.phone}],
    }


def _patient(person: Person) -> Resource:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": f"urn:oid:{FNR_OID}", "value": person.national_id}],
        "active": True,
        "name": [{"use": "official", "family": person.family, "given": [person.given]}],
        "telecom": [{"system": "phone", "value": person.phone, "use": "mobile"}],
        "gender": person.sex,
        "birthDate": person.born.isoformat(),
        "address": [
            {"line": [person.street], "postalCode": "9999", "city": "Testvik", "country": "NO"}
        ],
        "generalPractitioner": [reference("role", person.gp)],
        "managingOrganization": reference("party", SERVICE),
    }


def _condition(person: Person, diagnosis: Diagnosis, day: date) -> Resource:
    years = 6 if person.key == MAIN else 3
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "code": {
            "coding": [{"system": _ICD10, "code": diagnosis.code, "display": diagnosis.text}],
            "text": diagnosis.text,
        },
        "subject": reference("patient", person.key),
        "recordedDate": str(day.year - years),
    }


def _episode(person: Person, day: date) -> Resource:
    start = (day - timedelta(days=95)).isoformat()
    found: Resource = {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "type": [{"text": "Digital hjemmeoppfølging"}],
        "patient": reference("patient", person.key),
        "managingOrganization": reference("party", SERVICE),
        "period": {"start": start},
    }
    if person.key == HEART:
        paused = (day - timedelta(days=ADMITTED_DAYS_AGO)).isoformat()
        found["status"] = "onhold"
        found["statusHistory"] = [
            {"status": "active", "period": {"start": start, "end": paused}},
            {"status": "onhold", "period": {"start": paused}},
        ]
    return found

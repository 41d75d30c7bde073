"""What a ward, a municipality and a GP save when they write a PLO message in FHIR."""

from __future__ import annotations

from typing import Any

from tests.builders import Json
from tests.functional import letters_in_fhir as letters
from tests.functional.followed import Followed

VOLVEN = "urn:oid:2.16.578.1.12.4.1.1."
ICD_10 = f"{VOLVEN}7110"
NURSING, MEDICAL = f"{VOLVEN}9141", f"{VOLVEN}9142"


def stay(post: Followed, who: str, **more: Any) -> str:
    """A stay that began with a time of day and is over."""
    return post.client.create(
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": "IMP",
            },
            "subject": {"reference": who},
            "period": {"start": "2026-02-20T13:00:00Z", "end": "2026-02-27T11:30:00+01:00"},
            "hospitalization": {
                "dischargeDisposition": {"coding": [{"system": f"{VOLVEN}8408", "code": "1"}]}
            },
            **more,
        }
    )


def event(code: str, at: str) -> Json:
    """An event of list 9121."""
    return {
        "code": [{"coding": [{"system": f"{VOLVEN}9121", "code": code}]}],
        "period": {"start": at},
    }


def report(post: Followed, who: str, **more: Any) -> str:
    """A Composition with nothing in it but who wrote it about whom."""
    body: Json = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]},
        "subject": {"reference": who},
        "date": "2026-02-27T12:00:00+01:00",
        "author": [{"reference": letters.doctor(post)}],
        "title": "Melding",
        **more,
    }
    return post.client.create({k: v for k, v in body.items() if v is not None})


def text(system: str, code: str, words: str, *entries: str) -> Json:
    """A section with a heading, its words, and what it lists."""
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p></div>'
    return {
        "title": code,
        "code": {"coding": [{"system": system, "code": code}]},
        "text": {"status": "additional", "div": div},
        **({"entry": [{"reference": e} for e in entries]} if entries else {}),
    }


def listed(*entries: str) -> Json:
    """A section that only lists."""
    return {"title": "Opplysninger", "entry": [{"reference": e} for e in entries]}


def allergy(post: Followed, who: str) -> str:
    return post.client.create(
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": letters_status("allergyintolerance-clinical"),
            "patient": {"reference": who},
            "category": ["medication"],
            "criticality": "high",
            "code": {"text": "Penicillin"},
        }
    )


def letters_status(system: str) -> Json:
    return {
        "coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": "active"}]
    }


def drug(post: Followed, who: str, **more: Any) -> str:
    return post.client.create(
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "subject": {"reference": who},
            "medicationCodeableConcept": {
                "coding": [
                    {
                        "system": "http://www.whocc.no/atc",
                        "code": "R03BB04",
                        "display": "tiotropium",
                    }
                ]
            },
            "dosage": [{"text": "1 inhalasjon daglig"}],
            **more,
        }
    )


def kin(post: Followed, who: str) -> str:
    return post.client.create(
        {
            "resourceType": "RelatedPerson",
            "patient": {"reference": who},
            "relationship": [
                {"coding": [{"system": f"{VOLVEN}9033", "code": "BA", "display": "Barn"}]}
            ],
            "name": [{"family": "Testdal", "given": ["Nils"]}],
            "telecom": [{"system": "phone", "value": "90000000"}],
        }
    )


def service(post: Followed, who: str) -> str:
    return post.client.create(
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "subject": {"reference": who},
            "code": {
                "coding": [
                    {"system": f"{VOLVEN}9151", "code": "15", "display": "Helsetjenester i hjemmet"}
                ],
                "text": "Digital hjemmeoppfølging",
            },
            "performer": [{"display": "Alvdal kommune"}],
            "occurrencePeriod": {"start": "2026-03-01"},
        }
    )


def visit(post: Followed, who: str) -> str:
    return post.client.create(
        {
            "resourceType": "Appointment",
            "status": "booked",
            "start": "2026-03-20T09:00:00+01:00",
            "end": "2026-03-20T09:30:00+01:00",
            "minutesDuration": 30,
            "participant": [
                {"actor": {"reference": who}, "status": "accepted"},
                {
                    "actor": {"type": "Location", "display": "Lungepoliklinikken"},
                    "status": "accepted",
                },
            ],
        }
    )


def score(post: Followed, who: str) -> str:
    return post.client.create(
        {
            "resourceType": "Observation",
            "status": "final",
            "subject": {"reference": who},
            "code": {
                "coding": [{"system": f"{VOLVEN}9111", "code": "1", "display": "Sosial deltakelse"}]
            },
            "effectiveDateTime": "2026-02-26T10:00:00+01:00",
            "valueInteger": 3,
        }
    )


def sending(kind: str, who: str, about: str, receiver: str | None, **more: Any) -> Json:
    """The Communication that asks for the message."""
    return letters.sending(kind, who, about, receiver) | more

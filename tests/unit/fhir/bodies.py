"""Synthetic bodies the FHIR tests start from: one member is changed, the rest is well."""

from __future__ import annotations

import json
from typing import Any


def observation(**changes: Any) -> dict[str, Any]:
    """Members to set (None: to leave out) → a plain Observation that is well without them."""
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2708-6"}], "text": "SpO2"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-01T08:30:00+01:00",
        "valueQuantity": {
            "value": 94,
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
    }
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def body_of(resource: dict[str, Any]) -> bytes:
    """A plain resource → its JSON bytes."""
    return json.dumps(resource).encode()

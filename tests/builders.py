"""Readable test values: synthetic persons, measurements and Bundles as plain JSON objects.

Every national id is of Tenor's synthetic series (month + 80) with right check digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

FNR_SYSTEM = "urn:oid:2.16.578.1.12.4.1.4.1"
LOINC = "http://loinc.org"
NPU = "urn:oid:2.16.578.1.12.4.1.1.7280"
UCUM = "http://unitsofmeasure.org"
SPO2 = "59408-5"
PULSE = "8867-4"
WEIGHT = "29463-7"

_ENCODER = msgspec.json.Encoder(decimal_format="number")

Json = dict[str, Any]


def to_json(resource: object) -> bytes:
    """A JSON object, decimals as Decimal → bytes."""
    return _ENCODER.encode(resource)


def national_id(number: int) -> str:
    """A counter → the person number of a synthetic person born in 1950-1999, valid and different for each."""
    day, month, year = 1 + number % 28, 81 + number // 28 % 12, 50 + number // 336 % 50
    for individual in count(100 + number // 16_800):
        head = f"{day:02d}{month:02d}{year:02d}{individual:03d}"
        digits = [int(c) for c in head]
        k1 = _check((3, 7, 6, 1, 8, 9, 4, 5, 2), digits)
        k2 = _check((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), [*digits, k1])
        if k1 < 10 and k2 < 10:
            return f"{head}{k1}{k2}"
    raise AssertionError("unreachable")


def _check(weights: tuple[int, ...], digits: list[int]) -> int:
    return (11 - sum(w * d for w, d in zip(weights, digits, strict=False)) % 11) % 11


def patient(number: int = 1, **more: Any) -> Json:
    """A counter → a synthetic patient with that person number."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": FNR_SYSTEM, "value": national_id(number)}],
        "name": [{"family": f"Testesen{number}", "given": ["Prøve"]}],
        "gender": "female" if number % 2 else "male",
        **more,
    }


def coding(code: str, system: str | None = LOINC) -> Json:
    """Code and system → Coding."""
    return {"code": code} if system is None else {"system": system, "code": code}


def quantity(value: str, unit: str | None = "%") -> Json:
    """A decimal as written and a UCUM code → Quantity."""
    made: Json = {"value": Decimal(value)}
    return made if unit is None else {**made, "unit": unit, "system": UCUM, "code": unit}


def observation(
    subject: str,
    code: str = SPO2,
    value: str = "94",
    unit: str | None = "%",
    at: str = "2026-11-21T08:00:00+01:00",
    **more: Any,
) -> Json:
    """`Patient/…` and a measured value → a final Observation."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [coding(code)]},
        "subject": {"reference": subject},
        "effectiveDateTime": at,
        "valueQuantity": quantity(value, unit),
        **more,
    }


def entry(
    method: str,
    url: str,
    resource: Mapping[str, Any] | None = None,
    full_url: str | None = None,
    **request: Any,
) -> Json:
    """One entry of a transaction."""
    made: Json = {"request": {"method": method, "url": url, **request}}
    if full_url is not None:
        made["fullUrl"] = full_url
    if resource is not None:
        made["resource"] = resource
    return made


def transaction(*entries: Json) -> Json:
    """Entries → a transaction Bundle."""
    made: Json = {"resourceType": "Bundle", "type": "transaction"}
    return {**made, "entry": list(entries)} if entries else made

"""What the first tier of validation costs beside a bare parse: `python bench/validation.py` prints a table.

The reference is msgspec.json.decode to plain dicts, the fastest reader among our dependencies; ratios are of one run.
Source: figures "tier-1 validation, of a bare parse" (must ≤ 8×, aim ≤ 4×).
"""

from __future__ import annotations

import json
import timeit
from functools import partial

import msgspec

from hub.fhir.codec import encode, parse, splice
from hub.fhir.search.index import extract

_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"


def _quantity(value, unit):
    return {"value": value, "unit": unit, "system": _UCUM, "code": unit}


def _concept(system, code, text):
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def _observation():
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    normal = _concept(
        "http://terminology.hl7.org/CodeSystem/referencerange-meaning", "normal", "Normal"
    )
    return {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:oid:1.2.3", "value": "abc-123456"}],
        "status": "final",
        "category": [_concept(category, "vital-signs", "Vital Signs")],
        "code": _concept(_LOINC, "2708-6", "Oxygen saturation in Arterial blood"),
        "subject": {"reference": "Patient/0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6b"},
        "effectiveDateTime": "2026-03-01T08:30:00+01:00",
        "issued": "2026-03-01T08:30:05+01:00",
        "performer": [{"reference": "Organization/9"}],
        "valueQuantity": _quantity(94.5, "%"),
        "referenceRange": [{"low": _quantity(88, "%"), "type": normal}],
    }


def _blood_pressure():
    made = _observation()
    del made["valueQuantity"]
    made["component"] = [
        {"code": _concept(_LOINC, code, text), "valueQuantity": _quantity(value, "mm[Hg]")}
        for code, text, value in (
            ("8480-6", "Systolic", 140),
            ("8462-4", "Diastolic", 90),
            ("8478-0", "Mean", 107),
        )
    ]
    return made


def _bundle():
    entry = {"request": {"method": "POST", "url": "Observation"}, "resource": _observation()}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * 100}


def _micros(work):
    timer = timeit.Timer(work)
    number, _ = timer.autorange()
    number = max(number // 10, 1)
    return min(timer.repeat(15, number)) / number * 1e6


def main():
    print(
        f"{'body':<28}{'bytes':>8}{'bare parse':>12}{'parse+check':>13}{'ratio':>7}{'index':>8}{'splice':>8}{'encode':>8}  us"
    )
    for name, plain in (
        ("Observation", _observation()),
        ("blood pressure", _blood_pressure()),
        ("transaction Bundle of 100", _bundle()),
    ):
        body = json.dumps(plain, separators=(",", ":")).encode()
        parsed = parse(body, None)
        bare = _micros(partial(msgspec.json.decode, body))
        full = _micros(partial(parse, body, None))
        index = _micros(partial(extract, parsed.resource))
        put = _micros(
            partial(
                splice, body, parsed, id="a", version_id="1", last_updated="2026-03-01T08:00:00Z"
            )
        )
        out = _micros(partial(encode, parsed.resource))
        print(
            f"{name:<28}{len(body):>8}{bare:>12.1f}{full:>13.1f}{full / bare:>7.1f}{index:>8.1f}{put:>8.1f}{out:>8.1f}"
        )


if __name__ == "__main__":
    main()

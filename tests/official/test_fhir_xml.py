"""The official Norwegian examples, from JSON to XML and back, and as another reader of FHIR XML sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class  # noqa: TID251 the second opinion

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.xml_read import to_json
from hub.fhir.xml_write import to_xml

pytestmark = pytest.mark.official

DATA = Path(__file__).parents[3] / "shared" / "standards" / "fhir-no" / "data"
# Of another R4 release in fhir.resources (R4B), or changed there
CLINICAL = [
    "Appointment",
    "Bundle",
    "CarePlan",
    "Communication",
    "Condition",
    "Consent",
    "Device",
    "Encounter",
    "HealthcareService",
    "Location",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "QuestionnaireResponse",
    "RelatedPerson",
    "ServiceRequest",
    "Task",
]


def bodies() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(DATA.rglob("*.json")):
        body = path.read_bytes()
        read = json.loads(body)
        if isinstance(read, dict) and read.get("resourceType") in RESOURCE_TYPES:
            found[str(path.relative_to(DATA))] = body
    return found


def digits(body: bytes) -> Any:
    return json.loads(body, parse_float=lambda s: ("number", s), parse_int=lambda s: ("number", s))


def test_every_example_survives_xml_to_the_digit() -> None:
    examples = bodies()
    assert len(examples) > 300
    for name, body in examples.items():
        xml = to_xml(body)
        assert digits(body) == digits(to_json(xml)), name
        assert xml == to_xml(to_json(xml)), name
        assert digits(body) == digits(to_json(to_xml(body, pretty=True))), name


def test_another_reader_of_fhir_xml_sees_the_same_in_the_clinical_examples() -> None:
    compared = 0
    for name, body in bodies().items():
        kind = json.loads(body)["resourceType"]
        if kind not in CLINICAL:
            continue
        model = get_fhir_model_class(kind)
        try:
            ours = model.model_validate_json(body)
        except ValueError:
            continue  # an example that is no valid FHIR
        theirs = model.model_validate_xml(to_xml(body))
        assert without_its_holes(json.loads(ours.model_dump_json())) == without_its_holes(
            json.loads(theirs.model_dump_json())
        ), name
        compared += 1
    assert compared > 50


def without_its_holes(read: Any) -> Any:
    """fhir.resources loses the id of an Identifier in XML and writes narratives anew."""
    if isinstance(read, dict):
        gone = {"div"} | ({"id"} if "resourceType" not in read else set())
        return {k: without_its_holes(v) for k, v in read.items() if k not in gone}
    return [without_its_holes(v) for v in read] if isinstance(read, list) else read

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import msgspec
import pytest

from hub.fhir.codec import parse
from hub.fhir.models import RESOURCE_TYPES, rules_for, struct_for
from hub.fhir.models.elements import elements_of
from hub.fhir.models.full import further_problems
from hub.problems import HubError, Problem, ProblemCode


@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES))
def test_every_missing_required_element_of_every_type_is_told(name: str):
    rule = rules_for(name).get(name)
    wanted = {e.attribute: n for n, e in elements_of(struct_for(name)).items()}
    expected = {f"{name}.{wanted[a]}" for a in (rule.required if rule else ())}
    expected |= {f"{name}.{c}" for c in (rule.required_choices if rule else ())}
    found: set[str] = set()
    try:
        parse(b'{"resourceType":"%s","id":"a"}' % name.encode(), name)
    except HubError as error:
        found = {p.where for p in error.problems if p.code is ProblemCode.REQUIRED_MISSING}

    assert expected == found


def test_there_are_the_148_types_of_r4():
    assert 148 - len({"Resource", "DomainResource"}) == len(RESOURCE_TYPES)


def test_an_unknown_type_is_no_struct():
    with pytest.raises(HubError) as raised:
        struct_for("Patients")
    assert ProblemCode.UNKNOWN_RESOURCE_TYPE is raised.value.problems[0].code


def test_required_codes_are_those_of_the_official_value_set():
    from hub.fhir.models.r4.observation import ObservationStatusCode

    assert get_args(ObservationStatusCode) == (
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
    )  # fmt: skip


def test_models_that_nobody_asked_for_are_not_loaded():
    program = (
        "import sys; from hub.fhir.models.r4 import Observation;"
        "print([m for m in sys.modules if m.startswith('hub.fhir.models.r4.')])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert loaded.strip() == "['hub.fhir.models.r4.datatypes', 'hub.fhir.models.r4.observation']"


def test_a_required_binding_of_a_concept_is_checked():
    body = b'{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"text":"active"}}'
    with pytest.raises(HubError) as raised:
        parse(body, "Condition")

    assert [(p.code.name, p.where) for p in raised.value.problems] == [
        ("BAD_CODE", "Condition.clinicalStatus")
    ]


def test_fhir_resources_adds_nothing_where_our_own_list_has_the_place():
    body = b'{"resourceType":"Observation","status":"final","foo":1,"code":{"coding":[{"x":1}]},"component":[{}]}'
    with pytest.raises(HubError) as raised:
        parse(body, "Observation")

    assert further_problems(body, "Observation", raised.value.problems) == ()
    assert {"Observation.foo", "Observation.code.coding[0].x", "Observation.component[0].code"} == {
        p.where for p in further_problems(body, "Observation", ())
    }


def test_fhir_resources_says_nothing_on_types_and_bodies_it_cannot_judge():
    known = (Problem(ProblemCode.NOT_JSON, "x"),)

    assert further_problems(b"hello", "Observation", known) == ()
    assert further_problems(b"{}", "EffectEvidenceSynthesis", ()) == ()
    assert further_problems(b" " * 300_000, "Observation", ()) == ()


SYNTHETIC: list[bytes] = [
    b'{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}],"name":[{"family":"Danser","given":["Line"]}],"gender":"female","birthDate":"1969-11-13","generalPractitioner":[{"reference":"PractitionerRole/g1"}]}',
    b'{"resourceType":"Observation","status":"final","code":{"text":"BT"},"subject":{"reference":"Patient/p1"},"effectivePeriod":{"start":"2026-03-01T08:00:00+01:00"},"component":[{"code":{"text":"sys"},"valueQuantity":{"value":140}},{"code":{"text":"dia"},"valueQuantity":{"value":90}}]}',
    b'{"resourceType":"CarePlan","status":"active","intent":"plan","title":"EBP","subject":{"reference":"Patient/p1"},"period":{"start":"2026-01-01"},"activity":[{"reference":{"reference":"ServiceRequest/1"}}]}',
    b'{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"occurrenceTiming":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","timeOfDay":["08:00:00"]}}}',
    b'{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient/p1"},"authoredOn":"2026-03-01T08:00:00Z","input":[{"type":{"text":"a"},"valueString":"b"}]}',
    b'{"resourceType":"DetectedIssue","status":"final","severity":"high","patient":{"reference":"Patient/p1"},"identifiedDateTime":"2026-03-01T08:00:00Z","detail":"SpO2 86 %"}',
    b'{"resourceType":"Encounter","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},"subject":{"reference":"Patient/p1"}}',
    b'{"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"Furix"},"subject":{"reference":"Patient/p1"},"dosage":[{"text":"1x2"}]}',
]


@pytest.mark.parametrize("body", SYNTHETIC, ids=lambda b: msgspec.json.decode(b)["resourceType"])
def test_what_we_accept_fhir_resources_accepts_too(body: bytes):
    kind = parse(body, None).type

    assert further_problems(body, kind, ()) == ()

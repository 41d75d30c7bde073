from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import msgspec
import pytest

from hub.fhir.codec import encode, parse
from hub.fhir.models import RESOURCE_TYPES, rules_for, struct_for
from hub.fhir.models.elements import Element, elements_of
from hub.fhir.models.explain import explain
from hub.fhir.models.full import further_problems
from hub.problems import HubError, Problem, ProblemCode

_SAMPLES = {
    "base64Binary": "aGVp", "boolean": True, "canonical": "http://a.example/c", "code": "a", "date": "2026-03-01",
    "dateTime": "2026-03-01", "decimal": 1.5, "id": "a", "instant": "2026-03-01T08:00:00Z", "integer": 1, "markdown": "m",
    "oid": "urn:oid:1.2", "positiveInt": 1, "string": "s", "time": "08:00:00", "unsignedInt": 1, "uri": "http://a.example/u",
    "url": "http://a.example/u", "uuid": "urn:uuid:0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6b",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>',
}  # fmt: skip
# What an invariant asks for beyond the required elements.
_EXTRA: dict[str, dict[str, Any]] = {
    "AllergyIntolerance": {
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        }
    },
    "Organization": {"name": "a"},
    "Bundle": {"type": "collection"},
}


def minimal(kind: type[msgspec.Struct], rules: Any) -> dict[str, Any]:
    rule = rules.get(kind.__name__)
    elements = {e.attribute: (name, e) for name, e in elements_of(kind).items()}
    wanted = list(rule.required if rule else ())
    wanted += [rule.choices[c][0] for c in (rule.required_choices if rule else ())]
    made: dict[str, Any] = {}
    for attribute in wanted:
        name, element = elements[attribute]
        value = value_of(element, rule, rules)
        made[name] = [value] if element.many else value
    if not made and kind.__name__ not in RESOURCE_TYPES:
        name, element = next(
            (n, e) for n, e in elements_of(kind).items() if e.kind in _SAMPLES and n != "id"
        )
        made[name] = (
            [value_of(element, rule, rules)] if element.many else value_of(element, rule, rules)
        )
    return made


def value_of(element: Element, rule: Any, rules: Any) -> Any:
    if element.kind == "Reference":
        return {"display": "a"}
    if rule and element.attribute in rule.bound:
        system, code = min(rule.bound[element.attribute])
        return {"coding": [{"system": system, "code": code}]}
    if element.kind == "CodeableConcept":
        return {"text": "a"}
    if element.kind == "Resource":
        return {"resourceType": "Basic", "code": {"text": "a"}}
    if element.struct is not None:
        return minimal(element.struct, rules)
    return element.codes[0] if element.codes else _SAMPLES[element.kind]


@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES))
def test_a_minimal_instance_of_every_type_decodes_and_encodes_to_itself(name: str):
    plain = {
        "resourceType": name,
        **minimal(struct_for(name), rules_for(name)),
        **_EXTRA.get(name, {}),
    }
    body = msgspec.json.encode(plain)
    parsed = parse(body, name)

    assert msgspec.json.decode(body) == msgspec.json.decode(encode(parsed.resource))
    assert explain(body, name) == ()


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

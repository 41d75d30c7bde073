"""FHIRPath Patch: every operation, on lists, primitives, choices, extensions and backbone elements.

Source: http://hl7.org/fhir/R4/fhirpatch.html.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.fhir.codec import parse
from hub.fhir.patch.fhirpath_patch import parse_fhirpath_patch
from hub.fhir.patch.tree import parse_tree, render_tree
from hub.problems import HubError, ProblemCode
from tests.builders import Json, to_json


def operation(kind: str, path: str, **parts: Any) -> Json:
    """An operation → its parameter; `value` as a part without its name."""
    listed: list[Json] = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": path},
    ]
    for name, value in parts.items():
        if name == "value":
            listed.append({"name": "value", **value})
        else:
            key = "valueString" if name == "name" else "valueInteger"
            listed.append({"name": name, key: value})
    return {"name": "operation", "part": listed}


def patched(resource: Json, *operations: Json) -> Json:
    """A resource and operations → the resource after them, valid."""
    body = to_json({"resourceType": "Parameters", "parameter": list(operations)})
    made = parse_fhirpath_patch(body).apply(parse_tree(to_json(resource)))
    parse(render_tree(made), resource["resourceType"])
    made.pop("resourceType")
    return made


def person(**more: Any) -> Json:
    """A patient as it is before."""
    return {"resourceType": "Patient", **more}


NAMES = [
    {"use": "official", "family": "Hansen", "given": ["Ola", "Nils"]},
    {"use": "nickname", "given": ["Ole"]},
]
A, B, C = ({"system": "urn:x", "value": v} for v in "abc")
X, Y = ({"extension": [{"url": "urn:e", "valueCode": v}]} for v in "xy")
IDENTIFIER = {"valueIdentifier": C}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({}, operation("add", "Patient", name="birthDate", value={"valueDate": "1960-01-01"}), {"birthDate": "1960-01-01"}),
        ({}, operation("add", "Patient", name="identifier", value=IDENTIFIER), {"identifier": [C]}),
        ({"identifier": [A]}, operation("add", "Patient", name="identifier", value=IDENTIFIER), {"identifier": [A, C]}),
        ({}, operation("add", "Patient", name="deceased", value={"valueBoolean": True}), {"deceasedBoolean": True}),
        (
            {"maritalStatus": {"text": "x"}},
            operation("add", "Patient.maritalStatus", name="coding", value={"valueCoding": {"code": "M"}}),
            {"maritalStatus": {"text": "x", "coding": [{"code": "M"}]}},
        ),
        (
            {},
            operation("add", "Patient", name="contact", value={"part": [{"name": "name", "valueHumanName": {"text": "x"}}, {"name": "gender", "valueCode": "male"}]}),
            {"contact": [{"name": {"text": "x"}, "gender": "male"}]},
        ),
        (
            {"birthDate": "1960-01-01"},
            operation("add", "Patient.birthDate", name="extension", value={"part": [{"name": "url", "valueUri": "urn:e"}, {"name": "value", "valueDateTime": "1960-01-01T05:00:00Z"}]}),
            {"birthDate": "1960-01-01", "_birthDate": {"extension": [{"url": "urn:e", "valueDateTime": "1960-01-01T05:00:00Z"}]}},
        ),
        (
            {"name": NAMES},
            operation("add", "Patient.name.where(use='nickname')", name="family", value={"valueString": "Berg"}),
            {"name": [NAMES[0], {**NAMES[1], "family": "Berg"}]},
        ),
        (
            {"name": [{"given": ["Ola"]}]},
            operation("add", "Patient.name", name="given", value={"valueString": "Per", "_valueString": X}),
            {"name": [{"given": ["Ola", "Per"], "_given": [None, X]}]},
        ),
        ({"identifier": [A, B]}, operation("insert", "Patient.identifier", index=0, value=IDENTIFIER), {"identifier": [C, A, B]}),
        ({"identifier": [A, B]}, operation("insert", "Patient.identifier", index=1, value=IDENTIFIER), {"identifier": [A, C, B]}),
        ({"identifier": [A, B]}, operation("insert", "Patient.identifier", index=2, value=IDENTIFIER), {"identifier": [A, B, C]}),
        ({}, operation("insert", "Patient.identifier", index=0, value=IDENTIFIER), {"identifier": [C]}),
        ({"identifier": [A, B, C]}, operation("delete", "Patient.identifier[1]"), {"identifier": [A, C]}),
        ({"identifier": [A, B, C]}, operation("delete", "Patient.identifier.where(value='b')"), {"identifier": [A, C]}),
        ({"identifier": [A, B, C]}, operation("delete", "Patient.identifier.first()"), {"identifier": [B, C]}),
        ({"identifier": [A, B, C]}, operation("delete", "Patient.identifier.last()"), {"identifier": [A, B]}),
        ({"identifier": [A], "active": True}, operation("delete", "Patient.identifier"), {"active": True}),
        ({"birthDate": "1960", "_birthDate": X}, operation("delete", "Patient.birthDate"), {}),
        ({"active": True}, operation("delete", "Patient.birthDate"), {"active": True}),
        ({"active": True}, operation("delete", "Patient.name.where(use='usual').given"), {"active": True}),
        (
            {"name": [{"given": ["a", "b"], "_given": [X, Y]}]},
            operation("delete", "Patient.name.given[0]"),
            {"name": [{"given": ["b"], "_given": [Y]}]},
        ),
        ({"contact": [{"name": {"text": "x"}}], "active": True}, operation("delete", "Patient.contact.name.text"), {"active": True}),
        ({"deceasedBoolean": True}, operation("delete", "Patient.deceased"), {}),
        (
            {"birthDate": "1960", "_birthDate": {"extension": [{"url": "urn:e", "valueCode": "x"}]}},
            operation("delete", "Patient.birthDate.extension('urn:e')"),
            {"birthDate": "1960"},
        ),
        ({"birthDate": "1960"}, operation("replace", "Patient.birthDate", value={"valueDate": "1961"}), {"birthDate": "1961"}),
        ({"deceasedBoolean": True}, operation("replace", "Patient.deceased", value={"valueDateTime": "2020"}), {"deceasedDateTime": "2020"}),
        ({"deceasedBoolean": False}, operation("replace", "Patient.deceased.ofType(boolean)", value={"valueBoolean": True}), {"deceasedBoolean": True}),
        ({"identifier": [A, B]}, operation("replace", "Patient.identifier.where(value = 'a' and system = 'urn:x')", value=IDENTIFIER), {"identifier": [C, B]}),
        ({"identifier": [A, B]}, operation("replace", "Patient.identifier[1].value", value={"valueString": "z"}), {"identifier": [A, {**B, "value": "z"}]}),
        (
            {"extension": [{"url": "urn:e", "valueString": "x"}, {"url": "urn:f", "valueString": "y"}]},
            operation("replace", "Patient.extension('urn:f').value", value={"valueInteger": 7}),
            {"extension": [{"url": "urn:e", "valueString": "x"}, {"url": "urn:f", "valueInteger": 7}]},
        ),
        (
            {"name": [{"given": ["a", "b"], "_given": [X, Y]}]},
            operation("replace", "Patient.name.given[0]", value={"valueString": "z"}),
            {"name": [{"given": ["z", "b"], "_given": [None, Y]}]},
        ),
        ({"identifier": [A, B, C]}, operation("move", "Patient.identifier", source=0, destination=2), {"identifier": [B, C, A]}),
        ({"identifier": [A, B, C]}, operation("move", "Patient.identifier", source=2, destination=0), {"identifier": [C, A, B]}),
        (
            {"contained": [{"resourceType": "Device", "id": "d", "status": "active"}], "extension": [{"url": "urn:e", "valueReference": {"reference": "#d"}}]},
            operation("replace", "Patient.contained[0].status", value={"valueCode": "inactive"}),
            {"contained": [{"resourceType": "Device", "id": "d", "status": "inactive"}], "extension": [{"url": "urn:e", "valueReference": {"reference": "#d"}}]},
        ),
    ],
)  # fmt: skip
def test_each_operation_does_what_it_says(before: Json, change: Json, after: Json) -> None:
    assert patched(person(**before), change) == after


@pytest.mark.parametrize(
    "change",
    [
        operation("add", "Patient.name", name="family", value={"valueString": "x"}),
        operation("add", "Patient.name[0]", name="family", value={"valueString": "x"}),
        operation("add", "Patient", name="nonsense", value={"valueString": "x"}),
        operation("add", "Patient", name="deceased", value={"valueString": "x"}),
        operation("add", "Patient.contact", name="gender", value={"valueCode": "male"}),
        operation("add", "Patient", name="name", value={"resource": {"resourceType": "Basic", "code": {"text": "x"}}}),
        operation("add", "Patient", name="birthDate", value={"part": [{"name": "x", "valueString": "y"}]}),
        operation("insert", "Patient.name", index=3, value={"valueHumanName": {"text": "x"}}),
        operation("insert", "Patient.name", index=-1, value={"valueHumanName": {"text": "x"}}),
        operation("insert", "Patient.name[0]", index=0, value={"valueHumanName": {"text": "x"}}),
        operation("insert", "Patient.birthDate", index=0, value={"valueDate": "1960"}),
        operation("insert", "Patient", index=0, value={"valueDate": "1960"}),
        operation("delete", "Patient.name"),
        operation("delete", "Patient"),
        operation("delete", "Patient.nonsense"),
        operation("replace", "Patient.birthDate", value={"valueDate": "1961"}),
        operation("replace", "Patient", value={"valueString": "x"}),
        operation("replace", "Patient.name.family", value={"valueString": "x"} ),
        operation("move", "Patient.name", source=0, destination=2),
        operation("move", "Patient.name", source=5, destination=0),
        operation("move", "Patient.gender", source=0, destination=0),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out_fails(change: Json) -> None:
    names = [{**NAMES[0]}, {**NAMES[1], "family": "Berg"}]
    with pytest.raises(HubError) as caught:
        patched(person(name=names, gender="male"), change)
    assert [p.code for p in caught.value.problems] == [ProblemCode.PATCH_FAILED]


@pytest.mark.parametrize(
    "parameters",
    [
        [{"name": "op", "part": []}],
        [{"name": "operation", "valueString": "x"}],
        [operation("merge", "Patient.name")],
        [operation("add", "Patient", name="active")],
        [operation("delete", "Patient.name", index=1)],
        [operation("replace", "Patient.name")],
        [operation("add", "Patient", name="active", value={"name": "value"})],
        [{"name": "operation", "part": [{"name": "type", "valueInteger": 1}, {"name": "path", "valueString": "Patient"}]}],
        [{"name": "operation", "part": [*operation("delete", "Patient.name")["part"]] * 2}],
        *[[operation("delete", path)] for path in (
            "Patient.", "Patient..name", ".name", "Patient.name[", "Patient.name[x]", "Patient.name[-1]", "Patient.name[1.5]",
            "Patient.name.where()", "Patient.name.where(use=)", "Patient.name.where(use='a'", "Patient.name.where(use='a)",
            "Patient.name.repeat(x)", "Patient.name | Patient.contact", "Patient.name.where(use ~ 'x')", "Patient.name.$this",
            "Patient.name.extension()", "Patient.name.extension(url)", "x" * 1001, "Patient.name.where(" + "(" * 50, "'", "Patient name",
            "Patient.name.where(use='a').exists()",
        )],
    ],
)  # fmt: skip
def test_a_document_that_is_no_patch_is_refused(parameters: list[Json]) -> None:
    body: Json = {"resourceType": "Parameters", "parameter": parameters}
    with pytest.raises(HubError):
        parse_fhirpath_patch(to_json(body))


def test_a_document_without_operations_changes_nothing() -> None:
    empty: Json = {"resourceType": "Parameters"}
    tree: Json = {"resourceType": "Patient", "active": True}
    assert parse_fhirpath_patch(to_json(empty)).apply(tree) == {**tree}


@pytest.mark.parametrize(
    ("condition", "which"),
    [
        ("use='official'", [0]),
        ("use != 'official'", [1]),
        ("family = 'Hansen' and use = 'official'", [0]),
        ("family = 'X' or use = 'nickname'", [1]),
        ("family.exists()", [0]),
        ("family.empty()", [1]),
        ("family.exists().not()", [1]),
        ("(use='official' or use='nickname') and family.exists()", [0]),
        ("given.where($this='Ole').exists()", [1]),
        ("given.where($this='Nils')", [0]),
        ("given[1] = 'Nils'", [0]),
        ("`use`='offi\\u0063ial'", [0]),
        ("family = 'O\\'Hara'", []),
        ("period.start = @2020-01-01", []),
    ],
)
def test_conditions_choose(condition: str, which: list[int]) -> None:
    made = patched(
        person(name=NAMES, active=True), operation("delete", f"Patient.name.where({condition})")
    )
    assert made.get("name", []) == [n for place, n in enumerate(NAMES) if place not in which]


def test_booleans_and_numbers_are_compared_as_what_they_are() -> None:
    telecom = [
        {"system": "phone", "value": "1", "rank": 1},
        {"system": "phone", "value": "2", "rank": 2},
    ]
    made = patched(person(telecom=telecom), operation("delete", "Patient.telecom.where(rank = 2)"))
    assert made["telecom"] == telecom[:1]
    links = [{"language": {"text": "nb"}, "preferred": True}, {"language": {"text": "en"}, "preferred": False}]  # fmt: skip
    for condition in ("preferred = true", "preferred", "preferred.exists().not() or preferred"):
        made = patched(
            person(communication=links), operation("delete", f"Patient.communication.where({condition})")
        )  # fmt: skip
        assert made["communication"] == links[1:]


def test_decimals_elsewhere_keep_their_digits() -> None:
    before = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":94.50}}'
    change = operation("replace", "Observation.status", value={"valueCode": "amended"})
    body = to_json({"resourceType": "Parameters", "parameter": [change]})
    made = render_tree(parse_fhirpath_patch(body).apply(parse_tree(before)))
    assert b'"value":94.50' in made
    assert b'"status":"amended"' in made

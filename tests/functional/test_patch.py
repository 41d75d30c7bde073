"""PATCH through HTTP: both kinds, conditional too; what a patch may not do, and that it counts as a change like any other.

Source: http://hl7.org/fhir/R4/http.html#patch.
"""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest

from hub.clock import FixedClock
from tests.builders import Json, entry, national_id, observation, patient, to_json, transaction
from tests.functional.hub_client import BASE, FHIR_JSON, Client, codes_of, expressions_of

JSON_PATCH = "application/json-patch+json"


def patch(client: Client, path: str, document: Any, kind: str = JSON_PATCH, **headers: str) -> Any:
    """A document sent as a patch → the answer."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request("PATCH", path, document, headers={"Content-Type": kind, **more})


def change(kind: str, path: str, *parts: Json) -> Json:
    """A FHIRPath Patch of one operation."""
    told = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}, *parts]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": told}]}


ACTIVE = [{"op": "add", "path": "/active", "value": True}]


def test_a_json_patch_makes_the_next_version(client: Client) -> None:
    made = client.create(patient())
    answer = patch(client, made, ACTIVE)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    assert answer.headers["Content-Location"] == f"{BASE}/{made}/_history/2"
    assert answer.json()["active"] is True
    assert client.get(made).content == answer.content
    assert "active" not in client.get(f"{made}/_history/1").json()


def test_a_fhirpath_patch_makes_the_next_version(client: Client) -> None:
    made = client.create(patient())
    value = {"name": "value", "valueDate": "1960-01-01"}
    document = change("add", "Patient", {"name": "name", "valueString": "birthDate"}, value)
    for kind in (FHIR_JSON, "application/json"):
        answer = patch(client, made, document, kind)
        if kind == FHIR_JSON:
            assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
            assert answer.json()["birthDate"] == "1960-01-01"
        else:  # it is there now and does not repeat
            assert (answer.status_code, codes_of(answer)) == (422, ["patch-failed"])


def test_a_long_resource_that_would_not_be_valid_is_told_all_the_same(client: Client) -> None:
    """It is looked at when the writer is free again; what is merely odd (a null beside an extension) is then stored."""
    many = [{"system": "phone", "value": str(number)} for number in range(100)]
    beside = [None, {"extension": [{"url": "http://a.example/x", "valueCode": "y"}]}]
    name = {"family": "Danser", "given": ["Line", None], "_given": beside}
    made = client.create({**patient(), "telecom": many, "name": [name]})
    wrong = [{"op": "add", "path": "/telecom/99/system", "value": "x"}]
    answer = patch(client, made, wrong)
    assert (answer.status_code, codes_of(answer)) == (422, ["patch-failed", "bad-code"])
    assert expressions_of(answer) == ["Patient.telecom[99].system"]

    document = {"resourceType": "Binary", "contentType": JSON_PATCH}
    data = b64encode(to_json(wrong)).decode()
    first = entry("POST", "Patient", patient(2))
    answer = client.post("", transaction(first, entry("PATCH", made, {**document, "data": data})))
    assert (answer.status_code, codes_of(answer)) == (422, ["patch-failed", "bad-code"])
    assert expressions_of(answer) == ["Bundle.entry[1]", "Bundle.entry[1].resource.telecom[99].system"]  # fmt: skip
    assert client.get(made).headers["ETag"] == 'W/"1"'

    assert patch(client, made, ACTIVE).status_code == 200
    data = b64encode(to_json([{"op": "remove", "path": "/active"}])).decode()
    answer = client.post("", transaction(entry("PATCH", made, {**document, "data": data})))
    assert answer.status_code == 200
    assert client.get(made).json()["name"][0]["given"] == ["Line", None]
    assert client.get(made).headers["ETag"] == 'W/"3"'


def test_decimals_that_are_not_touched_keep_their_digits(client: Client) -> None:
    who = client.create(patient())
    made = client.create(observation(who, value="94.50"))
    answer = patch(client, made, [{"op": "replace", "path": "/status", "value": "amended"}])
    assert b'"value":94.50,' in answer.content
    change_it = [
        {"op": "test", "path": "/valueQuantity/value", "value": Decimal("94.5")},
        {"op": "replace", "path": "/valueQuantity/value", "value": Decimal("94.500")},
    ]
    assert b'"value":94.500,' in patch(client, made, change_it).content


def test_a_patch_that_says_nothing_new_makes_no_version(client: Client) -> None:
    made = client.create(patient(active=True))
    answer = patch(client, made, ACTIVE)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')
    for nothing, kind in (([], JSON_PATCH), ({"resourceType": "Parameters"}, FHIR_JSON)):
        answer = patch(client, made, nothing, kind)
        assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')


def test_a_test_that_fails_changes_nothing(client: Client) -> None:
    made = client.create(patient())
    document = [*ACTIVE, {"op": "test", "path": "/gender", "value": "unknown"}]
    answer = patch(client, made, document)
    assert (answer.status_code, codes_of(answer)) == (422, ["patch-failed"])
    assert client.get(made).headers["ETag"] == 'W/"1"'


def test_a_result_that_is_not_valid_is_refused_with_all_that_is_wrong(client: Client) -> None:
    made = client.create(patient())
    document = [
        {"op": "replace", "path": "/gender", "value": "f"},
        {"op": "add", "path": "/nonsense", "value": 1},
        {"op": "remove", "path": "/name/0/given/0"},
    ]
    answer = patch(client, made, document)
    assert answer.status_code == 422
    assert codes_of(answer)[0] == "patch-failed"
    assert {"Patient.gender", "Patient.nonsense"} <= set(expressions_of(answer))
    assert client.get(made).headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/id", "value": "other"},
        {"op": "remove", "path": "/id"},
        {"op": "replace", "path": "/resourceType", "value": "Basic"},
        {"op": "remove", "path": "/resourceType"},
        {"op": "replace", "path": "/meta/versionId", "value": "9"},
        {"op": "remove", "path": "/meta/lastUpdated"},
        {"op": "remove", "path": "/meta"},
        {"op": "replace", "path": "/meta", "value": None},
        {"op": "replace", "path": "", "value": {"resourceType": "Patient"}},
        {"op": "replace", "path": "", "value": []},
        {"op": "remove", "path": ""},
    ],
)
def test_id_type_version_and_time_are_not_to_be_patched(client: Client, operation: Json) -> None:
    made = client.create(patient())
    answer = patch(client, made, [operation])
    assert (answer.status_code, codes_of(answer)) == (422, ["patch-failed"])
    assert client.get(made).headers["ETag"] == 'W/"1"'


def test_tags_may_be_patched(client: Client) -> None:
    made = client.create(patient())
    tag = {"system": "urn:x", "code": "a"}
    answer = patch(client, made, [{"op": "add", "path": "/meta/tag", "value": [tag]}])
    assert (answer.status_code, answer.json()["meta"]["tag"]) == (200, [tag])


def test_a_patch_moves_nothing_to_another_patient(client: Client) -> None:
    one, other = client.create(patient(1)), client.create(patient(2))
    made = client.create(observation(one))
    answer = patch(client, made, [{"op": "replace", "path": "/subject/reference", "value": other}])
    assert (answer.status_code, codes_of(answer)) == (422, ["subject-changed"])


def test_if_match_is_heeded(client: Client) -> None:
    made = client.create(patient())
    assert patch(client, made, ACTIVE, If_Match='W/"2"').status_code == 412
    assert patch(client, made, ACTIVE, If_Match='W/"1"').status_code == 200


def test_of_two_patches_with_the_same_if_match_one_wins(client: Client) -> None:
    made = client.create(patient())
    headers = {"Content-Type": JSON_PATCH, "If-Match": 'W/"1"'}
    answers = client.together(
        *[
            ("PATCH", made, [{"op": "add", "path": "/active", "value": n % 2 == 0}], headers)
            for n in range(6)
        ]
    )
    assert sorted(a.status_code for a in answers) == [200] + [412] * 5


def test_patches_at_once_all_count(client: Client) -> None:
    made = client.create(patient())
    telecom = [{"op": "add", "path": "/telecom", "value": []}]
    assert patch(client, made, telecom).status_code == 422  # FHIR knows no empty arrays
    first = [{"op": "add", "path": "/telecom", "value": [{"value": "0", "system": "phone"}]}]
    assert patch(client, made, first).status_code == 200
    calls = [
        (
            "PATCH",
            made,
            [{"op": "add", "path": "/telecom/-", "value": {"value": str(n), "system": "phone"}}],
            {"Content-Type": JSON_PATCH},
        )
        for n in range(1, 20)
    ]
    assert {a.status_code for a in client.together(*calls)} == {200}
    assert {t["value"] for t in client.get(made).json()["telecom"]} == set(map(str, range(20)))


def test_what_is_not_there_cannot_be_patched(client: Client) -> None:
    assert patch(client, "Patient/none", ACTIVE).status_code == 404
    made = client.create(patient())
    client.request("DELETE", made)
    assert patch(client, made, ACTIVE).status_code == 410
    assert patch(client, made, ACTIVE, If_Match='W/"1"').status_code == 412


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        (JSON_PATCH, b"", 400, "not-json"),
        (JSON_PATCH, b"{", 400, "not-json"),
        (JSON_PATCH, b"{}", 400, "patch-invalid"),
        (JSON_PATCH, b'[{"op":"add","path":"x","value":1}]', 400, "patch-invalid"),
        (JSON_PATCH, b'[{"op":"remove","path":"/\xff"}]', 400, "not-utf8"),
        (FHIR_JSON, to_json(patient()), 400, "wrong-resource-type"),
        (FHIR_JSON, to_json(change("delete", "Patient.name[")), 400, "patch-invalid"),
        ("application/xml-patch+xml", b"<diff/>", 415, "unsupported-media"),
        ("application/merge-patch+json", b"{}", 415, "unsupported-media"),
        ("text/plain", b"x", 415, "unsupported-media"),
    ],
)
def test_a_document_that_is_no_patch_is_refused(
    client: Client, kind: str, body: bytes, status: int, code: str
) -> None:
    made = client.create(patient())
    answer = patch(client, made, body, kind)
    assert (answer.status_code, codes_of(answer)) == (status, [code])
    assert client.get(made).headers["ETag"] == 'W/"1"'


def test_prefer_is_heeded(client: Client) -> None:
    made = client.create(patient())
    answer = patch(client, made, ACTIVE, Prefer="return=minimal")
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (200, b"", 'W/"2"')


# Conditional


def test_conditional_patch_patches_the_one_match(client: Client) -> None:
    made = client.create(patient(identifier=[{"system": "urn:x", "value": "1"}]))
    answer = patch(client, "Patient?identifier=urn:x|1", ACTIVE)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    assert client.get(made).json()["active"] is True


def test_conditional_patch_of_nothing_is_404_and_of_several_412(client: Client) -> None:
    assert patch(client, "Patient?identifier=urn:x|1", ACTIVE).status_code == 404
    for n in (1, 2):
        client.create(patient(n, identifier=[{"system": "urn:x", "value": "1"}]))
    answer = patch(client, "Patient?identifier=urn:x|1", ACTIVE)
    assert (answer.status_code, codes_of(answer)) == (412, ["multiple-matches"])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "bad-parameter"),
        ("?nonsense=1", "unknown-parameter"),
        (f"?identifier={national_id(1)}", "national-id-in-url"),
    ],
)
def test_conditional_patch_needs_criteria_that_are_understood(
    client: Client, query: str, code: str
) -> None:
    answer = patch(client, f"Patient{query}", ACTIVE)
    assert (answer.status_code, codes_of(answer)) == (400, [code])


# What follows a change follows a patch


def test_a_patched_value_is_judged_again(client: Client) -> None:
    who = client.create(patient())
    made = client.create(observation(who, value="94"))
    patch(client, made, [{"op": "replace", "path": "/valueQuantity/value", "value": 80}])
    patch(client, made, [{"op": "replace", "path": "/valueQuantity/value", "value": 80}])
    marks = client.get("/health").json()["observations"]["marked"]
    assert marks == 2


def test_a_patch_is_logged(client: Client, clock: FixedClock) -> None:
    made = client.create(patient())
    patch(client, made, ACTIVE)
    event = client.search("AuditEvent?_count=10")[1]
    assert (event["subtype"][0]["code"], event["action"]) == ("patch", "U")
    assert event["entity"][0]["what"]["reference"] == f"{made}/_history/2"


def test_nobody_patches_the_access_log(client: Client) -> None:
    client.create(patient())
    (event,) = client.search("AuditEvent?_count=10")
    answer = patch(client, f"AuditEvent/{event['id']}", [{"op": "remove", "path": "/outcomeDesc"}])
    assert answer.status_code == 403

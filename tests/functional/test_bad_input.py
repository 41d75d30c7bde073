"""Every bad input gets the answer the standards name, an OperationOutcome with a path, and nothing else stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.builders import observation, patient, to_json
from tests.functional.hub_client import Client, codes_of, expressions_of

HERE = "Patient/00000000-0000-4000-8000-000000000001"
GOOD = to_json(patient())


def deep(levels: int) -> bytes:
    """A count → a Patient with extensions so deep."""
    inside = b'{"url":"a","valueString":"x"}'
    for _ in range(levels):
        inside = b'{"url":"a","extension":[' + inside + b"]}"
    return b'{"resourceType":"Patient","extension":[' + inside + b"]}"


BAD = {
    "nothing": (b"", 400, "not-json"),
    "no JSON": (b"hello", 400, "not-json"),
    "half": (GOOD[:-5], 400, "not-json"),
    "something behind": (GOOD + b"{}", 400, "not-json"),
    "an array": (b"[]", 400, "not-json"),
    "a number": (b"1", 400, "not-json"),
    "XML": (b"<Patient/>", 400, "not-json"),
    "no resourceType": (b"{}", 400, "wrong-resource-type"),
    "not UTF-8": (b'{"resourceType":"Patient","gender":"\xe5"}', 400, "not-utf8"),
    "500 levels": (deep(500), 400, "too-deep"),
    "100 000 brackets": (b'{"resourceType":"Patient","a":' + b"[" * 100_000, 400, "too-deep"),
    "a key twice": (
        b'{"resourceType":"Patient","gender":"male","gender":"female"}',
        400,
        "duplicate-key",
    ),
    "resourceType twice": (
        b'{"resourceType":"Patient","resourceType":"Patient"}',
        400,
        "duplicate-key",
    ),
    "another type": (to_json({"resourceType": "Device"}), 400, "wrong-resource-type"),
    "an unknown type": (to_json({"resourceType": "Nothing"}), 400, "wrong-resource-type"),
    "an unknown element": (to_json({**patient(), "colour": "red"}), 400, "unknown-element"),
    "a text for an array": (to_json({**patient(), "name": "Kari"}), 400, "wrong-type"),
    "a bad code": (to_json({**patient(), "gender": "f"}), 400, "bad-code"),
    "a day that is none": (to_json({**patient(), "birthDate": "2025-02-29"}), 400, "bad-value"),
    "an empty array": (to_json({**patient(), "name": []}), 400, "bad-value"),
    "a decimal as text": (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":"1"}}',
        400,
        "wrong-type",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_refused_with_its_code_and_nothing_else_stops(
    client: Client, name: str
) -> None:
    body, status, code = BAD[name]
    kind = "Observation" if b"Observation" in body else "Patient"
    answer = client.post(kind, body)
    assert answer.status_code == status, answer.text
    assert code in codes_of(answer)
    assert client.search(kind) == []
    assert client.post("Patient", patient()).status_code == 201


def test_a_wrong_value_is_named_by_its_path(client: Client) -> None:
    answer = client.post(
        "Patient", {**patient(), "contact": [{"name": {"family": "a"}, "gender": "f"}]}
    )
    assert expressions_of(answer) == ["Patient.contact[0].gender"]


def test_all_faults_of_a_body_are_told_at_once(client: Client) -> None:
    answer = client.post(
        "Patient", {**patient(), "gender": "f", "birthDate": "yesterday", "colour": 1}
    )
    assert {"Patient.gender", "Patient.birthDate", "Patient.colour"} <= set(expressions_of(answer))


@pytest.mark.parametrize("declared", [True, False])
def test_twenty_megabytes_are_413_and_not_read(client: Client, declared: bool) -> None:
    body = b'{"resourceType":"Patient","name":[{"text":"' + b"a" * 20_000_000 + b'"}]}'
    headers = {} if declared else {"Transfer-Encoding": "chunked"}
    answer = client.post("Patient", body, headers=headers)
    assert (answer.status_code, codes_of(answer)) == (413, ["too-large"])
    assert client.search("Patient") == []


def test_a_body_as_large_as_allowed_is_taken(make_client: Callable[..., Client]) -> None:
    client = make_client(HUB_MAX_BODY_BYTES="2000")
    frame = len(to_json({**patient(), "language": ""}))
    assert client.post("Patient", {**patient(), "name": [{"text": "a" * 1400}]}).status_code == 201
    assert client.post("Patient", {**patient(), "name": [{"text": "a" * 2000}]}).status_code == 413
    assert frame < 2000


@pytest.mark.parametrize("content_type", ["application/yaml", "text/plain", "multipart/form-data"])
def test_another_media_type_is_415(client: Client, content_type: str) -> None:
    answer = client.post("Patient", GOOD, headers={"Content-Type": content_type})
    assert (answer.status_code, codes_of(answer)) == (415, ["unsupported-media"])


@pytest.mark.parametrize(
    "content_type", ["application/fhir+json", "application/json; charset=utf-8", ""]
)
def test_json_by_its_names_is_taken(client: Client, content_type: str) -> None:
    assert client.post("Patient", GOOD, headers={"Content-Type": content_type}).status_code == 201


@pytest.mark.parametrize("accept", ["application/yaml", "image/png"])
def test_an_answer_that_cannot_be_made_is_406(client: Client, accept: str) -> None:
    answer = client.get("Patient", headers={"Accept": accept})
    assert (answer.status_code, codes_of(answer)) == (406, ["not-acceptable"])


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/fhir+json", "application/xml;q=0.1, application/json", "text/html"],
)
def test_json_is_given_to_whom_takes_it(client: Client, accept: str) -> None:
    assert client.get("Patient", headers={"Accept": accept}).status_code == 200


def test_format_outranks_accept(client: Client) -> None:
    answer = client.get("Patient?_format=json", headers={"Accept": "application/fhir+xml"})
    assert answer.headers["Content-Type"] == "application/fhir+json;charset=utf-8"
    assert client.get("Patient?_format=yaml").status_code == 406


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("OPTIONS", HERE, "DELETE, GET, HEAD, PATCH, PUT"),
        ("POST", HERE, "DELETE, GET, HEAD, PATCH, PUT"),
        ("DELETE", "", "GET, HEAD, POST"),
        ("PUT", "metadata", "GET, HEAD"),
        ("GET", "Patient/_search", "POST"),
        ("PUT", "Patient/a/_history/1", "GET, HEAD"),
        ("DELETE", "Patient/_history", "GET, HEAD"),
        ("POST", "_history", "GET, HEAD"),
        ("DELETE", "Observation/$lastn", "GET, HEAD, POST"),
        ("OPTIONS", "Patient", "DELETE, GET, HEAD, PATCH, POST, PUT"),
    ],
)
def test_a_method_the_url_does_not_take_is_405_and_allow_tells_which(
    client: Client, method: str, path: str, allow: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, codes_of(answer)) == (405, ["method-not-allowed"])
    assert answer.headers["Allow"] == allow


@pytest.mark.parametrize(
    "path", ["Nothing", "Nothing/1", "patient", "Patient/1/more", "$nothing", "Patient/$nothing"]
)
def test_a_url_that_means_nothing_is_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("bad_id", ["a" * 65, "a_b", "%C3%A6", "a%2Fb", "%FF", "a%00"])
def test_an_id_with_other_signs_is_400(client: Client, bad_id: str) -> None:
    assert client.get(f"Patient/{bad_id}").status_code == 400


def test_an_id_of_64_signs_is_taken(client: Client) -> None:
    long = "a" * 64
    assert client.put(f"Patient/{long}", {**patient(), "id": long}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"value": "94", "unit": None},
        {"value": "9" * 30, "unit": "%"},
        {"value": "94", "unit": "%", "at": "2126-01-01T00:00:00Z"},
        {"value": "94", "unit": "%", "at": "1826-01-01"},
    ],
)
def test_odd_values_and_times_are_accepted_for_the_judge_to_flag(
    client: Client, body: dict[str, str]
) -> None:
    who = client.create(patient())
    assert client.post("Observation", observation(who, **body)).status_code == 201


def test_the_answer_never_tells_the_value_that_was_wrong(client: Client) -> None:
    secret = "Kari Hemmelig"
    body = {
        **patient(),
        "gender": secret,
        "birthDate": secret,
        secret: 1,
        "name": [{"use": secret}],
    }
    answer = client.post("Patient", body)
    assert answer.status_code == 400
    assert "Hemmelig" not in answer.text


def test_the_request_id_is_given_back(client: Client) -> None:
    assert (
        client.get("Patient", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    )
    assert client.get("Patient").headers["X-Request-Id"]


def test_a_fault_of_ours_tells_nothing_but_the_request_id(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("hub.store.resources.ResourceSession.load", broken)
    answer = client.get("Patient/1", headers={"X-Request-Id": "abc-1"})
    assert (answer.status_code, codes_of(answer)) == (500, ["internal"])
    assert "abc-1" in answer.text
    assert "secret" not in answer.text

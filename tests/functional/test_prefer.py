"""Prefer: what comes back after a change.

Source: http://hl7.org/fhir/R4/http.html#ops; RFC 7240.
"""

from __future__ import annotations

import pytest

from hub.fhir.codec import parse
from tests.builders import patient
from tests.functional.hub_client import BASE, Client


def prefer(what: str) -> dict[str, dict[str, str]]:
    """A preference → the header that carries it."""
    return {"headers": {"Prefer": what}}


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_minimal_has_no_body_and_all_the_headers(client: Client, method: str) -> None:
    path = "Patient" if method == "POST" else "Patient/a"
    answer = client.request(method, path, patient(id="a"), **prefer("return=minimal"))
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert answer.headers["Location"].startswith(f"{BASE}/Patient/")
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert answer.headers["Content-Length"] == "0"
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "sent", [None, "return=representation", "return=nonsense", ";;,=,", "wait=5"]
)
def test_representation_is_what_comes_unless_something_else_is_preferred(
    client: Client, method: str, sent: str | None
) -> None:
    path = "Patient" if method == "POST" else "Patient/a"
    more = {} if sent is None else prefer(sent)
    answer = client.request(method, path, patient(id="a"), **more)
    assert answer.json()["resourceType"] == "Patient"
    applied = "return=representation" if sent == "return=representation" else None
    assert answer.headers.get("Preference-Applied") == applied


def test_an_outcome_tells_what_happened(client: Client) -> None:
    said = prefer("return=OperationOutcome")
    seen = [
        client.put("Patient/a", patient(id="a"), **said),
        client.put("Patient/a", patient(id="a"), **said),
        client.put("Patient/a", patient(id="a", active=True), **said),
        client.request("DELETE", "Patient/a", **said),
        client.request("DELETE", "Patient/a", **said),
        client.request("DELETE", "Patient/b", **said),
    ]
    assert [(a.status_code, a.json()["issue"][0]["details"]["text"]) for a in seen] == [
        (201, "Created Patient/a"),
        (200, "Nothing new: Patient/a stays at version 1"),
        (200, "Updated Patient/a to version 2"),
        (200, "Deleted Patient/a"),
        (200, "Patient/a was deleted already"),
        (200, "There never was a Patient/b"),
    ]
    for answer in seen:
        parse(answer.content, "OperationOutcome")
        assert answer.headers["Preference-Applied"] == "return=OperationOutcome"


@pytest.mark.parametrize("what", ["minimal", "representation"])
def test_a_delete_has_nothing_to_represent(client: Client, what: str) -> None:
    made = client.create(patient())
    answer = client.request("DELETE", made, **prefer(f"return={what}"))
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "sent",
    [
        "handling=strict, return=minimal",
        'return="minimal"',
        "Return = minimal; foo=bar",
        "respond-async, return=minimal, return=representation",
    ],
)
def test_the_header_is_read_as_it_may_be_written(client: Client, sent: str) -> None:
    assert client.post("Patient", patient(), **prefer(sent)).content == b""


def test_a_conditional_create_that_found_something_heeds_it(client: Client) -> None:
    client.create(patient(identifier=[{"system": "urn:x", "value": "1"}]))
    headers = {"If-None-Exist": "identifier=urn:x|1", "Prefer": "return=minimal"}
    answer = client.post("Patient", patient(), headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Location"].endswith("/_history/1")

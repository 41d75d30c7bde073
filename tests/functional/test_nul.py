"""U+0000: FHIR forbids it in texts and PostgreSQL cannot store it; it is refused wherever it may come in.

Source: http://hl7.org/fhir/R4/datatypes.html#string.
"""

from __future__ import annotations

import httpx
import pytest

from tests.builders import Json, patient, to_json
from tests.functional.hub_client import Client, codes_of

NUL = "\x00"
NAMED: Json = {**patient(), "name": [{"family": f"Nord{NUL}mann"}]}
DIV = f'<div xmlns="http://www.w3.org/1999/xhtml">{NUL}</div>'


def bundle(kind: str, **entry: object) -> Json:
    """A kind and its one entry → a Bundle."""
    return {"resourceType": "Bundle", "type": kind, "entry": [entry]}


BODIES: dict[str, tuple[str, Json]] = {
    "a name": ("Patient", NAMED),
    "an identifier": (
        "Patient",
        {**patient(), "identifier": [{"system": "urn:x", "value": NUL}]},
    ),
    "an extension": ("Patient", {**patient(), "extension": [{"url": "urn:x", "valueString": NUL}]}),
    "markdown": (
        "Questionnaire",
        {"resourceType": "Questionnaire", "status": "draft", "purpose": f"a{NUL}b"},
    ),
    "contained": (
        "Patient",
        {
            **patient(),
            "contained": [{"resourceType": "Organization", "id": "a", "name": NUL}],
            "managingOrganization": {"reference": "#a"},
        },
    ),
    "a tag": ("Patient", {**patient(), "meta": {"tag": [{"system": "urn:x", "code": NUL}]}}),
    "a narrative": ("Patient", {**patient(), "text": {"status": "generated", "div": DIV}}),
    "a name of an element": ("Patient", {**patient(), f"a{NUL}": 1}),
    "a resource in a transaction": (
        "",
        bundle("transaction", resource=NAMED, request={"method": "POST", "url": "Patient"}),
    ),
    "an address in a transaction": (
        "",
        bundle("transaction", request={"method": "GET", "url": "Patient?name=a%00"}),
    ),
    "a condition in a transaction": (
        "",
        bundle(
            "transaction",
            resource=patient(),
            request={"method": "POST", "url": "Patient", "ifNoneExist": "identifier=a%00"},
        ),
    ),
    "a resource in a Bundle that is kept": ("Bundle", bundle("collection", resource=NAMED)),
}
SEARCHES = [
    "Patient?name=a%00",
    "Patient?name:exact=%00",
    "Patient?identifier=urn:x%00|a",
    "Patient?_id=%00",
    "Patient?_tag=%00",
    "Patient?_profile=%00",
    "Patient?a%00=b",
    "Patient?_cursor=%00",
    "Patient?_has:Observation:patient:code=%00",
    "Observation?code=%00",
    "Observation?code:text=%00",
    "Observation?value-quantity=1|%00|x",
    "Observation?code-value-quantity=a%00$1",
    "Observation?patient.name=%00",
    "Observation/$lastn?code=%00&patient=a",
    "StructureDefinition?url:below=%00",
    "?_type=Patient&_id=%00",
    "_history?_cursor=%00",
    "Patient/a/Observation?code=%00",
    "Patient/%00",
    "Patient/%00/_history",
    "Patient/a/_history/%00",
    "Patient/%00/$everything",
    "%00",
]


def refused(answer: httpx.Response) -> bool:
    """An answer → whether it is a refusal that names the sender's fault."""
    return 400 <= answer.status_code < 500 and bool(codes_of(answer))


@pytest.mark.parametrize("name", BODIES)
def test_a_body_with_it_is_refused(client: Client, name: str) -> None:
    path, body = BODIES[name]
    assert refused(client.post(path, body))
    assert client.search("Patient") == []


def test_a_backslash_before_those_letters_is_only_text(client: Client) -> None:
    answer = client.post("Patient", {**patient(), "name": [{"family": "a\\u0000"}]})
    assert (answer.status_code, answer.json()["name"]) == (201, [{"family": "a\\u0000"}])


def test_a_search_and_a_path_with_it_are_refused(client: Client) -> None:
    answers = {path: client.get(path) for path in SEARCHES}
    assert [path for path, answer in answers.items() if not refused(answer)] == []
    assert codes_of(answers["Patient?_id=%00"]) == ["bad-parameter"]


def test_a_form_with_it_is_refused(client: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert refused(client.post("Patient/_search", b"name=%00", headers=form))


@pytest.mark.parametrize("name", ["If-None-Exist", "If-Match", "Accept", "Content-Type"])
@pytest.mark.parametrize("value", ["identifier=a%00", f"a{NUL}"])
def test_a_header_with_it_that_is_read_is_refused(client: Client, name: str, value: str) -> None:
    method, path = ("POST", "Patient") if name == "If-None-Exist" else ("PUT", "Patient/a")
    body = patient() if name == "If-None-Exist" else {**patient(), "id": "a"}
    assert refused(client.request(method, path, body, headers={name: value}))


@pytest.mark.parametrize("name", ["X-Request-Id", "Prefer", "X-Security-Context"])
def test_a_header_with_it_that_is_not_read_does_no_harm(client: Client, name: str) -> None:
    assert client.post("Patient", patient(), headers={name: f"a{NUL}"}).status_code == 201


def test_patches_with_it_are_refused(client: Client) -> None:
    client.put("Patient/a", {**patient(), "id": "a"})
    kind = {"Content-Type": "application/json-patch+json"}
    steps = [
        {"op": "add", "path": "/name", "value": [{"family": NUL}]},
        {"op": "add", "path": f"/a{NUL}", "value": 1},
        {"op": NUL, "path": "/name"},
    ]
    for step in steps:
        assert refused(client.request("PATCH", "Patient/a", to_json([step]), headers=kind))


@pytest.mark.parametrize("written", [b"a&#0;", b"a&#x0;", b"a\0"])
def test_xml_with_it_is_refused(client: Client, written: bytes) -> None:
    body = b'<Patient xmlns="http://hl7.org/fhir"><name><family value="%s"/></name></Patient>'
    kind = {"Content-Type": "application/fhir+xml"}
    assert refused(client.post("Patient", body % written, headers=kind))
    message = b'<?xml version="1.0"?><MsgHead>%s</MsgHead>' % written
    assert refused(client.post("Patient", message, headers=kind))


@pytest.mark.parametrize("path", ["/", "/patients/%00", "/patients/a?x=%00", "/alerts?rule=%00"])
def test_a_page_asked_for_with_it_is_no_fault_of_ours(client: Client, path: str) -> None:
    headers = {"X-Request-Id": f"a{NUL}"}
    assert client.get(path, headers=headers).status_code < 500

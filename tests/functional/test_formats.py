"""Formats, parts and encodings through HTTP.

Source: http://hl7.org/fhir/R4/http.html, http://hl7.org/fhir/R4/search.html#summary.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from hub.fhir.xml_read import to_json
from hub.fhir.xml_write import to_xml
from tests.builders import observation, patient
from tests.builders import to_json as render
from tests.functional.hub_client import BASE, Client, codes_of, expressions_of

XML = {"Accept": "application/fhir+xml"}
XML_BODY = {"Content-Type": "application/fhir+xml"}
JSON_TYPE = "application/fhir+json;charset=utf-8"
XML_TYPE = "application/fhir+xml;charset=utf-8"
FIRST = "Patient/00000000-0000-4000-8000-000000000001"


def as_json(answer: Any) -> Any:
    """An XML answer → what it says."""
    assert answer.headers["Content-Type"] == XML_TYPE
    return json.loads(to_json(answer.content), parse_float=str)


@pytest.mark.parametrize("version", ["", "/_history/1"])
def test_read_and_vread_give_the_part_that_is_asked_for(client: Client, version: str) -> None:
    here = client.create({**patient(), "gender": "female", "birthDate": "1950-01-02"}) + version
    whole = client.get(here)
    part = client.get(f"{here}?_elements=birthDate")
    assert {"resourceType", "id", "meta", "birthDate"} == part.json().keys()
    assert "SUBSETTED" in [tag["code"] for tag in part.json()["meta"]["tag"]]
    assert whole.headers["ETag"] == part.headers["ETag"]
    assert "tag" not in client.get(f"{here}?_summary=false").json()["meta"]
    assert "gender" in client.get(f"{here}?_summary=true").json()


def test_a_part_cannot_become_a_version(client: Client) -> None:
    here = client.create({**patient(), "birthDate": "1950-01-02"})
    part = client.get(f"{here}?_elements=birthDate").json()
    answer = client.put(here, part)
    assert (422, ["business-rule"]) == (answer.status_code, codes_of(answer))
    assert ["Patient.meta.tag"] == expressions_of(answer)
    assert "name" in client.get(here).json()
    word = {**patient(), "name": [{"text": "SUBSETTED"}], "meta": {"tag": [{"code": "a"}]}}
    assert 201 == client.post("Patient", word).status_code


def test_a_part_that_cannot_be_meant_is_refused(client: Client) -> None:
    answer = client.get(f"{client.create(patient())}?_summary=some")
    assert (400, ["bad-parameter"]) == (answer.status_code, codes_of(answer))


def test_what_was_sent_as_xml_is_read_as_json_and_as_xml_with_every_digit(client: Client) -> None:
    subject = client.create(patient())
    body = to_xml(render(observation(subject, value="94")).replace(b":94,", b":94.50,"))
    made = client.post("Observation", body, headers={**XML, **XML_BODY})
    assert made.status_code == 201
    told = as_json(made)
    here = f"Observation/{told['id']}"
    assert b'"value":94.50' in client.get(here).content
    assert "94.50" == as_json(client.get(here, headers=XML))["valueQuantity"]["value"]
    assert told == as_json(client.get(f"{here}/_history/1?_format=xml"))
    again = client.put(here, client.get(here, headers=XML).content, headers=XML_BODY)
    assert again.status_code == 200
    assert again.headers["Content-Type"] == JSON_TYPE


def test_every_interaction_answers_in_xml(client: Client) -> None:
    here = client.create(patient())
    assert "searchset" == as_json(client.get("Patient", headers=XML))["type"]
    entry = as_json(client.get("Patient?_format=xml"))["entry"][0]
    assert f"{BASE}/{here}" == entry["fullUrl"]
    assert entry["resource"] == as_json(client.get(here, headers=XML))
    assert "CapabilityStatement" == as_json(client.get("metadata", headers=XML))["resourceType"]
    lastn = client.get(f"Observation/$lastn?patient={here}", headers=XML)
    assert "searchset" == as_json(lastn)["type"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = client.post("Patient/_search", b"_format=xml&_id=nobody", headers=form)
    assert "searchset" == as_json(posted)["type"]
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": patient(2), "request": {"method": "POST", "url": "Patient"}},
            {"request": {"method": "GET", "url": here}},
        ],
    }
    done = as_json(client.post("", to_xml(render(bundle)), headers={**XML, **XML_BODY}))
    assert ["201 Created", "200 OK"] == [e["response"]["status"] for e in done["entry"]]


def test_history_comes_in_xml_and_in_parts(client: Client) -> None:
    here = client.create({**patient(), "birthDate": "1950-01-02"})
    client.request("DELETE", here)
    for path in (
        f"{here}/_history",
        "Patient/_history",
        "_history?_elements=birthDate&_format=xml",
    ):
        bundle = as_json(client.get(path, headers=XML))
        assert ("history", here) == (
            bundle["type"],
            bundle["entry"][-1]["fullUrl"].removeprefix(f"{BASE}/"),
        )
    parts = client.get(f"{here}/_history?_elements=birthDate").json()["entry"]
    assert [False, True] == ["resource" in entry for entry in parts]
    assert {"resourceType", "id", "meta", "birthDate"} == parts[1]["resource"].keys()
    assert 400 == client.get(f"{here}/_history?_elements=colour").status_code


def test_a_fhirpath_patch_may_be_sent_as_xml_and_a_json_patch_answered_in_it(
    client: Client,
) -> None:
    here = client.create(patient())
    operation = [
        {"name": "type", "valueCode": "add"},
        {"name": "path", "valueString": "Patient"},
        {"name": "name", "valueString": "birthDate"},
        {"name": "value", "valueDate": "1950-01-02"},
    ]
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": operation}]}
    done = client.request("PATCH", here, to_xml(render(body)), headers={**XML, **XML_BODY})
    assert (200, "1950-01-02") == (done.status_code, as_json(done)["birthDate"])
    patch = [{"op": "replace", "path": "/birthDate", "value": "1951-02-03"}]
    headers = {**XML, "Content-Type": "application/json-patch+json"}
    done = client.request("PATCH", here, json.dumps(patch).encode(), headers=headers)
    assert (200, "1951-02-03") == (done.status_code, as_json(done)["birthDate"])


def test_errors_are_told_in_the_format_that_was_asked_for(client: Client) -> None:
    answer = client.get("Patient/none", headers=XML)
    assert (404, "not-found") == (answer.status_code, as_json(answer)["issue"][0]["code"])
    answer = client.get("Patient?colour=red&_format=xml")
    assert (400, "OperationOutcome") == (answer.status_code, as_json(answer)["resourceType"])
    answer = client.request("PATCH", "metadata?_format=xml")
    assert (405, "OperationOutcome") == (answer.status_code, as_json(answer)["resourceType"])
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", JSON_TYPE),
        ("*/*", JSON_TYPE),
        ("application/*", JSON_TYPE),
        ("application/json", "application/json;charset=utf-8"),
        ("text/json", "text/json;charset=utf-8"),
        ("text/*", "text/json;charset=utf-8"),
        ("application/xml", "application/xml;charset=utf-8"),
        ("text/xml", "text/xml;charset=utf-8"),
        ("APPLICATION/FHIR+XML ; charset=UTF-8", XML_TYPE),
        ("application/xml+fhir", XML_TYPE),
        ("application/json+fhir", JSON_TYPE),
        ("application/fhir+xml;q=0.5, application/fhir+json;q=0.9", JSON_TYPE),
        ("application/fhir+json;q=0.5, application/fhir+xml", XML_TYPE),
        ("*/*, application/fhir+xml", XML_TYPE),
        ("*/*;q=0.1, application/fhir+json;q=0", "application/json;charset=utf-8"),
        ("application/json;q=0, application/fhir+json;q=0, text/json;q=0, */*", XML_TYPE),
        ("image/png, application/fhir+xml;q=0.1", XML_TYPE),
        ("application/fhir+json;charset=latin1, application/fhir+xml", XML_TYPE),
        ("application/fhir+xml;fhirVersion=3.0, application/fhir+json;q=0.1", JSON_TYPE),
        ("application/fhir+json; fhirVersion=4.0", "application/fhir+json;fhirVersion=4.0;charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON_TYPE),
        ("application/fhir+json;q=x, application/fhir+xml", XML_TYPE),
    ],
)  # fmt: skip
def test_accept_is_answered_to_the_letter(client: Client, accept: str, content_type: str) -> None:
    answer = client.get("metadata", headers={"Accept": accept})
    assert (200, content_type) == (answer.status_code, answer.headers["Content-Type"])
    assert answer.content.startswith(b"<?xml" if "xml" in content_type else b"{")


@pytest.mark.parametrize(
    "accept",
    [
        "application/yaml", "image/*", "application/fhir+json;q=0", "application/fhir+json;charset=utf-16",
        "application/fhir+json;fhirVersion=3.0", "application/fhir+turtle", ",", "x" * 5000,
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_406_in_json(client: Client, accept: str) -> None:
    answer = client.get("metadata", headers={"Accept": accept})
    assert (406, ["not-acceptable"]) == (answer.status_code, codes_of(answer))


@pytest.mark.parametrize(
    ("asked", "xml"),
    [
        ("json", False), ("application/json", False), ("text/json", False), ("application/fhir%2Bjson", False),
        ("application/fhir+json", False), ("xml", True), ("text/xml", True), ("application/xml", True),
        ("application/fhir%2bxml", True), ("application/fhir+xml", True), ("application/fhir%2Bxml;fhirVersion=4.0", True),
    ],
)  # fmt: skip
def test_format_outranks_accept(client: Client, asked: str, xml: bool) -> None:
    other = "application/fhir+json" if xml else "application/fhir+xml"
    for accept in (other, "image/png"):
        answer = client.get(f"metadata?_format={asked}", headers={"Accept": accept})
        assert (200, XML_TYPE if xml else JSON_TYPE) == (
            answer.status_code,
            answer.headers["Content-Type"],
        )


@pytest.mark.parametrize(
    "asked", ["yaml", "html", "ttl", "application/fhir%2Bjson;fhirVersion=5.0"]
)
def test_a_format_that_is_none_is_406(client: Client, asked: str) -> None:
    assert 406 == client.get(f"metadata?_format={asked}").status_code


def test_a_format_left_open_asks_for_nothing(client: Client) -> None:
    for accept, told in ((JSON_TYPE, JSON_TYPE), ("application/fhir+xml", XML_TYPE)):
        answer = client.get(
            "metadata?_format=&_pretty=", headers={"Accept": accept.partition(";")[0]}
        )
        assert (200, told) == (answer.status_code, answer.headers["Content-Type"])


def test_pretty_gives_lines_and_changes_nothing(client: Client) -> None:
    here = client.create(patient())
    plain, pretty = client.get(here), client.get(f"{here}?_pretty=true")
    assert plain.json() == pretty.json()
    assert pretty.text.startswith('{\n  "resourceType": "Patient",\n')
    assert plain.content == client.get(f"{here}?_pretty=false").content
    xml = client.get(f"{here}?_pretty=true&_format=xml")
    assert as_json(xml) == as_json(client.get(here, headers=XML))
    assert "\n  <name>\n    <family " in xml.text
    assert 400 == client.get(f"{here}?_pretty=maybe").status_code


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code", "where"),
    [
        (b"<Patient/>", "application/fhir+xml", 400, "xml-structure", ["Patient"]),
        (b"<!DOCTYPE a><a/>", "text/xml", 400, "xml-forbidden", []),
        (b"<Patient", "application/xml", 400, "xml-not-well-formed", []),
        (b"{}", "application/fhir+xml", 400, "xml-not-well-formed", []),
        (
            b'<Device xmlns="http://hl7.org/fhir"/>', "application/fhir+xml", 400, "wrong-resource-type",
            ["resourceType"],
        ),
        (
            b'<Patient xmlns="http://hl7.org/fhir"><gender value="f"/></Patient>', "application/fhir+xml", 400, "bad-code",
            ["Patient.gender"],
        ),
        (
            b'<Patient xmlns="http://hl7.org/fhir"><name/></Patient>', "application/fhir+xml", 400, "invariant",
            ["Patient.name[0]"],
        ),
        (b"{}", "application/fhir+json;charset=latin1", 415, "unsupported-media", []),
        (b"{}", "application/fhir+json;fhirVersion=3.0", 415, "unsupported-media", []),
        (b"a: b", "application/yaml", 415, "unsupported-media", []),
        (b"[]", "application/json-patch+json", 415, "unsupported-media", []),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read_are_refused_with_the_place(
    client: Client, body: bytes, content_type: str, status: int, code: str, where: list[str]
) -> None:
    answer = client.post("Patient", body, headers={"Content-Type": content_type})
    assert (status, [code]) == (answer.status_code, codes_of(answer))
    assert where == expressions_of(answer)


def test_a_patch_in_another_format_is_told_which_are_taken(client: Client) -> None:
    answer = client.request(
        "PATCH",
        client.create(patient()),
        b"<diff/>",
        headers={"Content-Type": "application/xml-patch+xml"},
    )
    assert 415 == answer.status_code
    assert (
        "application/json-patch+json, application/fhir+json, application/fhir+xml"
        == answer.headers["Accept-Patch"]
    )


def test_a_text_that_xml_cannot_carry_comes_as_json_only(client: Client) -> None:
    here = client.create({**patient(), "name": [{"text": "a\ufffe"}]})
    answer = client.get(here, headers=XML)
    assert 406 == answer.status_code
    assert "OperationOutcome" == as_json(answer)["resourceType"]
    assert 200 == client.get(here).status_code


# Encodings


def test_a_long_answer_is_packed_for_who_takes_gzip_and_a_short_one_is_not(client: Client) -> None:
    plain = client.get("metadata", headers={"Accept-Encoding": "identity"})
    packed = client.get("metadata", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert "gzip" == packed.headers["Content-Encoding"]
    assert plain.content == packed.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 5
    assert "Accept, Accept-Encoding" == plain.headers["Vary"] == packed.headers["Vary"]
    here = client.create(patient())
    assert "Content-Encoding" not in client.get(here, headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True), ("x-gzip", True), ("GZIP;q=0.5", True), ("*", True), ("br, gzip;q=0.1", True), ("", False),
        ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip;q=0.000, *", False), ("*;q=0", False), ("gzip;x", False),
    ],
)  # fmt: skip
def test_accept_encoding_is_answered_to_the_letter(
    client: Client, accepted: str, packed: bool
) -> None:
    answer = client.get("metadata", headers={"Accept-Encoding": accepted})
    assert packed == ("Content-Encoding" in answer.headers)


@pytest.mark.parametrize(
    "more", [{}, {"Accept": "application/fhir+xml"}, {"Accept-Encoding": "gzip"}]
)
def test_head_has_the_headers_of_get(client: Client, more: dict[str, str]) -> None:
    here = client.create(patient())
    operations = (
        f"{here}/$everything",
        f"Observation/$lastn?patient={here}",
        "Patient/none/$everything",
    )
    for path in (here, "metadata", "Patient", "Patient/none", "Patient?colour=red", *operations):
        headers = {"Accept-Encoding": "identity", "X-Request-Id": "a", **more}
        get, head = client.get(path, headers=headers), client.request("HEAD", path, headers=headers)
        assert (get.status_code, b"") == (head.status_code, head.content)
        assert dict(get.headers) == dict(head.headers)


def test_head_does_not_do_what_only_post_does(client: Client) -> None:
    answer = client.request("HEAD", "DetectedIssue/a/$close")
    assert (405, b"", "POST") == (answer.status_code, answer.content, answer.headers["Allow"])


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "GZIP"])
def test_a_packed_body_is_read(client: Client, name: str) -> None:
    body = gzip.compress(render(patient()))
    answer = client.post("Patient", body, headers={"Content-Encoding": name})
    assert 201 == answer.status_code
    halves = gzip.compress(render(patient(2))[:50]) + gzip.compress(render(patient(2))[50:])
    assert 201 == client.post("Patient", halves, headers={"Content-Encoding": name}).status_code


@pytest.mark.parametrize(
    ("body", "coding", "status", "code"),
    [
        (b"{}", "gzip", 400, "broken-body"),
        (gzip.compress(b"{}")[:-4], "gzip", 400, "broken-body"),
        (gzip.compress(b"{}") + b"rest", "gzip", 400, "broken-body"),
        (gzip.compress(b"") * 100, "gzip", 400, "broken-body"),
        (gzip.compress(b" " * 20_000_000), "gzip", 413, "too-large"),
        (gzip.compress(b" " * 6_000_000) * 2, "gzip", 413, "too-large"),
        (gzip.compress(gzip.compress(b"{}")), "gzip", 400, "not-utf8"),
        (b"{}", "br", 415, "unsupported-media"),
        (gzip.compress(b"{}"), "gzip, gzip", 415, "unsupported-media"),
    ],
    ids=["plain", "cut off", "rest", "many members", "bomb", "two bombs", "twice", "another coding", "two codings"],
)  # fmt: skip
def test_a_body_packed_badly_is_refused(
    client: Client, body: bytes, coding: str, status: int, code: str
) -> None:
    answer = client.post("Patient", body, headers={"Content-Encoding": coding})
    assert (status, [code]) == (answer.status_code, codes_of(answer))
    if status == 415:
        assert "gzip" == answer.headers["Accept-Encoding"]


# Binary


def test_a_document_is_sent_as_itself_and_comes_back_as_itself(client: Client) -> None:
    made = client.post("Binary", b"%PDF-1.7 \x00\xff", headers={"Content-Type": "application/pdf"})
    assert (201, JSON_TYPE) == (made.status_code, made.headers["Content-Type"])
    here = f"Binary/{made.json()['id']}"
    for accept in ("*/*", "application/pdf", "application/*;q=0.1", ""):
        for path in (here, f"{here}/_history/1"):
            raw = client.get(path, headers={"Accept": accept})
            assert (200, b"%PDF-1.7 \x00\xff") == (raw.status_code, raw.content)
            assert "application/pdf" == raw.headers["Content-Type"]
            assert 'W/"1"' == raw.headers["ETag"]
            assert "nosniff" == raw.headers["X-Content-Type-Options"]
            assert "attachment" == raw.headers["Content-Disposition"]
            assert raw.headers["Content-Security-Policy"].startswith("sandbox")
    head = client.request("HEAD", here, headers={"Accept": "*/*"})
    assert ("11", b"") == (head.headers["Content-Length"], head.content)


def test_a_binary_comes_as_a_resource_to_who_asks_for_fhir(client: Client) -> None:
    made = client.post("Binary", b"hello", headers={"Content-Type": "text/plain; charset=ascii"})
    here = f"Binary/{made.json()['id']}"
    for accept in ("application/fhir+json", "application/json", "*/*, application/fhir+json"):
        told = client.get(here, headers={"Accept": accept}).json()
        assert ("text/plain; charset=ascii", "aGVsbG8=") == (told["contentType"], told["data"])
    assert "aGVsbG8=" == as_json(client.get(here, headers=XML))["data"]
    assert "aGVsbG8=" == client.get(f"{here}?_format=json").json()["data"]
    assert "text/plain; charset=ascii" == client.get(here).headers["Content-Type"]
    answer = client.get(here, headers={"Accept": "image/png"})
    assert (406, ["not-acceptable"]) == (answer.status_code, codes_of(answer))


def test_what_is_told_beside_a_document_that_is_created_is_passed_over(client: Client) -> None:
    """Medplum's client sends the name of the file so; a condition is never passed over."""
    sent = {"Content-Type": "text/plain"}
    made = client.post("Binary?_filename=note.txt&_format=json", b"hello", headers=sent)
    assert made.status_code == 201
    assert client.get(f"Binary/{made.json()['id']}").content == b"hello"
    strict = sent | {"Prefer": "handling=strict"}
    for query, headers in (("_filename=a", strict), ("_id=a", sent), ("_tag=a", sent), ("_has:Patient:link:_id=a", sent), ("_filter=a", sent), ("name=a", sent), ("_count=1", sent)):  # fmt: skip
        answer = client.post(f"Binary?{query}", b"hello", headers=headers)
        assert (400, ["bad-parameter"]) == (answer.status_code, codes_of(answer)), query
    assert 400 == client.post("Patient?_filename=a", patient()).status_code


def test_a_document_takes_the_place_of_another_and_keeps_its_context(client: Client) -> None:
    subject = client.create(patient())
    headers = {"Content-Type": "text/plain", "X-Security-Context": subject}
    assert 201 == client.put("Binary/a", b"one", headers=headers).status_code
    answer = client.put("Binary/a", b"two", headers={**headers, "If-Match": 'W/"1"'})
    assert (200, subject) == (answer.status_code, answer.json()["securityContext"]["reference"])
    raw = client.get("Binary/a")
    assert (b"two", subject) == (raw.content, raw.headers["X-Security-Context"])


def test_fhir_that_is_no_binary_is_content_and_a_binary_is_a_resource(client: Client) -> None:
    content = render(patient())
    made = client.post("Binary", content)
    assert "application/fhir+json" == made.json()["contentType"]
    path = f"Binary/{made.json()['id']}"
    assert content == client.get(path).content
    resource = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="}
    for body, kind in ((render(resource), {}), (to_xml(render(resource)), XML_BODY)):
        made = client.post("Binary", body, headers=kind)
        assert "text/plain" == made.json()["contentType"]
        assert b"hello" == client.get(f"Binary/{made.json()['id']}").content


def test_a_page_in_a_binary_is_never_shown_as_one_of_the_hub(client: Client) -> None:
    made = client.post(
        "Binary", b"<script>alert(1)</script>", headers={"Content-Type": "text/html"}
    )
    raw = client.get(f"Binary/{made.json()['id']}", headers={"Accept": "text/html"})
    assert "attachment" == raw.headers["Content-Disposition"]
    assert "sandbox; default-src 'none'" == raw.headers["Content-Security-Policy"]


def test_a_content_type_that_would_break_the_header_comes_as_octets(client: Client) -> None:
    odd = {
        "resourceType": "Binary",
        "contentType": "text/plain\nSet-Cookie: a=b",
        "data": "aGVsbG8=",
    }
    made = client.post("Binary", odd)
    assert 201 == made.status_code
    raw = client.get(f"Binary/{made.json()['id']}")
    assert "application/octet-stream" == raw.headers["Content-Type"]
    assert "Set-Cookie" not in raw.headers


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"a", "nonsense", 415), (b"a", "text/plain; a", 415), (b"", "text/plain", 400), (b"{", "application/json", 400)],
)  # fmt: skip
def test_a_document_without_a_type_or_content_is_refused(
    client: Client, body: bytes, content_type: str, status: int
) -> None:
    answer = client.post("Binary", body, headers={"Content-Type": content_type})
    assert (status, "OperationOutcome") == (answer.status_code, answer.json()["resourceType"])


def test_errors_about_binaries_are_outcomes_whatever_is_accepted(client: Client) -> None:
    answer = client.get("Binary/none", headers={"Accept": "application/pdf"})
    assert (404, ["not-found"]) == (answer.status_code, codes_of(answer))


# Request ids


@pytest.mark.parametrize("sent", ["a", "0b1c-2d.3e_4f", "trace:1/2+3=", "x" * 64])
def test_a_request_id_comes_back(client: Client, sent: str) -> None:
    for path in ("metadata", "Patient/none"):
        assert sent == client.get(path, headers={"X-Request-Id": sent}).headers["X-Request-Id"]


@pytest.mark.parametrize("sent", ["", "a b", "<script>", "x" * 65, "å", "a\tb", "a;b"])
def test_a_request_id_that_is_not_safe_to_repeat_is_replaced(client: Client, sent: str) -> None:
    answer = client.get("metadata", headers={"X-Request-Id": sent.encode("latin-1")})
    assert sent != answer.headers["X-Request-Id"]
    assert 16 == len(answer.headers["X-Request-Id"])


# Cross-origin

ORIGIN = "https://app.example"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization, content-type,if-match",
}


@pytest.fixture
def open_client(make_client: Callable[..., Client]) -> Client:
    return make_client(HUB_CORS_ORIGINS=f"{ORIGIN},http://localhost:3000")


def test_without_the_setting_no_page_may_call(client: Client) -> None:
    answer = client.get("metadata", headers={"Origin": ORIGIN})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert 405 == client.request("OPTIONS", "Patient", headers=PREFLIGHT).status_code


@pytest.mark.parametrize("path", ["Patient", "Patient/a", ""])
def test_a_preflight_of_a_named_origin_is_answered(open_client: Client, path: str) -> None:
    answer = open_client.request("OPTIONS", path, headers=PREFLIGHT)
    assert (204, b"") == (answer.status_code, answer.content)
    assert ORIGIN == answer.headers["Access-Control-Allow-Origin"]
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "If-Match" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Origin": "https://app.example.evil.example"}, {"Origin": "http://app.example"}, {"Origin": "null"},
        {"Access-Control-Request-Method": "TRACE"}, {"Access-Control-Request-Headers": "x-other"},
    ],
)  # fmt: skip
def test_any_other_preflight_is_refused(open_client: Client, wrong: dict[str, str]) -> None:
    answer = open_client.request("OPTIONS", "Patient", headers={**PREFLIGHT, **wrong})
    assert (403, ["forbidden"]) == (answer.status_code, codes_of(answer))
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_answers_tell_a_named_origin_what_it_may_see(open_client: Client) -> None:
    made = open_client.post("Patient", patient(), headers={"Origin": ORIGIN})
    missing = open_client.get("Patient/none", headers={"Origin": ORIGIN})
    for answer in (made, missing):
        assert ORIGIN == answer.headers["Access-Control-Allow-Origin"]
        shown = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Location", "Last-Modified", "X-Request-Id"} <= set(shown)
        assert "Origin" in answer.headers["Vary"]
    other = open_client.get("metadata", headers={"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.headers["Vary"]


def test_pages_for_people_are_no_part_of_it(open_client: Client) -> None:
    answer = open_client.get("/health", headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_byte_order_mark_before_a_body_is_passed_over(client: Client) -> None:
    mark = b"\xef\xbb\xbf"
    made = client.post("Patient", mark + render(patient(1)))
    assert made.status_code == 201
    assert client.get(f"Patient/{made.json()['id']}").content == made.content
    assert not made.content.startswith(mark)
    patched = client.request(
        "PATCH",
        f"Patient/{made.json()['id']}",
        mark + b'[{"op":"add","path":"/active","value":true}]',
        headers={"Content-Type": "application/json-patch+json"},
    )
    assert patched.json()["active"] is True

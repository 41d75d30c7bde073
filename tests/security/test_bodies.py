"""What came is refused before it does harm, told from a fixed catalogue, and nothing of it is kept or logged.

Source: security/xml-and-message-security.md §6; security README §6.
"""

from __future__ import annotations

import gzip
import logging

import pytest

from tests.builders import observation, to_json
from tests.functional.hub_client import codes_of
from tests.security.conftest import Town

MARK = "MARKED4711"
GOOD = to_json(observation("Patient/1"))
JSON = "application/fhir+json"
XML = "application/fhir+xml"


def with_member(text: str) -> bytes:
    """A member as JSON text → an Observation that has it too."""
    return GOOD[:-1] + b"," + text.encode() + b"}"


BODIES: dict[str, tuple[bytes, str]] = {
    "duplicate key": (with_member(f'"status":"{MARK}"'), JSON),
    "deep": (with_member('"extension":' + "[{" * 1) + b'"extension":[{' * 900 + b"}]" * 900, JSON),
    "deep array": (b"[" * 100_000, JSON),
    "nan": (with_member('"valueInteger":NaN'), JSON),
    "huge number": (with_member('"valueInteger":' + "9" * 5000), JSON),
    "huge exponent": (with_member('"valueQuantity":{"value":1e' + "9" * 30 + "}"), JSON),
    "huge negative exponent": (with_member('"valueQuantity":{"value":1e-' + "9" * 30 + "}"), JSON),
    "string for a number": (with_member(f'"valueQuantity":{{"value":"{MARK}"}}'), JSON),
    "unknown member": (with_member(f'"{MARK}":1'), JSON),
    "prototype": (with_member('"__proto__":{"x":1}'), JSON),
    "script in narrative": (with_member(f'"text":{{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><script>{MARK}</script></div>"}}'), JSON),
    "doctype in narrative": (with_member('"text":{"status":"generated","div":"<!DOCTYPE x><div xmlns=\\"http://www.w3.org/1999/xhtml\\">x</div>"}'), JSON),
    "script as a reference": (GOOD.replace(b"Patient/1", b"javascript:alert(1)"), JSON),
    "file as a reference": (GOOD.replace(b"Patient/1", b"file:///etc/passwd"), JSON),
    "reference elsewhere": (GOOD.replace(b"Patient/1", b"http://169.254.169.254/latest"), JSON),
    "nul": (with_member('"language":"a\\u0000b"'), JSON),
    "half a surrogate": (with_member('"language":"\\ud800"'), JSON),
    "not utf-8": (b"\xff\xfe" + GOOD, JSON),
    "utf-16": (GOOD.decode().encode("utf-16"), JSON),
    "xml with a doctype": (b'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><Observation xmlns="http://hl7.org/fhir"><id value="&x;"/></Observation>', XML),
    "xml bomb": (b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Observation xmlns="http://hl7.org/fhir"><id value="&b;"/></Observation>', XML),
    "xml utf-7": (b'<?xml version="1.0" encoding="UTF-7"?><Observation xmlns="http://hl7.org/fhir"/>', XML),
    "xinclude": (b'<Observation xmlns="http://hl7.org/fhir" xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></Observation>', XML),
    "html": (b"<html></html>", "text/html"),
    "form": (b"a=b", "application/x-www-form-urlencoded"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_and_nothing_of_it_is_left(
    town: Town, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body, kind = BODIES[name]
    before, calls = town.stored(), len(town.wire.calls)
    answer = town.post("supplier", "Observation", body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 413, 415, 422), answer.text
    by_its_subject = "reference" in name  # a subject that leads elsewhere is nobody here
    assert by_its_subject == (codes_of(answer) == ["unknown-subject"]), answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert town.stored() == before
    assert {call.purpose for call in town.wire.calls[calls:]} <= {"keys"}
    for kept in (MARK, "root:", "javascript:"):
        assert kept not in caplog.text
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text


def test_a_gzip_bomb_is_not_unpacked(town: Town) -> None:
    bomb = gzip.compress(b" " * 60_000_000)
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    answer = town.post("supplier", "Observation", bomb, headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("resource_id", ["..", ".", "a/b", "a" * 65, "%2e%2e", "a\u0000", "é"])
def test_ids_that_are_no_ids_name_nothing(town: Town, resource_id: str) -> None:
    from urllib.parse import quote

    path = f"Observation/{quote(resource_id, safe='%')}"
    answer = town.client.request(
        "GET", path, headers=town.issuer.headers("gp", "GET", f"http://127.0.0.1:8000/fhir/{path}")
    )
    assert answer.status_code in (400, 401, 404)

"""Bodies as machines write them are read in fewer steps: whatever a body holds, it is judged as if it began otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.codec import parse
from hub.problems import HubError, Problem
from tests.builders import observation, patient, to_json

BODIES = [
    to_json(each)
    for each in (
        observation("Patient/1", identifier=[{"system": "urn:x", "value": "é"}]),
        observation(
            "Patient/1",
            contained=[{"resourceType": "Device", "id": "d"}],
            device={"reference": "#d"},
        ),
        observation("Patient/1", id="x", meta={"tag": [{"code": "y"}]}, status="finale"),
        observation("Patient/1", _status={"extension": [{"url": "http://x", "valueCode": "y"}]}),
        patient(3, contact=[{"name": {"text": "t"}}]),
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": observation("Patient/1")}],
        },
        {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": patient(4)}]},
    )
]
PIECES = [
    *(b'"', b"{", b"}", b",", b":", b"\\", b"\\u0001", b"\\n", b"#", b"\xff", b"\xc3\xa5", b" ", b"null", b"1", b"0e9", b"[]", b"{}"),
    *(b'"status":"final",', b'"contained":[],', b'"extension":[],', b'"x":1,', b'"id":"a",', b'"valueString":"x",'),
]  # fmt: skip


def read(body: bytes, name: str | None) -> Any:
    """A body → what became of it; where the resourceType ends is told from the end, so that blanks before it do not count."""
    try:
        parsed = parse(body, name)
    except HubError as error:
        return [_plain(problem) for problem in error.problems]
    return (parsed.resource, parsed.type, parsed.plain, parsed.head and len(body) - parsed.head)


def _plain(problem: Problem) -> tuple[Any, ...]:
    return (problem.code, problem.where)


@settings(max_examples=300)
@given(
    body=st.sampled_from(BODIES),
    changes=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(PIECES)), max_size=3
    ),
    name=st.sampled_from(["Observation", "Observation", "Patient", "Bundle", "Parameters", None]),
)
def test_a_body_is_judged_alike_however_it_begins(
    body: bytes, changes: list[tuple[float, int, bytes]], name: str | None
) -> None:
    for at, taken, piece in changes:
        start = int(at * len(body))
        body = body[:start] + piece + body[start + taken :]
    assert read(b" " + body, name) == read(body, name)


@pytest.mark.parametrize("body", BODIES)
def test_a_plain_body_is_judged_alike_however_it_begins(body: bytes) -> None:
    for name in ("Observation", "Patient", "Bundle", "Parameters", "Nothing", None):
        assert read(b"\n" + body, name) == read(body, name)

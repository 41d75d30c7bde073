"""The id of a stored body is found without parsing where it stands as it is put in, and wherever else it may stand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.codec import parse, splice
from hub.fhir.stored_id import ids_of
from tests.unit.fhir.bodies import body_of, observation

IDS = st.from_regex(r"[A-Za-z0-9.\-]{1,64}", fullmatch=True)
ALIKE = st.from_regex(r"[a-z0-9]{8}", fullmatch=True)
AT = "2026-01-01T00:00:00Z"
TYPE_LAST = {**{n: v for n, v in observation().items() if n != "resourceType"}, "resourceType": "Observation"}  # fmt: skip
BODIES = (body_of(observation()), body_of(observation()).replace(b": ", b":"), body_of(TYPE_LAST))
SPACED = b'{ "id" : "own", "resourceType":"Observation"}'


@given(IDS, st.lists(st.sampled_from(BODIES), max_size=4))
def test_the_id_is_the_one_that_was_put_in(resource_id: str, bodies: list[bytes]) -> None:
    stored = [
        splice(body, parse(body, "Observation"), id=resource_id, version_id="1", last_updated=AT)
        for body in bodies
    ]
    assert ids_of("Observation", stored) == [resource_id.encode()] * len(bodies)


@given(st.lists(st.tuples(st.one_of(IDS, ALIKE), st.sampled_from((*BODIES, SPACED))), max_size=6))
def test_ids_of_any_lengths_are_told_apart(stored: list[tuple[str, bytes]]) -> None:
    bodies = [
        body
        if body == SPACED
        else splice(body, parse(body, "Observation"), id=name, version_id="1", last_updated=AT)
        for name, body in stored
    ]
    assert ids_of("Observation", bodies) == [json.loads(body)["id"].encode() for body in bodies]


@pytest.mark.parametrize("others", [[], [b"longer-than-it"], [b"abc"], [b"abc", b"xyz"]])
@pytest.mark.parametrize("behind", [b'","a":"","b":""}', b'"}', b'","x":"y"}'])
def test_a_quote_where_another_id_ends_is_not_taken_for_the_end_of_it(others: list[bytes], behind: bytes) -> None:  # fmt: skip
    for first in range(1, 24):  # one of these ends just where a text behind the short id does
        ids = [b"i" * first, b"id", *others, b"i" * first]
        bodies = [b'{"resourceType":"Observation","id":"' + each + behind for each in ids]
        assert ids_of("Observation", bodies) == ids


@pytest.mark.parametrize("body", [b'{"contained":[{"resourceType":"Patient","id":"x"}],"id":"own"}', b'{ "id" : "own" }'])  # fmt: skip
def test_what_stands_ahead_of_it_is_passed_over(body: bytes) -> None:
    assert ids_of("Observation", [body]) == [b"own"]

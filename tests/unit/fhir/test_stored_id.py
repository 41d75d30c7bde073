"""The id of a stored body is found without parsing where it stands as it is put in, and wherever else it may stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.codec import parse, splice
from hub.fhir.stored_id import ids_of
from tests.unit.fhir.bodies import body_of, observation

IDS = st.from_regex(r"[A-Za-z0-9.\-]{1,64}", fullmatch=True)
AT = "2026-01-01T00:00:00Z"
TYPE_LAST = {**{n: v for n, v in observation().items() if n != "resourceType"}, "resourceType": "Observation"}  # fmt: skip
BODIES = (body_of(observation()), body_of(observation()).replace(b": ", b":"), body_of(TYPE_LAST))


@given(IDS, st.lists(st.sampled_from(BODIES), max_size=4))
def test_the_id_is_the_one_that_was_put_in(resource_id: str, bodies: list[bytes]) -> None:
    stored = [
        splice(body, parse(body, "Observation"), id=resource_id, version_id="1", last_updated=AT)
        for body in bodies
    ]
    assert ids_of("Observation", stored) == [resource_id.encode()] * len(bodies)


@pytest.mark.parametrize("body", [b'{"contained":[{"resourceType":"Patient","id":"x"}],"id":"own"}', b'{ "id" : "own" }'])  # fmt: skip
def test_what_stands_ahead_of_it_is_passed_over(body: bytes) -> None:
    assert ids_of("Observation", [body]) == [b"own"]

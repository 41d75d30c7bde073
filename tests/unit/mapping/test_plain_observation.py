"""The short way of a plain Observation gives what the whole way gives, or leaves it to the whole way (§2.6, §4.2-4.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.codec import parse
from hub.mapping import urls
from hub.mapping.measure_codes import MEASURE_OF, MISPRINTED_WEIGHT, TYMPANIC
from hub.mapping.observation_to_measurement import observation_to_measurement
from hub.mapping.plain_observation import plain_measurement
from hub.problems import HubError
from hub.thresholds.measurement import Measurement
from tests.unit.mapping.test_observation_to_measurement import SPO2, body, code, quantity

RECEIVED = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
CODES = sorted((system, value) for system, value in MEASURE_OF if system and value)
CODINGS = st.one_of(
    st.lists(st.sampled_from(CODES), min_size=1, max_size=2),
    st.sampled_from(
        [
            [(urls.LOINC, "59408-5"), ("urn:oid:2.16.578.1.12.4.1.1.1", "x")],
            [(urls.MEASURE_CODES, "form:phq9")],
            [(urls.LOINC, MISPRINTED_WEIGHT)],
            [min(TYMPANIC)],
            [(urls.LOINC, "0-0")],
        ]
    ),
)
PLACE = {"coding": [{"system": urls.SNOMED, "code": "117590005"}]}
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "code": CODINGS.map(lambda pairs: code(*pairs)),
    "status": st.sampled_from(["final", "amended", "entered-in-error", "registered"]),
    "effectiveDateTime": st.sampled_from(
        [
            None,
            "2026-03",
            "2026-03-02",
            "2026-03-02T08:00:00Z",
            "2026-03-29T02:30:00+01:00",
            "2026-03-02T08:00:00.123456789-05:00",
            "2026-03-02T08:00:60Z",
            "0001-01-01T00:00:00+14:00",
        ]
    ),
    "effectivePeriod": st.sampled_from([None, {"start": "2026-03-02T07:00:00Z"}]),
    "valueQuantity": st.sampled_from(
        [
            None,
            quantity("94.50", "%"),
            quantity("1E3", "kg"),
            quantity("-0.0", "Cel"),
            {"value": Decimal(7)},
            {"value": Decimal(7), "unit": "kg"},
            {"value": Decimal(7), "unit": "kg", "system": "urn:x", "code": "kg"},
            {"unit": "kg", "system": urls.UCUM, "code": "kg"},
            {**quantity("3", "mmol/L"), "comparator": "<"},
        ]
    ),
    "valueString": st.sampled_from([None, None, "7"]),
    "dataAbsentReason": st.sampled_from([None, None, {"text": "syk"}]),
    "identifier": st.sampled_from(
        [None, [{"value": "a|b"}], [{"system": "urn:s", "value": "1"}, {"system": "urn:t"}]]
    ),
    "device": st.sampled_from(
        [
            None,
            {"display": "vekt"},
            {"reference": "Device/d"},
            {"reference": "Device/d", "identifier": {"value": "n"}},
            {"identifier": {"system": "urn:d"}},
        ]
    ),
    "bodySite": st.sampled_from([None, None, PLACE]),
    "component": st.sampled_from([None, None, [{"code": SPO2, "valueQuantity": quantity("1", "%")}]]),
}  # fmt: skip


def both(**fields: Any) -> tuple[Measurement | None, Measurement | None]:
    try:
        observation = parse(body(**fields), "Observation").resource
    except HubError:  # not an Observation that could be stored
        return None, None
    whole = observation_to_measurement(
        observation, resource_id="o1", version=2, received=RECEIVED
    ).value
    return plain_measurement(observation, "o1", 2, RECEIVED), whole


@given(st.fixed_dictionaries({}, optional=FIELDS))
@settings(max_examples=400, deadline=None)
def test_the_short_way_gives_what_the_whole_way_gives(fields: dict[str, Any]) -> None:
    plain, whole = both(**fields)

    assert plain is None or plain == whole


@pytest.mark.parametrize("pair", CODES)
def test_a_number_of_any_known_code_goes_the_short_way(pair: tuple[str, str]) -> None:
    plain, whole = both(code=code(pair), device={"identifier": {"system": "urn:d", "value": "n"}})

    assert plain is not None or pair[0] == urls.MEASURE_CODES
    assert plain is None or plain == whole


@pytest.mark.parametrize(
    "fields",
    [
        {"valueQuantity": None, "valueString": "94"},
        {"valueQuantity": {"value": Decimal(94), "unit": "%"}},
        {"effectiveDateTime": "2026-03-02"},
        {"effectiveDateTime": "2026-03-02T08:00:60Z"},
        {"code": code((urls.LOINC, "59408-5"), (urls.LOINC, "8867-4"))},
        {"code": code((urls.MEASURE_CODES, "form:phq9"))},
        {"dataAbsentReason": {"text": "syk"}, "valueQuantity": None},
    ],
)
def test_what_is_not_plain_goes_the_whole_way(fields: dict[str, Any]) -> None:
    assert both(**fields)[0] is None

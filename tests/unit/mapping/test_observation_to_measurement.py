from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.codec import parse
from hub.mapping import urls
from hub.mapping.measure_codes import codes_to_emit
from hub.mapping.observation_to_measurement import observation_to_measurement
from hub.problems import HubError
from hub.thresholds.measurement import Component, Measurement
from hub.thresholds.measures import MEASURES

RECEIVED = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
SPO2 = {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]}
_ENCODER = msgspec.json.Encoder(decimal_format="number")
PERCENT = {"value": Decimal(94), "unit": "%", "system": urls.UCUM, "code": "%"}


def body(**fields: Any) -> bytes:
    given = {
        "resourceType": "Observation",
        "status": "final",
        "code": SPO2,
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-02T08:00:00+01:00",
        "valueQuantity": PERCENT,
    }
    kept = {name: value for name, value in (given | fields).items() if value is not None}
    return _ENCODER.encode(kept)


def read(**fields: Any) -> Measurement | None:
    observation = parse(body(**fields), "Observation").resource
    return observation_to_measurement(
        observation, resource_id="o1", version=3, received=RECEIVED
    ).value


def must(**fields: Any) -> Measurement:
    found = read(**fields)
    assert found is not None
    return found


def code(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": value} for system, value in pairs]}


def quantity(value: str, unit: str) -> dict[str, Any]:
    return {"value": Decimal(value), "system": urls.UCUM, "code": unit}


def test_a_plain_value_becomes_a_measurement_with_every_digit_it_had() -> None:
    found = must(
        valueQuantity=quantity("94.50", "%"),
        identifier=[{"system": "urn:x", "value": "7"}, {"value": "8"}],
        device={"reference": "Device/d1", "identifier": {"system": "urn:serial", "value": "99"}},
    )

    assert found == Measurement(
        id="o1",
        measure="spo2",
        effective=datetime.fromisoformat("2026-03-02T08:00:00+01:00"),
        received=RECEIVED,
        version=3,
        identifiers=("urn:x|7", "|8"),
        device="urn:serial|99",
        value="94.50",
        unit="%",
    )


ALL_CODES = [(key, pair) for key in MEASURES for pair in codes_to_emit(key)]


@pytest.mark.parametrize(("key", "pair"), ALL_CODES)
def test_every_known_coding_leads_to_its_measure(key: str, pair: tuple[str, str]) -> None:
    found = read(code=code(pair), valueQuantity=None, dataAbsentReason={"text": "?"})

    assert found is not None
    assert found.measure == key


@pytest.mark.parametrize(
    ("pair", "measure"),
    [
        (("https://loinc.org", "2708-6"), "spo2"),
        (("http://snomed.info/sct", "78564009"), "pulse"),
        (("http://snomed.info/sct", "271625008"), "resp_rate"),
        (("urn:oid:2.16.578.1.12.4.1.1.7280", "NPU03011"), "spo2"),
        (("urn:iso:std:iso:11073:10101", "150456"), "spo2"),
        ((urls.MEASURE_CODES, "sym:pust"), "sym:pust"),
        ((urls.MEASURE_CODES, "device:battery"), "device:battery"),
    ],
)
def test_codings_of_other_systems_and_spellings_count(pair: tuple[str, str], measure: str) -> None:
    assert must(code=code(pair)).measure == measure


def test_the_misprinted_weight_code_is_weight_with_a_warning() -> None:
    observation = parse(body(code=code((urls.LOINC, "29563-7"))), "Observation").resource

    found = observation_to_measurement(observation, resource_id="o", version=1, received=RECEIVED)

    assert found.value is not None
    assert found.value.measure == "weight"
    assert [problem.fatal for problem in found.problems] == [False]


def test_codings_that_disagree_are_a_conflict_and_unknown_ones_are_passed_over() -> None:
    agree = must(code=code((urls.LOINC, "2708-6"), (urls.SNOMED, "431314004"), ("urn:mine", "x")))
    differ = must(code=code((urls.LOINC, "2708-6"), (urls.LOINC, "8867-4")))

    assert (agree.measure, agree.code_conflict) == ("spo2", False)
    assert differ.code_conflict


def test_an_observation_of_no_known_measure_is_not_judged() -> None:
    assert read(code=code((urls.LOINC, "2345-7"))) is None
    assert read(code={"text": "SpO2"}) is None
    assert (
        read(code=code(("urn:oid:1.2.208.176.2.1", "NPU03011"))) is None
    )  # the Danish guide's system (§16)


@pytest.mark.parametrize(
    ("given", "unit"),
    [
        (PERCENT, "%"),
        ({"value": Decimal(94), "unit": "%"}, "%"),
        ({"value": Decimal(94), "unit": "prosent"}, "prosent"),
        ({"value": Decimal(94)}, None),
        (
            {
                "value": Decimal(94),
                "unit": "%",
                "system": "http://snomed.info/sct",
                "code": "118582008",
            },
            "%",
        ),
        ({"value": Decimal(94), "system": "http://snomed.info/sct", "code": "%"}, None),
        ({"value": Decimal("0.94"), "unit": "andel", "system": urls.UCUM, "code": "1"}, "1"),
    ],
)
def test_the_unit_is_ucum_or_stands_as_it_was_written(
    given: dict[str, Any], unit: str | None
) -> None:
    assert must(valueQuantity=given).unit == unit


def test_a_score_without_unit_has_the_only_unit_there_is_but_inr_has_not() -> None:
    score = code((urls.SNOMED, "1104051000000101"))

    assert must(code=score, valueQuantity={"value": Decimal(5)}).unit == "{score}"
    assert must(code=score, valueQuantity=None, valueInteger=5).unit == "{score}"
    assert must(code=code((urls.LOINC, "6301-6")), valueQuantity={"value": Decimal(2)}).unit is None


def test_numbers_as_text_or_integer_stay_as_written_and_get_no_unit() -> None:
    for field, written, value in (
        ("valueString", "94,5", "94,5"),
        ("valueString", "86 %", "86 %"),
        ("valueInteger", 94, "94"),
    ):
        found = must(valueQuantity=None, **{field: written})
        assert (found.value, found.unit) == (value, None)


def test_a_meter_that_says_hi_keeps_its_comparator() -> None:
    high = {**quantity("33.3", "mmol/L"), "comparator": ">"}

    found = must(code=code((urls.LOINC, "15074-8")), valueQuantity=high)

    assert (found.value, found.comparator) == ("33.3", ">")


def test_missing_values_say_why() -> None:
    reason = code((urls.DATA_ABSENT_REASON, "asked-declined"))

    assert must(valueQuantity=None, dataAbsentReason=reason).data_absent_reason == "asked-declined"
    assert (
        must(valueQuantity=None, dataAbsentReason={"text": "glemt"}).data_absent_reason == "glemt"
    )
    unclear = must(valueQuantity=None, valueRange={"low": quantity("1", "%")})
    assert unclear.data_absent_reason == "unsupported"
    assert not must(valueQuantity=None, status="registered").has_content


def part(
    pair: tuple[str, str], value: str = "", unit: str = "mm[Hg]", **fields: Any
) -> dict[str, Any]:
    given: dict[str, Any] = {"code": code(pair)}
    if value:
        given["valueQuantity"] = quantity(value, unit)
    return given


FLOW = (urls.LOINC, "3151-8")
SYSTOLIC, DIASTOLIC = (urls.LOINC, "8480-6"), (urls.LOINC, "8462-4")
BP = code((urls.LOINC, "85354-9"))


def test_a_blood_pressure_is_its_components() -> None:
    found = must(
        code=BP,
        valueQuantity=None,
        component=[part(SYSTOLIC, "132"), part(DIASTOLIC, "11.3", "kPa")],
    )

    assert found.measure == "bp"
    assert found.components == (
        Component("systolic", "132", "mm[Hg]"),
        Component("diastolic", "11.3", "kPa"),
    )


def test_a_panel_is_known_by_its_parts_and_a_missing_part_is_left_empty() -> None:
    absent = part(DIASTOLIC) | {"dataAbsentReason": {"text": "feil"}}

    old = must(
        code=code((urls.LOINC, "55284-4")), valueQuantity=None, component=[part(SYSTOLIC, "132")]
    )
    half = must(code=BP, valueQuantity=None, component=[part(SYSTOLIC, "132"), absent])

    assert old.measure == "bp"
    assert half.components[1] == Component("diastolic")


def test_a_panel_of_unknown_code_is_what_its_first_part_is() -> None:
    panel = code(("urn:mine", "oximeter"))
    saturation, pulse = (
        part((urls.LOINC, "59408-5"), "86", "%"),
        part((urls.LOINC, "8867-4"), "70", "/min"),
    )

    one = must(code=panel, valueQuantity=None, component=[saturation, part(FLOW, "2", "L/min")])
    two = must(code=panel, valueQuantity=None, component=[saturation, pulse])

    assert (one.measure, one.value, one.unit, one.context) == (
        "spo2",
        "86",
        "%",
        {"on_oxygen": True},
    )
    assert not one.code_conflict
    assert (two.measure, two.value, two.code_conflict) == ("spo2", "86", False)
    assert read(code=panel, valueQuantity=None, component=[part(("urn:mine", "x"), "1")]) is None


def test_two_parts_that_claim_the_same_place_are_a_conflict() -> None:
    found = must(
        code=BP, valueQuantity=None, component=[part(SYSTOLIC, "132"), part(SYSTOLIC, "180")]
    )

    assert found.code_conflict


def test_a_pressure_beyond_the_meter_is_judged_as_an_interval() -> None:
    high = {**part(SYSTOLIC), "valueQuantity": {**quantity("280", "mm[Hg]"), "comparator": ">"}}

    found = must(code=BP, valueQuantity=None, component=[high, part(DIASTOLIC, "120")])

    assert found.comparator is None
    assert [(p.value, p.comparator) for p in found.components] == [("280", ">"), ("120", None)]


@pytest.mark.parametrize(
    ("fields", "at", "date_only"),
    [
        ({"effectiveDateTime": "2026-03-02"}, "2026-03-02T12:00:00+01:00", True),
        ({"effectiveDateTime": "2026-03"}, None, False),
        ({"effectiveDateTime": None}, None, False),
        (
            {"effectiveDateTime": "2026-03-02T08:00:00.123456789Z"},
            "2026-03-02T08:00:00.123456+00:00",
            False,
        ),
        ({"effectiveDateTime": "2026-12-31T23:59:60Z"}, "2026-12-31T23:59:59+00:00", False),
        (
            {"effectiveDateTime": None, "effectiveInstant": "2026-03-02T07:00:00Z"},
            "2026-03-02T07:00:00+00:00",
            False,
        ),
        (
            {
                "effectiveDateTime": None,
                "effectivePeriod": {"start": "2026-03-02T07:00:00Z", "end": "2026-03-02T07:05:00Z"},
            },
            "2026-03-02T07:05:00+00:00",
            False,
        ),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-03-02T07:00:00Z"}},
            "2026-03-02T07:00:00+00:00",
            False,
        ),
        (
            {"effectiveDateTime": None, "effectiveTiming": {"event": ["2026-03-02"]}},
            "2026-03-02T12:00:00+01:00",
            True,
        ),
    ],
)
def test_each_way_to_tell_the_time(fields: dict[str, Any], at: str | None, date_only: bool) -> None:
    found = must(**fields)

    assert found.effective == (None if at is None else datetime.fromisoformat(at))
    assert found.date_only is date_only


def oxygen(**parts: Any) -> list[dict[str, Any]]:
    names = {"air": urls.INSPIRED_OXYGEN_ON_AIR, "flow": urls.INSPIRED_OXYGEN_FLOW}
    given = {"air": "valueBoolean", "flow": "valueQuantity"}
    inner = [{"url": names[n], given[n]: value} for n, value in parts.items()]
    return [{"url": urls.INSPIRED_OXYGEN, "extension": inner}]


@pytest.mark.parametrize(
    ("fields", "context"),
    [
        ({}, {}),
        ({"extension": oxygen(air=True)}, {"on_oxygen": False}),
        ({"extension": oxygen(air=False)}, {"on_oxygen": True}),
        ({"extension": oxygen(flow=quantity("2", "L/min"))}, {"on_oxygen": True}),
        ({"extension": oxygen(air=True, flow=quantity("2", "L/min"))}, {}),
        ({"component": [part(FLOW, "1.5", "L/min")]}, {"on_oxygen": True}),
        ({"component": [part(FLOW, "0", "L/min")]}, {"on_oxygen": False}),
        ({"bodySite": code((urls.SNOMED, "7569003"))}, {"body_site": "finger"}),
        ({"bodySite": {"text": "finger"}}, {}),
    ],
)
def test_circumstances_are_told_or_left_unknown(
    fields: dict[str, Any], context: dict[str, Any]
) -> None:
    assert must(**fields).context == context


def test_the_ear_is_told_by_the_code_of_the_temperature() -> None:
    found = must(code=code((urls.LOINC, "8333-7")), valueQuantity=quantity("38.1", "Cel"))

    assert (found.measure, found.context) == ("temperature", {"body_site": "ear"})


def test_consciousness_is_a_letter_whatever_code_told_it() -> None:
    level = code((urls.SNOMED, "1104441000000107"))

    for answer, letter in (
        (code((urls.SNOMED, "300202002")), "V"),
        (code(("urn:mine", "A")), "A"),
        ({"text": "våken"}, "våken"),
    ):
        found = must(code=level, valueQuantity=None, valueCodeableConcept=answer)
        assert found.code == letter


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
parts = st.sampled_from(
    [
        "valueQuantity",
        "valueString",
        "valueInteger",
        "component",
        "code",
        "bodySite",
        "device",
        "identifier",
    ]
)
fitting = st.sampled_from(
    [
        quantity("1e3", "%"),
        [part(SYSTOLIC, "1")],
        [part(("", "8480-6"), "1")],
        {"coding": [{"code": "8480-6"}]},
        "text",
        5,
        {"display": "x"},
        [{"system": "urn:x"}],
    ]
)


@given(st.dictionaries(parts, fitting | json_values, max_size=4))
@settings(max_examples=150, deadline=None)
def test_whatever_fhir_accepts_can_be_read(fields: dict[str, Any]) -> None:
    try:
        observation = parse(
            _ENCODER.encode(
                {"resourceType": "Observation", "status": "final", "code": SPO2} | fields
            ),
            None,
        )
    except HubError:
        return
    found = observation_to_measurement(
        observation.resource, resource_id="o", version=1, received=RECEIVED
    ).value
    assert (
        found is None
        or msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Measurement) == found
    )

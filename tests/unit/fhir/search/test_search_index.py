from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.codec import parse
from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.elements import elements_of
from hub.fhir.models.r4 import (
    CarePlan,
    CodeableConcept,
    Coding,
    Encounter,
    Identifier,
    Observation,
    Period,
    Quantity,
    Reference,
    Task,
    Timing,
)
from hub.fhir.models.r4.search_parameters import COMPOSITES, TABLE
from hub.fhir.search.compartments import COMPARTMENTS, compartment_parameters
from hub.fhir.search.definitions import (
    definitions_for,
    refused_parameters,
    search_definition_url,
)
from hub.fhir.search.index import EARLIEST, LATEST, IndexEntry, date_range, extract
from hub.fhir.search.quantity_entries import HIGHEST, LOWEST
from tests.builders import Json, to_json


def micros(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1_000_000


def test_an_observation_is_found_by_code_subject_date_and_status():
    resource = Observation(
        status="final",
        code=CodeableConcept(
            coding=(
                Coding(system="http://loinc.org", code="2708-6", display="O2"),
                Coding(code="x"),
            ),
            text="SpO2",
        ),
        subject=Reference(reference="Patient/p1/_history/3"),
        effectiveDateTime="2026-03-01T08:30:00+01:00",
        valueQuantity=Quantity(value=Decimal("96.50"), unit="%"),
        identifier=(Identifier(system="s", value="v"), Identifier(system="only")),
    )
    start = micros("2026-03-01T07:30:00+00:00")

    assert {
        IndexEntry("identifier", "token", "s", "v"),
        IndexEntry("identifier", "token", "only"),
        IndexEntry("patient", "reference", target="Patient/p1", type="Patient", version="3"),
        IndexEntry("subject", "reference", target="Patient/p1", type="Patient", version="3"),
        IndexEntry("code", "token", "http://loinc.org", "2708-6", "O2"),
        IndexEntry("code", "token", None, "x", "SpO2"),
        IndexEntry("date", "date", start=start, end=start + 1_000_000),
        IndexEntry("status", "token", None, "final"),
        IndexEntry("value-quantity", "quantity", text="%", low=96.5, high=96.5),
    } == set(extract(resource))


def test_a_group_is_a_subject_but_no_patient():
    resource = CarePlan(status="active", intent="plan", subject=Reference(reference="Group/g"))

    assert [IndexEntry("subject", "reference", target="Group/g", type="Group")] == [
        e for e in extract(resource) if e.kind == "reference"
    ]


def test_a_logical_reference_is_indexed_by_its_identifier():
    subject = Reference(identifier=Identifier(system="s", value="v"))
    resource = Encounter(status="planned", class_=Coding(code="IMP"), subject=subject)

    assert {
        IndexEntry("patient", "reference", "s", "v"),
        IndexEntry("subject", "reference", "s", "v"),
    } == {e for e in extract(resource) if e.param in {"patient", "subject"}}


def test_the_servers_own_address_is_taken_off_a_reference():
    resource = Task(
        status="requested",
        intent="order",
        for_=Reference(reference="https://h.example/fhir/Patient/p1"),
    )

    assert "Patient/p1" in {e.target for e in extract(resource, "https://h.example/fhir")}
    assert "https://h.example/fhir/Patient/p1" in {e.target for e in extract(resource)}


def test_open_periods_reach_to_the_ends_of_time():
    resource = CarePlan(
        status="active",
        intent="plan",
        subject=Reference(display="a"),
        period=Period(start="2026-01-01"),
    )
    (entry,) = [e for e in extract(resource) if e.param == "date"]

    assert (micros("2026-01-01T00:00:00+01:00"), LATEST) == (entry.start, entry.end)
    assert entry.start > EARLIEST


def test_a_timing_covers_its_events():
    resource = Observation(
        status="final",
        code=CodeableConcept(text="a"),
        effectiveTiming=Timing(event=("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")),
    )
    (entry,) = [e for e in extract(resource) if e.param == "date"]

    assert (micros("2026-01-01T00:00:00+00:00"), micros("2026-01-02T00:00:01+00:00")) == (
        entry.start,
        entry.end,
    )


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-12", "2026-12-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("2026-03-01T08:30:00Z", "2026-03-01T08:30:00+00:00", "2026-03-01T08:30:01+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00", "2017-01-01T00:00:01+00:00"),
    ],
)
def test_a_date_covers_as_much_as_it_says(text: str, start: str, end: str):
    assert (micros(start), micros(end)) == date_range(text)


def test_a_fraction_covers_its_last_digit():
    start = micros("2026-03-01T08:30:00+00:00")

    assert (start + 120_000, start + 130_000) == date_range("2026-03-01T08:30:00.12Z")
    assert (start + 123_456, start + 123_457) == date_range("2026-03-01T08:30:00.123456789Z")


def test_a_day_is_one_in_the_given_zone():
    assert (micros("2026-03-01T00:00:00+00:00"), micros("2026-03-02T00:00:00+00:00")) == date_range(
        "2026-03-01", ZoneInfo("UTC")
    )


@pytest.mark.parametrize("text", ["9999", "9999-12", "9999-12-31"])
def test_the_last_day_ends_where_time_ends(text: str):
    assert date_range(text)[1] == LATEST


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Europe/Oslo")])),
    st.sampled_from([4, 7, 10]),
)
def test_a_partial_date_holds_the_instants_written_in_it(at: datetime, length: int):
    local = ZoneInfo("Europe/Oslo")
    text = (
        at.astimezone(local).isoformat()
        if at.year not in {1, 9999}
        else "2026-01-01T00:00:00+01:00"
    )
    start, _ = date_range(text)
    outer = date_range(text[:length], local)

    assert outer[0] <= start < outer[1]


def test_every_type_has_all_official_parameters_or_tells_why_not():
    for name in RESOURCE_TYPES:
        found = definitions_for(name)

        told = {"_id", "_lastUpdated", "_profile", "_tag", "_security", "_source"}
        assert told <= set(found) | set(refused_parameters(name))
        assert not set(found) & set(refused_parameters(name))
        assert {"_text", "_content", "_filter", "_query"} <= set(refused_parameters(name))
    assert len(definitions_for("Observation")) == 45
    assert {"phonetic", "age", "birthOrderBoolean", "part-agree"} <= set(
        refused_parameters("Patient")
    )
    assert (
        search_definition_url("Observation", "code")
        == "http://hl7.org/fhir/SearchParameter/clinical-code"
    )


def test_every_parameter_is_defined_once():
    for table in (TABLE, COMPOSITES):
        for kind, lines in table.items():
            names = [line.split()[0] for line in lines.strip().splitlines()]
            assert len(set(names)) == len(names), kind
    subject = definitions_for("Condition")["subject"]
    assert subject.targets == ("Group", "Patient")
    assert subject.url == "http://hl7.org/fhir/SearchParameter/Condition-subject"


def test_every_path_of_every_official_parameter_leads_through_the_models():
    for name in RESOURCE_TYPES:
        for definition in definitions_for(name).values():
            for path in definition.paths:
                struct: Any = struct_for(name)
                kind = ""
                for step in path.steps:
                    element = {e.attribute: e for e in elements_of(struct).values()}[step]
                    struct, kind = element.struct, element.kind
                assert path.kind in {kind, "deceased"}, (name, definition)


def test_a_composite_is_made_of_parameters_of_its_type():
    for name in RESOURCE_TYPES:
        known = definitions_for(name)
        for each in known.values():
            for part in (*each.parts, *each.indexed):
                assert known[part].kind != "composite"
                assert all(known[answering].paths for answering in known[part].names)


def test_an_empty_resource_gives_no_entries_but_that_a_patient_lives():
    lives = IndexEntry("deceased", "token", None, "false")

    assert extract(parse(b'{"resourceType":"Patient","id":"a"}', None).resource) == (lives,)


def found(raw: Json, param: str) -> list[IndexEntry]:
    """A resource as JSON → its entries of one parameter."""
    entries = extract(parse(to_json(raw), None).resource)
    assert len(entries) == len(set(entries))
    return [e for e in entries if e.param == param]


PERSON: Json = {
    "resourceType": "Patient",
    "name": [{"family": "Åsen", "given": ["Kari", "Åsen"], "text": "Kari Åsen"}, {"given": ["Kari"]}],
    "address": [{"line": ["Storgata 1"], "city": "Bodø"}],
    "telecom": [{"system": "email", "value": "k@x.no"}, {"system": "phone", "value": "99"}],
    "identifier": [
        {"system": "urn:i", "value": "7", "type": {"coding": [{"system": "urn:t", "code": "MR"}], "text": "Journal"}}
    ],
    "generalPractitioner": [
        {"reference": "Practitioner/g", "identifier": {"system": "urn:hpr", "value": "1"}}
    ],
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Dahl"},
        {"url": "urn:other", "valueString": "Lie"},
    ],
    "deceasedBoolean": True,
    "meta": {"profile": ["http://p|1.0"], "tag": [{"system": "urn:g", "code": "g"}], "source": "urn:s"},
}  # fmt: skip


def test_each_part_of_a_name_and_an_address_is_a_text_of_its_own():
    assert {(e.text, e.folded) for e in found(PERSON, "name")} == {
        ("Åsen", "asen"),
        ("Kari", "kari"),
        ("Kari Åsen", "kari asen"),
    }
    assert [e.folded for e in found(PERSON, "family")] == ["asen"]
    assert {e.folded for e in found(PERSON, "address")} == {"storgata 1", "bodo"}
    assert [e.text for e in found(PERSON, "mothersMaidenName")] == ["Dahl"]


def test_a_path_takes_only_what_its_condition_says():
    assert [e.code for e in found(PERSON, "email")] == ["k@x.no"]
    assert [e.code for e in found(PERSON, "telecom")] == ["k@x.no", "99"]


def test_an_identifier_is_found_by_its_type_as_well():
    assert found(PERSON, "identifier") == [
        IndexEntry("identifier", "token", "urn:i", "7", "Journal")
    ]
    assert found(PERSON, "identifier:of-type") == [
        IndexEntry("identifier:of-type", "token", "urn:t", "MR|7")
    ]


def test_a_reference_is_found_by_its_target_and_by_its_identifier():
    assert found(PERSON, "general-practitioner") == [
        IndexEntry("general-practitioner", "reference", "urn:hpr", "1", type="Practitioner"),
        IndexEntry(
            "general-practitioner", "reference", target="Practitioner/g", type="Practitioner"
        ),
    ]


def test_what_meta_says_is_found_and_the_dead_are_told_from_the_living():
    assert [e.target for e in found(PERSON, "_profile")] == ["http://p|1.0", "http://p"]
    assert [(e.system, e.code) for e in found(PERSON, "_tag")] == [("urn:g", "g")]
    assert [e.target for e in found(PERSON, "_source")] == ["urn:s"]
    assert [e.code for e in found(PERSON, "deceased")] == ["true"]
    died = {"resourceType": "Patient", "deceasedDateTime": "2026-01-01"}
    assert [e.code for e in found(died, "deceased")] == ["true"]


def measured(**value: Any) -> list[IndexEntry]:
    """A value[x] → the entries of value-quantity."""
    made: Json = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **value}
    return found(made, "value-quantity")


UCUM = "http://unitsofmeasure.org"


def test_a_quantity_is_found_in_its_unit_and_in_base_units():
    (entry,) = measured(valueQuantity={"value": 0.5, "unit": "kilo", "system": UCUM, "code": "kg"})
    assert entry == IndexEntry(
        "value-quantity", "quantity", UCUM, "kg", "kilo", low=0.5, high=0.5, base_unit="g", base_low=500.0, base_high=500.0
    )  # fmt: skip
    (entry,) = measured(valueQuantity={"value": 7, "system": "urn:own", "code": "kg"})
    assert (entry.low, entry.high, entry.base_unit) == (7.0, 7.0, None)


@pytest.mark.parametrize(
    ("comparator", "low", "high"), [("<", LOWEST, 5.0), ("<=", LOWEST, 5.0), (">", 5.0, HIGHEST), (">=", 5.0, HIGHEST)]
)  # fmt: skip
def test_a_comparator_makes_a_range_of_a_quantity(comparator: str, low: float, high: float):
    (entry,) = measured(valueQuantity={"value": 5, "comparator": comparator})
    assert (entry.low, entry.high) == (low, high)


def test_numbers_too_large_for_any_measure_are_held_at_the_end():
    (entry,) = measured(valueQuantity={"value": 1e308, "system": UCUM, "code": "kg"})
    assert (entry.high, entry.base_unit) == (1e308, None)


@pytest.mark.parametrize(
    ("sampled", "low", "high"),
    [
        ({"data": "2 -1 10 E 4"}, -1.0, 10.0),
        ({"data": "2 -1 10", "factor": 0.5, "origin": {"value": 3, "unit": "mV"}}, 2.5, 8.0),
        ({"data": "2 10", "factor": -1}, -10.0, -2.0),
        ({"data": "L 4 6"}, LOWEST, 6.0),
        ({"data": "4 6 U", "upperLimit": 9}, 4.0, HIGHEST),
        ({"data": "L L", "lowerLimit": 3}, LOWEST, 3.0),
        ({"data": "U", "upperLimit": 9}, 9.0, HIGHEST),
        ({"data": "  7\n\t8 x NaN 1E400 "}, 7.0, 8.0),
    ],
)
def test_sampled_data_is_found_by_the_bounds_of_its_samples(sampled: Json, low: float, high: float):
    whole = {"origin": {"value": 0, "unit": "mV"}, "period": 10, "dimensions": 1, **sampled}
    (entry,) = measured(valueSampledData=whole)
    assert (entry.low, entry.high, entry.text) == (low, high, "mV")


@pytest.mark.parametrize(
    "sampled",
    [
        {},
        {"data": "E E"},
        {"data": "L"},
        {"data": "L U", "lowerLimit": 1, "upperLimit": 2},
        {"data": "x"},
    ],
)
def test_samples_that_tell_no_bound_are_there_and_not_found(sampled: Json):
    whole = {"origin": {"value": 0}, "period": 10, "dimensions": 1, **sampled}
    assert measured(valueSampledData=whole) == [IndexEntry("value-quantity", "token")]


def test_components_are_told_apart_by_their_slot():
    part = {"code": {"coding": [{"code": "a"}]}, "valueQuantity": {"value": 1}}
    made: Json = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "component": [part, part],
    }
    assert [e.slot for e in found(made, "component-code")] == [1, 2]
    assert [e.slot for e in found(made, "component-value-quantity")] == [1, 2]
    assert not found(made, "combo-code")
    assert not found(made, "code-value-quantity")


def test_a_canonical_is_found_with_and_without_its_version():
    made: Json = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": "http://q|2",
        "item": [
            {"linkId": "1", "answer": [{"valueReference": {"reference": "Patient/no"}}]},
            {
                "linkId": "2",
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/questionnaireresponse-isSubject", "valueBoolean": True}
                ],
                "answer": [{"valueReference": {"reference": "Patient/p"}}],
            },
        ],
    }  # fmt: skip
    assert found(made, "questionnaire") == [
        IndexEntry("questionnaire", "reference", target="http://q", version="2")
    ]
    assert [e.target for e in found(made, "item-subject")] == ["Patient/p"]


def test_compartments_name_parameters_that_are_answered():
    for compartment in COMPARTMENTS:
        inside = compartment_parameters(compartment)
        assert inside[compartment] == ()
        for kind, names in inside.items():
            assert kind == compartment or names
            for name in names:
                assert compartment in definitions_for(kind)[name].targets, (compartment, kind, name)
    assert compartment_parameters("Patient")["Observation"] == ("subject", "performer")

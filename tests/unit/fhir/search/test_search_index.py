from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.codec import parse
from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.r4 import (
    CarePlan,
    CodeableConcept,
    Coding,
    Encounter,
    Identifier,
    Observation,
    Patient,
    Period,
    Quantity,
    Reference,
    Task,
    Timing,
)
from hub.fhir.search.definitions import (
    SUPPORTED,
    not_simple,
    official_definitions,
    search_definition_url,
    search_parameters,
)
from hub.fhir.search.index import EARLIEST, LATEST, IndexEntry, date_range, extract


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
        valueQuantity=Quantity(unit="%"),
        identifier=(Identifier(system="s", value="v"), Identifier(system="only")),
    )
    start = micros("2026-03-01T07:30:00+00:00")

    assert {
        IndexEntry("identifier", "token", "s", "v"),
        IndexEntry("patient", "reference", target="Patient/p1"),
        IndexEntry("subject", "reference", target="Patient/p1"),
        IndexEntry("code", "token", "http://loinc.org", "2708-6", "SpO2"),
        IndexEntry("code", "token", None, "x", "SpO2"),
        IndexEntry("date", "date", start=start, end=start + 1_000_000),
        IndexEntry("status", "token", None, "final"),
    } == set(extract(resource))


def test_a_group_is_a_subject_but_no_patient():
    resource = CarePlan(status="active", intent="plan", subject=Reference(reference="Group/g"))

    assert [IndexEntry("subject", "reference", target="Group/g")] == [
        e for e in extract(resource) if e.kind == "reference"
    ]


def test_a_logical_reference_is_indexed_by_its_identifier():
    subject = Reference(identifier=Identifier(system="s", value="v"))
    resource = Encounter(status="planned", class_=Coding(code="IMP"), subject=subject)

    assert {
        IndexEntry("patient", "reference", "s", "v"),
        IndexEntry("subject", "reference", "s", "v"),
    } == {e for e in extract(resource) if e.kind == "reference"}


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


def test_every_type_has_its_supported_parameters_and_no_others():
    for name in RESOURCE_TYPES:
        found = search_parameters(name)

        assert set(found) <= set(SUPPORTED)
        assert {"_id", "_lastUpdated"} <= set(found)
    assert {
        "identifier",
        "patient",
        "subject",
        "code",
        "date",
        "status",
        "_id",
        "_lastUpdated",
    } == set(search_parameters("Observation"))
    assert (
        search_definition_url("Observation", "code")
        == "http://hl7.org/fhir/SearchParameter/clinical-code"
    )


def test_every_path_of_every_official_parameter_leads_through_the_models():
    for name in RESOURCE_TYPES:
        for definition in official_definitions(name).values():
            for path in definition.paths:
                if definition.name != "_id" or name != "Resource":
                    assert path.steps[0] in struct_for(name).__struct_fields__, (name, definition)


def test_what_is_not_simple_is_listed():
    assert ("Observation", "code-value-quantity") in not_simple()
    assert all(code not in SUPPORTED or base == "Resource" for base, code in not_simple())


def test_an_empty_resource_gives_no_entries():
    assert extract(Patient(active=True)) == ()
    assert extract(parse(b'{"resourceType":"Patient","id":"a"}', None).resource) == ()

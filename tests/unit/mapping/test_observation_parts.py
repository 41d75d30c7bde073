"""Every value of an Observation is read: its own, and each component that is a value of another measure (ADR 0056)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from hub.fhir.codec import parse
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.observation import Observation
from hub.mapping.evidence import evidence_named, evidence_reference, resource_name, whole_name
from hub.mapping.journal_values import as_told
from hub.mapping.observation_parts import observation_to_measurements
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.measurement import Measurement
from tests.builders import coding, observation, quantity
from tests.unit.thresholds.conftest import Build

SPO2, PULSE, BP, SYSTOLIC, DIASTOLIC, FLOW, WEIGHT = (
    "59408-5", "8867-4", "85354-9", "8480-6", "8462-4", "3151-8", "29463-7",
)  # fmt: skip
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
Row = tuple[str, str, str | None, str | None, str | None]


def part(code: str, value: str | None, unit: str | None = None, /, **more: Any) -> dict[str, Any]:
    held = {} if value is None else {"valueQuantity": quantity(value, unit)}
    return {"code": {"coding": [coding(code)]}, **held, **more}


def read(code: str, *parts: dict[str, Any], own: tuple[str, str] | None = None, **more: Any) -> tuple[Measurement, ...]:  # fmt: skip
    made = observation("Patient/p", code, component=list(parts), **more)
    del made["valueQuantity"]
    if own is not None:
        made["valueQuantity"] = quantity(*own)
    found = parse(msgspec.json.Encoder(decimal_format="number").encode(made), "Observation")
    return observation_to_measurements(found.resource, resource_id="o", version=2, received=AT)


def rows(found: tuple[Measurement, ...]) -> list[Row]:
    return [(m.id, m.measure, m.value, m.unit, m.data_absent_reason) for m in found]


PRESSURE = (part(SYSTOLIC, "120", "mm[Hg]"), part(DIASTOLIC, "80", "mm[Hg]"))
ABSENT: Any = {"dataAbsentReason": {"coding": [{"code": "error"}]}}
DECLINED: Any = {"dataAbsentReason": {"coding": [{"code": "asked-declined"}]}}
FAST: Row = ("o#pulse", "pulse", "140", "/min", None)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (read(BP, *PRESSURE, part(PULSE, "140", "/min")), [("o", "bp", None, None, None), FAST]),
        (read(SPO2, part(PULSE, "140", "/min"), own=("94", "%")), [("o", "spo2", "94", "%", None), FAST]),
        # The whole may have its value in a component of its own code
        (read(SPO2, part(SPO2, "94", "%"), part(PULSE, "140", "/min")), [("o", "spo2", "94", "%", None), FAST]),
        (read(SPO2, part("2708-6", "84", "%"), own=("94", "%")), [("o", "spo2", "94", "%", None), ("o#spo2", "spo2", "84", "%", None)]),
        # A code that nobody knows is what the first part is, the others are beside it
        (read("99999-9", part(FLOW, "2", "L/min"), part(SPO2, "86", "%"), part(PULSE, "140", "/min")),
         [("o", "spo2", "86", "%", None), ("o#oxygen_flow", "oxygen_flow", "2", "L/min", None), FAST]),
        (read("99999-9", *PRESSURE, part(PULSE, "140", "/min")), [("o", "bp", None, None, None), FAST]),
        # What has no value says so, for itself alone
        (read(SPO2, part(PULSE, None, **ABSENT), own=("94", "%")), [("o", "spo2", "94", "%", None), ("o#pulse", "pulse", None, None, "error")]),
        (read(SPO2, part(PULSE, "140", "/min"), **ABSENT), [("o", "spo2", None, None, "error"), FAST]),
        (read(BP, part(PULSE, "140", "/min")), [("o", "bp", None, None, None), FAST]),
        # Why a panel has no value of its own says nothing of its parts; what all its parts say is said of it
        (read(BP, *PRESSURE, **ABSENT), [("o", "bp", None, None, None)]),
        (read(BP, part(SYSTOLIC, None, **ABSENT), part(DIASTOLIC, None, **DECLINED)), [("o", "bp", None, None, "error")]),
        (read(BP, part(SYSTOLIC, None, **DECLINED), part(DIASTOLIC, None, **DECLINED)), [("o", "bp", None, None, "asked-declined")]),
        # One part of a pressure whose own code is the other part
        (read(SYSTOLIC, part(DIASTOLIC, "120", "mm[Hg]"), own=("130", "mm[Hg]")),
         [("o", "systolic", "130", "mm[Hg]", None), ("o#diastolic", "diastolic", "120", "mm[Hg]", None)]),
        (read("99999-9", part("99998-8", "1", "%")), []),
    ],
)  # fmt: skip
def test_every_component_of_a_known_measure_is_a_measurement(
    found: tuple[Measurement, ...], wanted: list[Row]
) -> None:
    assert wanted == rows(found)
    assert [row[1] for row in wanted[1:]] == [name for m in found[:1] for name in m.parts]


def test_a_part_has_time_status_device_and_identifiers_of_the_whole() -> None:
    whole, pulse = read(
        SPO2,
        part(PULSE, "140", "/min"),
        own=("94", "%"),
        status="amended",
        identifier=[{"system": "urn:x", "value": "1"}],
        device={"reference": "Device/d"},
    )

    for name in ("effective", "received", "status", "version", "identifiers", "device"):
        assert getattr(whole, name) == getattr(pulse, name)


def test_two_parts_of_one_measure_are_a_conflict_and_told() -> None:
    _, pulse = read(SPO2, part(PULSE, "70", "/min"), part(PULSE, "140", "/min"), own=("94", "%"))

    assert pulse.code_conflict


def test_a_part_is_pointed_at_by_its_observation_and_keeps_its_name() -> None:
    pulse = evidence_reference("o1#pulse")

    assert "Observation/o1" == pulse.reference == resource_name("o1#pulse")
    assert "o1#pulse" == evidence_named(pulse)
    assert ("o1", "QuestionnaireResponse/r") == (whole_name("o1#pulse"), whole_name("QuestionnaireResponse/r"))  # fmt: skip


def test_the_journal_is_told_of_the_part_that_was_judged_and_of_no_other() -> None:
    made = observation("Patient/p", SPO2, component=[part(PULSE, "140", "/min")], id="o")
    value = parse(
        msgspec.json.Encoder(decimal_format="number").encode(made), "Observation"
    ).resource
    firing = Evidence("o#pulse", 1, "red", "absolute.high", AT, "Puls")
    alert = Alert("puls/o#pulse/1", "puls", "red", "absolute.high", "Puls", "closed", AT, AT, (firing,))  # fmt: skip

    told = as_told(value, alert, Build().pulse_rule(), Reference())

    assert isinstance(told, Observation)
    (pulse,) = told.component
    assert ["HH"] == [coding.code for each in pulse.interpretation for coding in each.coding]
    assert ((), ()) == (told.interpretation, told.referenceRange)
    assert pulse.referenceRange

"""Receipts go through FHIR and come out the same; what is changed in FHIR is changed in the receipt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.clock import FixedClock
from hub.emessage.message_types import AppRecVersion
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.task import Task
from hub.mapping.record import Record
from hub.mapping.registry import RECEIPTS
from hub.mapping.round_trip import RoundTrip, read_for_trip, round_trip, to_record, write_back
from tests.edited_values import bodies_of, leaves, lost, record_of
from tests.message_town import NOW
from tests.receipt_generator import VERSIONS, receipt_bytes

GOLDEN = Path(__file__).parents[3] / "golden" / "emessage" / "APPREC"
EQUAL = RoundTrip(equal=True)
both_versions = pytest.mark.parametrize("version", VERSIONS)

# What FHIR says besides the receipt: a change there changes no receipt, and why.
DERIVED = {
    r".*\.address(\[\d+\])?\.extension\[\d+\]\.valueCodeableConcept\..*": "the sender's code for the use and country beside it (tried by themselves)",
    r".*\.(resourceType|id|reference|type|url)": "how FHIR hangs together",
    r".*\.(status|intent)": "FHIR's own book-keeping",
    r".*\.(sender|recipient\[\d+\]|owner)\.(display|identifier\..*)": "tells readers whom a reference means",
    r".*\.identifier\[\d+\]\.system": "follows from the kind of identifier",
    r".*\.(use|country|line\[1\])": "copies what stands beside it",
    r".*\.telecom\[\d+\]\.system": "a closed list of FHIR",
    r".*\.coding\[0\]\.system": "the list of a code: implied, or an OID like any other",
    r".*\._\w+\..*": "the sender's writing of the value beside it",
    r".*\.valueCode": "why there is no value",
    r"Task\.output\[\d+\]\.type\.text": "how an error is found again",
}


def trip(data: bytes) -> RoundTrip:
    return round_trip(data, FixedClock(NOW).new_id, NOW)


def read(data: bytes) -> Record:
    row, reading = read_for_trip(data)
    return to_record(row, reading, FixedClock(NOW).new_id, NOW)


def told(bodies: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [
        place
        for body in bodies.values()
        for place in leaves(body, body["resourceType"])
        if not any(re.fullmatch(pattern, place[0]) for pattern in DERIVED)
    ]


@both_versions
def test_a_generated_receipt_comes_back_as_it_was(version: AppRecVersion) -> None:
    found = {seed: trip(receipt_bytes(version, seed)) for seed in range(60)}

    assert {seed: t for seed, t in found.items() if t != EQUAL} == {}


@pytest.mark.sweep
@both_versions
def test_five_hundred_generated_receipts_come_back_as_they_were(version: AppRecVersion) -> None:
    found = {seed: trip(receipt_bytes(version, seed)) for seed in range(500)}

    assert {seed: t for seed, t in found.items() if t != EQUAL} == {}


@both_versions
def test_a_receipt_with_everything_in_it_comes_back_as_it_was(version: AppRecVersion) -> None:
    """Every element of the codec's tables is there: nothing is silently lost."""
    found = {seed: trip(receipt_bytes(version, seed, share=1.0)) for seed in range(4)}

    assert found == dict.fromkeys(range(4), EQUAL)


@pytest.mark.parametrize("path", sorted(GOLDEN.rglob("message.xml")), ids=lambda p: p.parent.name)
def test_a_golden_receipt_comes_back_as_it_was(path: Path) -> None:
    assert trip(path.read_bytes()) == EQUAL


@both_versions
def test_every_value_that_is_changed_in_fhir_is_found_in_the_receipt(
    version: AppRecVersion,
) -> None:
    unseen: list[str] = []
    for seed in range(8):
        record = read(receipt_bytes(version, seed, share=0.8))
        bodies = bodies_of(record)

        def written(bodies: dict[str, Any] = bodies, message: str = record.message) -> str:
            return write_back(RECEIPTS[version], record_of(bodies, message)).decode()

        places = told(bodies)
        assert len(places) > 20
        unseen += lost(places, written)

    assert unseen == []


def test_a_refusal_is_a_task_that_was_rejected_with_its_errors_as_codes() -> None:
    record = read((GOLDEN / "1.1/rejected/message.xml").read_bytes())
    (_, task), (_, receipt) = next(record.all(Task)), next(record.all(Communication))

    assert task.status == "rejected"
    assert task.businessStatus is not None
    assert task.businessStatus.coding[0].system == "urn:oid:2.16.578.1.12.4.1.1.8258"
    assert [
        ("urn:oid:2.16.578.1.12.4.1.1.8221", "T02", "XML validerer ikke")
        for output in task.output
        if output.valueCodeableConcept is not None
    ] == [
        (c.system, c.code, c.display)
        for output in task.output
        if output.valueCodeableConcept is not None
        for c in output.valueCodeableConcept.coding
    ]
    assert receipt.about[0].reference in record.resources
    answered = msgspec.to_builtins(receipt.contained)[-1]
    assert receipt.inResponseTo[0].reference == f"#{answered['id']}"
    assert answered["identifier"][0]["value"] == "urn:uuid:3f0b1a10-0000-4000-8000-000000000020"


def test_a_receipt_that_says_ok_is_a_task_that_was_completed() -> None:
    record = read((GOLDEN / "1.1/ok/message.xml").read_bytes())
    (_, task) = next(record.all(Task))

    assert (task.status, task.output) == ("completed", ())


def test_a_refusal_that_is_made_good_in_fhir_says_so_in_the_receipt() -> None:
    record = read((GOLDEN / "1.1/rejected/message.xml").read_bytes())
    bodies = bodies_of(record)
    task = next(body for body in bodies.values() if body["resourceType"] == "Task")
    del task["output"]
    task["businessStatus"]["coding"][0] |= {"code": "1", "display": "OK"}
    said = write_back(RECEIPTS["1.1"], record_of(bodies, record.message)).decode()

    assert '<Status V="1" DN="OK"/>' in said
    assert "<Error" not in said

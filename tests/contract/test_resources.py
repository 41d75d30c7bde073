"""hub.fhir.repository.Session: versions, tombstones, tenants, identifiers."""

from __future__ import annotations

import base64
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from hub.fhir.interactions.prepare import Setting, prepare, store
from hub.fhir.large import to_base64
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.repository import Amended
from hub.fhir.search.index import extract
from hub.flows.store_draft import job_actor
from hub.policy import Action, Permit, authorise
from hub.ports import Unit
from hub.problems import HubError
from tests.builders import FNR_SYSTEM, SPO2, Json, national_id, observation, patient, to_json
from tests.contract.bench import START, Bench, permit, save

PATIENT = {**patient(), "id": "p"}
KINDS = {
    "Patient": PATIENT,
    "Observation": {**observation("Patient/p"), "id": "o"},
    "Task": {"resourceType": "Task", "id": "t", "status": "requested", "intent": "order", "for": {"reference": "Patient/p"}},
}  # fmt: skip


def of_kind(bench: Bench, kind: str) -> Json:
    """A type → a resource of it, its patient stored."""
    if kind != "Patient":
        bench.save(PATIENT)
    return KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_is_loaded_byte_for_byte(bench: Bench, kind: str) -> None:
    body = of_kind(bench, kind)
    stored = bench.save(body)
    assert bench.load(kind, body["id"]) == stored
    assert (stored.version, stored.updated, stored.patient_id) == (1, bench.now, "p")
    read = msgspec.json.decode(stored.body)
    meta = read.pop("meta")
    assert read == msgspec.json.decode(to_json(body))
    assert meta["versionId"] == "1"


@pytest.mark.parametrize("kind", KINDS)
def test_every_version_is_kept(bench: Bench, kind: str) -> None:
    body = of_kind(bench, kind)
    versions = [bench.save({**body, "language": language}) for language in ("nb", "nn", "en")]
    versions.append(bench.delete(kind, body["id"]))
    versions.append(bench.save(body))
    assert [v.version for v in versions] == [1, 2, 3, 4, 5]
    assert [v.deleted for v in versions] == [False, False, False, True, False]
    for version in versions:
        read = bench.read(
            lambda unit, n=version.version: unit.fhir.load_version(permit(), kind, body["id"], n)
        )
        assert read == version
    assert bench.load(kind, body["id"]) == versions[-1]


@pytest.mark.parametrize("version", [0, 2, 99, 2**31, 2**62])
def test_a_version_that_never_was_is_none(bench: Bench, version: int) -> None:
    bench.save(PATIENT)
    assert (
        bench.read(lambda unit: unit.fhir.load_version(permit(), "Patient", "p", version)) is None
    )


def test_head_is_load_without_the_body(bench: Bench) -> None:
    stored = bench.save(PATIENT)
    head = bench.read(lambda unit: unit.fhir.head(permit(), "Patient", "p"))
    assert head == replace(stored, body=b"")


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_resource_is_found_by_nothing(bench: Bench, kind: str) -> None:
    body = of_kind(bench, kind)
    bench.save(body)
    assert bench.find(kind) == [body["id"]]
    tombstone = bench.delete(kind, body["id"])
    assert (tombstone.version, tombstone.deleted, tombstone.body) == (2, True, b"")
    assert bench.load(kind, body["id"]) == tombstone
    assert bench.find(kind) == []
    assert bench.page(kind, [("_count", "0")]).total == 0
    if kind == "Observation":
        for pairs in ([("code", SPO2)], [("patient", "p"), ("code", SPO2)], [("date", "2026")]):
            assert bench.find(kind, *pairs) == []


def test_ids_of_different_types_do_not_meet(bench: Bench) -> None:
    bench.save({**patient(), "id": "x"})
    bench.save({**observation("Patient/x"), "id": "x"})
    bench.save({"resourceType": "Device", "id": "x"})
    bench.delete("Device", "x")
    assert (bench.find("Patient"), bench.find("Observation"), bench.find("Device")) == (
        ["x"],
        ["x"],
        [],
    )


def test_another_tenant_sees_and_touches_nothing(bench: Bench) -> None:
    for body in (PATIENT, KINDS["Observation"], KINDS["Task"]):
        bench.save(body)
    value = PATIENT["identifier"][0]["value"]
    for kind, body in KINDS.items():
        here = body["id"]
        assert bench.load(kind, here, tenant_id=2) is None
        assert bench.read(lambda unit, k=kind, i=here: unit.fhir.head(permit(2), k, i)) is None
        assert (
            bench.read(lambda unit, k=kind, i=here: unit.fhir.load_version(permit(2), k, i, 1))
            is None
        )
        for pairs in ([], [("_id", here)], [("_lastUpdated", "gt2000")]):
            assert bench.find(kind, *pairs, tenant_id=2) == []
    for pairs in (
        [("patient", "p")],
        [("code", SPO2)],
        [("patient", "p"), ("code", SPO2)],
        [("date", "2026")],
    ):
        assert bench.find("Observation", *pairs, tenant_id=2) == []
    assert bench.find("Patient", ("identifier", value), tenant_id=2) == []
    assert (
        bench.read(
            lambda unit: unit.fhir.find_by_identifier(permit(2), "Patient", FNR_SYSTEM, value)
        )
        == []
    )


def test_two_tenants_may_use_the_same_ids_and_keep_their_own(bench: Bench) -> None:
    bench.save(PATIENT, tenant_id=1)
    other = bench.save({**patient(2), "id": "p"}, tenant_id=2)
    bench.save({**observation("Patient/p", value="1"), "id": "o"}, tenant_id=1)
    bench.save({**observation("Patient/p", value="2"), "id": "o"}, tenant_id=2)
    bench.delete("Patient", "p", tenant_id=1)
    assert bench.load("Patient", "p", tenant_id=2) == other
    one, two = bench.load("Observation", "o", 1), bench.load("Observation", "o", 2)
    assert one is not None
    assert two is not None
    assert (b'"value":1' in one.body, b'"value":2' in two.body) == (True, True)
    assert bench.find("Observation", ("patient", "p"), ("code", SPO2), tenant_id=2) == ["o"]


def test_identifiers_are_found_by_system_and_value_in_their_type(bench: Bench) -> None:
    twice = [{"system": "urn:a", "value": "7"}, {"system": "urn:b", "value": "7"}]
    bench.save({**patient(identifier=twice), "id": "one"})
    bench.save({**patient(identifier=twice[:1]), "id": "two"})
    bench.save({"resourceType": "Device", "id": "three", "identifier": twice})
    bench.save({**observation("Patient/one", identifier=twice), "id": "four"})

    def found(kind: str, system: str, value: str) -> list[str]:
        return sorted(
            bench.read(lambda unit: unit.fhir.find_by_identifier(permit(), kind, system, value))
        )

    assert found("Patient", "urn:a", "7") == ["one", "two"]
    assert found("Patient", "urn:b", "7") == ["one"]
    assert found("Observation", "urn:b", "7") == ["four"]
    assert found("Patient", "urn:c", "7") == []
    assert found("Patient", "urn:a", "8") == []
    bench.delete("Patient", "one")
    assert found("Patient", "urn:b", "7") == []


def test_an_identifier_that_was_taken_away_is_not_found(bench: Bench) -> None:
    bench.save(PATIENT)
    bench.save({**PATIENT, "identifier": [{"system": FNR_SYSTEM, "value": national_id(2)}]})
    number = PATIENT["identifier"][0]["value"]
    assert (
        bench.read(
            lambda unit: unit.fhir.find_by_identifier(permit(), "Patient", FNR_SYSTEM, number)
        )
        == []
    )


def test_a_transaction_reads_what_it_wrote(bench: Bench) -> None:
    def work(unit: Unit) -> int:
        save(unit.fhir, PATIENT, START)
        save(unit.fhir, KINDS["Observation"], START)
        held = unit.fhir.load(permit(), "Observation", "o")
        return 0 if held is None else held.version

    assert bench.write(work) == 1


def test_times_keep_their_milliseconds(bench: Bench) -> None:
    at = START + timedelta(milliseconds=123)
    bench.write(lambda unit: save(unit.fhir, PATIENT, at))
    held = bench.load("Patient", "p")
    assert held is not None
    assert held.updated == at
    assert bench.find("Patient", ("_lastUpdated", "2026-11-21T12:00:00.123Z")) == ["p"]
    assert bench.find("Patient", ("_lastUpdated", "gt2026-11-21T12:00:00.123Z")) == []


@pytest.mark.parametrize("value", ["94.50", "1000", "-0.0", "123456789012345678901234567890.5"])
def test_values_keep_their_digits(bench: Bench, value: str) -> None:
    bench.save(PATIENT)
    stored = bench.save({**observation("Patient/p", value=value), "id": "o"})
    assert f'"value":{value}'.encode() in stored.body


def test_a_large_body_is_put_together_as_its_parts_say(bench: Bench) -> None:
    content = bytes(range(256)) * 5000 + b"end"

    def work(unit: Unit) -> None:
        prepared = prepare(
            b'{"resourceType":"Binary","contentType":"text/plain"}', "Binary", "b", "urn:x"
        )
        large = replace(prepared, data=to_base64(content))
        store(unit.fhir, permit(), large, None, Setting(START, "urn:x"))

    bench.write(work)

    stored = bench.load("Binary", "b")
    assert stored is not None
    read = msgspec.json.decode(stored.body)
    assert read["meta"]["versionId"] == "1"
    assert (read["id"], read["contentType"]) == ("b", "text/plain")
    assert base64.b64decode(read["data"], validate=True) == content
    assert bench.delete("Binary", "b").version == 2


def test_an_amended_resource_is_a_version_found_as_before_but_for_what_changed(
    bench: Bench,
) -> None:
    bench.save(PATIENT)
    first = {
        "resourceType": "DetectedIssue",
        "id": "d",
        "status": "preliminary",
        "patient": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "urn:s", "code": "c"}]},
        "implicated": [{"reference": "Observation/a"}, {"reference": "Observation/b"}],
    }
    bench.save({**first, "id": "other"})
    stored = bench.save(first)
    entries = {
        name: extract(DetectedIssue(implicated=(Reference(reference=f"Observation/{name}"),)))
        for name in "ac"
    }
    body = stored.body.replace(b"Observation/a", b"Observation/c")
    amended = Amended(2, START, body, come=entries["c"], gone=entries["a"])
    own = authorise(job_actor("judge", 1), Action("update", "DetectedIssue"))
    assert isinstance(own, Permit)

    def work(unit: Unit) -> None:
        unit.fhir.amend(own, stored, amended)
        read = unit.fhir.load(own, "DetectedIssue", "d")
        assert read is not None, "who reads sees what waits"
        assert (2, body) == (read.version, read.body)

    bench.write(work)

    def found(name: str) -> list[str]:
        return sorted(bench.find("DetectedIssue", ("implicated", f"Observation/{name}")))

    assert (["other"], ["d", "other"], ["d"]) == (found("a"), found("b"), found("c"))
    assert ["d", "other"] == sorted(bench.find("DetectedIssue", ("code", "urn:s|c")))
    assert stored == bench.read(
        lambda unit: unit.fhir.load_version(permit(), "DetectedIssue", "d", 1)
    )
    with pytest.raises(HubError):
        bench.write(lambda unit: unit.fhir.amend(permit(), stored, amended))

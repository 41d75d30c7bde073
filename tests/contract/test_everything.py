"""Patient/$everything and Observation/$lastn at the store, on every engine."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from hub.fhir.search.dates import parse_date
from hub.fhir.search.params import parse_search
from hub.fhir.search.query import EverythingQuery
from hub.policy import Permit, RowFilter
from tests.builders import coding, observation, patient
from tests.contract.bench import BASE, START, Bench, permit


def town(bench: Bench) -> None:
    """Two patients with a doctor of an office, values and an appointment."""
    bench.save({"resourceType": "Organization", "id": "org", "name": "Målevik legesenter"})
    bench.save({"resourceType": "Practitioner", "id": "doc"})
    role = {
        "practitioner": {"reference": "Practitioner/doc"},
        "organization": {"reference": "Organization/org"},
    }
    bench.save({"resourceType": "PractitionerRole", "id": "role", **role})
    for name in ("a", "b"):
        doctor = [{"reference": "PractitionerRole/role"}]
        bench.save({**patient(1 if name == "a" else 2), "id": name, "generalPractitioner": doctor})
        for day in (1, 2, 3):
            bench.save(
                {**observation(f"Patient/{name}", at=f"2026-11-0{day}"), "id": f"{name}{day}"}
            )
    bench.save({"resourceType": "Device", "id": "other"})
    bench.save(
        {
            "resourceType": "Appointment",
            "id": "meeting",
            "status": "proposed",
            "participant": [{"actor": {"reference": "Patient/a"}, "status": "accepted"}],
        }
    )  # fmt: skip


def everything(
    bench: Bench, patient_id: str, leave: Permit | None = None, count: int = 2, **more: Any
) -> list[str]:
    """A patient → all pages, as Type/id."""
    found: list[str] = []
    query = EverythingQuery(patient_id, count, **more)
    for _ in range(50):
        asked = query
        page = bench.read(lambda unit, asked=asked: unit.fhir.everything(leave or permit(), asked))
        assert len(page.matches) <= count
        found += [f"{m.type}/{m.id}" for m in page.matches]
        if page.next is None:
            return found
        query = replace(query, cursor=page.next)
    raise AssertionError("no last page")


OF_A = ["Patient/a", "Appointment/meeting", "Observation/a1", "Observation/a2", "Observation/a3"]
AROUND = ["Organization/org", "Practitioner/doc", "PractitionerRole/role"]


def test_everything_of_a_patient_is_the_compartment_and_what_it_refers_to_each_once(
    bench: Bench,
) -> None:
    town(bench)
    for count in (1, 2, 3, 100):
        assert everything(bench, "a", count=count) == [*OF_A, *AROUND], count


def test_everything_is_narrowed_by_time_and_type(bench: Bench) -> None:
    town(bench)
    start, end = (parse_date(text, "start", START) for text in ("2026-11-02", "2026-11-02"))
    assert everything(bench, "a", start=start.start, end=end.end) == [
        "Patient/a", "Appointment/meeting", "Observation/a2", *AROUND,
    ]  # fmt: skip
    assert everything(bench, "a", types=("Observation",)) == OF_A[2:]
    later = parse_date("2030", "_since", START).start
    assert everything(bench, "a", since=later) == ["Patient/a", *AROUND]


def test_everything_of_all_patients_stays_in_the_tenant_and_in_the_rows_of_the_permit(
    bench: Bench,
) -> None:
    town(bench)
    whole = everything(bench, "")
    assert sorted(whole) == sorted(
        [*OF_A, "Patient/b", *(f"Observation/b{n}" for n in (1, 2, 3)), *AROUND]
    )
    assert everything(bench, "a", permit(2)) == []
    only_b = msgspec.structs.replace(permit(), filter=RowFilter(1, frozenset({"b"})))
    assert not any("/a" in each for each in everything(bench, "", only_b))
    assert everything(bench, "a", only_b) == []


def test_lastn_takes_codes_that_occur_together_for_one_and_texts_by_themselves(
    bench: Bench,
) -> None:
    bench.save({**patient(1), "id": "a"})
    loinc, snomed = coding("8867-4"), coding("364075005", "http://snomed.info/sct")
    concepts = [
        ("one", {"coding": [loinc]}, 1),
        ("both", {"coding": [snomed, loinc]}, 2),
        ("other", {"coding": [snomed]}, 3),
        ("text", {"text": "Velvære"}, 4),
        ("text2", {"text": "velvaere"}, 5),
    ]
    for name, concept, day in concepts:
        bench.save({**observation("Patient/a", at=f"2026-11-0{day}"), "id": name, "code": concept})

    def found(maximum: int, *pairs: tuple[str, str]) -> set[str]:
        query = parse_search("Observation", [("patient", "a"), *pairs], START, BASE)
        page = bench.read(lambda unit: unit.fhir.last_n(permit(), query, maximum))
        return {m.id for m in page.matches}

    assert found(1) == {"other", "text2"}
    assert found(2) == {"other", "both", "text2", "text"}
    assert found(9, ("code", "8867-4")) == {"one", "both"}
    assert found(9, ("status", "amended")) == set()

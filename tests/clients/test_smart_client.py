"""fhirclient, the SMART project's Python client, as its users use it."""

# The client types none of its elements: it assigns them at run time.
# pyright: reportAttributeAccessIssue=false, reportOptionalSubscript=false, reportOptionalMemberAccess=false
# pyright: reportGeneralTypeIssues=false, reportOptionalIterable=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import pytest
from fhirclient import client as smart
from fhirclient.models import (
    bundle,
    codeableconcept,
    coding,
    fhirdate,
    fhirdatetime,
    fhirreference,
    humanname,
    identifier,
    observation,
    patient,
    quantity,
)
from fhirclient.server import FHIRNotFoundException
from requests import HTTPError

from tests.clients.conftest import SYSTEM


@pytest.fixture
def server(base: str) -> Any:
    """A connection of the client to the hub."""
    made = smart.FHIRClient(settings={"app_id": "hub-test", "api_base": base})
    made.prepare()
    return made.server


def a_patient(family: str) -> patient.Patient:
    """A family name → a patient that is not saved yet."""
    made = patient.Patient()
    name = humanname.HumanName()
    name.family, name.given = family, ["Smart"]
    made.name, made.gender = [name], "female"
    made.birthDate = fhirdate.FHIRDate("1950-02-03")
    return made


def a_measurement(patient_id: str, number: int) -> observation.Observation:
    """A patient and a number → a measurement that is not saved yet."""
    made = observation.Observation()
    made.status = "final"
    code = coding.Coding()
    code.system, code.code = "http://loinc.org", "59408-5"
    made.code = codeableconcept.CodeableConcept()
    made.code.coding = [code]
    made.subject = fhirreference.FHIRReference()
    made.subject.reference = f"Patient/{patient_id}"
    made.effectiveDateTime = fhirdatetime.FHIRDateTime(f"2026-10-{number + 1:02d}T08:00:00+01:00")
    mark = identifier.Identifier()
    mark.system, mark.value = SYSTEM, f"{patient_id}-{number}"
    made.identifier = [mark]
    made.valueQuantity = quantity.Quantity()
    made.valueQuantity.value, made.valueQuantity.unit = 92.5, "%"
    made.valueQuantity.system, made.valueQuantity.code = "http://unitsofmeasure.org", "%"
    return made


def test_the_client_reads_what_the_hub_can_do(server: Any) -> None:
    statement = server.capabilityStatement
    assert statement.fhirVersion == "4.0.1"
    kinds = {r.type: r for r in statement.rest[0].resource}
    assert "create" in {i.code for i in kinds["Observation"].interaction}
    assert "patient" in {p.name for p in kinds["Observation"].searchParam}


def test_a_patient_is_created_measured_found_page_by_page_changed_and_deleted(
    server: Any,
) -> None:
    ada = a_patient("Smartsen")
    made = ada.create(server)
    assert made is not None
    patient_id = made["id"]
    for number in range(12):
        assert a_measurement(patient_id, number).create(server) is not None

    search = observation.Observation.where(
        {"patient": patient_id, "code": "http://loinc.org|59408-5", "_sort": "-date", "_count": "5"}
    )
    pages = list(search.perform_iter(server))
    assert [len(page.entry) for page in pages] == [5, 5, 2]
    days = [o.effectiveDateTime.as_json()[8:10] for o in search.perform_resources_iter(server)]
    assert days == [f"{n:02d}" for n in range(12, 0, -1)]
    late = observation.Observation.where({"patient": patient_id, "date": "gt2026-10-10"})
    assert len(list(late.perform_resources_iter(server))) == 2

    again = patient.Patient.read(patient_id, server)
    assert again.name[0].family == "Smartsen"
    again.active = False
    assert again.update(server)["meta"]["versionId"] == "2"
    history = bundle.Bundle.read_from(f"Patient/{patient_id}/_history", server)
    assert [e.resource.meta.versionId for e in history.entry] == ["2", "1"]
    old = patient.Patient.read_from(f"Patient/{patient_id}/_history/1", server)
    assert old.active is None

    first = next(iter(search.perform_resources_iter(server)))
    first.delete(server)
    with pytest.raises(HTTPError) as caught:
        observation.Observation.read(first.id, server)
    assert caught.value.response.status_code == 410
    with pytest.raises(FHIRNotFoundException):
        patient.Patient.read("nobody-at-all", server)


def test_a_transaction_is_kept_whole(server: Any) -> None:
    who = "urn:uuid:6bb4ba06-2a34-4bd7-9d75-6ec1e2b2ad8c"
    value = a_measurement("x", 1).as_json()
    value["subject"]["reference"] = who
    value["identifier"][0]["value"] = "smart-bundle"
    whole = bundle.Bundle(
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {
                    "fullUrl": who,
                    "resource": a_patient("Bundlesen").as_json(),
                    "request": {"method": "POST", "url": "Patient"},
                },
                {"resource": value, "request": {"method": "POST", "url": "Observation"}},
            ],
        }
    )
    answer = server.post_json("", whole.as_json()).json()
    assert [e["response"]["status"][:3] for e in answer["entry"]] == ["201", "201"]
    found = observation.Observation.where({"identifier": f"{SYSTEM}|smart-bundle"})
    (kept,) = found.perform_resources_iter(server)
    assert kept.subject.reference.startswith("Patient/")


def test_what_the_hub_does_not_know_is_refused(server: Any) -> None:
    with pytest.raises(HTTPError) as caught:
        list(patient.Patient.where({"nmae": "x"}).perform_resources_iter(server))
    assert caught.value.response.status_code == 400


def test_a_page_brings_the_patients_of_its_measurements(server: Any) -> None:
    made = a_patient("Includesen").create(server)
    a_measurement(made["id"], 1).create(server)
    search = observation.Observation.where({"patient": made["id"]})
    search = search.include("subject")
    kinds = [r.resource_type for r in search.perform_resources_iter(server)]
    assert sorted(kinds) == ["Observation", "Patient"]

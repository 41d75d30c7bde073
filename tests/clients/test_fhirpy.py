"""fhirpy, as its users use it: one after the other and asynchronous."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

from tests.clients.conftest import SPO2, SYSTEM


@pytest.fixture
def client(base: str) -> SyncFHIRClient:
    """A client of the hub."""
    return SyncFHIRClient(base)


def a_patient(client: Any, family: str) -> Any:
    """A client and a family name → a resource that is not saved yet."""
    return client.resource("Patient", name=[{"family": family, "given": ["Fhirpy"]}], active=True)


def a_measurement(client: Any, patient: Any, number: int) -> Any:
    """A client, a patient and a number → a measurement that is not saved yet."""
    return client.resource(
        "Observation",
        status="final",
        code=SPO2,
        subject=patient.to_reference(),
        identifier=[{"system": SYSTEM, "value": f"{patient.id}-{number}"}],
        effectiveDateTime=f"2026-11-{number + 1:02d}T08:00:00+01:00",
        valueQuantity={
            "value": 90 + number / 4,
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
    )


def test_a_patient_is_created_measured_found_page_by_page_changed_and_deleted(
    client: SyncFHIRClient,
) -> None:
    patient = a_patient(client, "Syncsen")
    patient.save()
    assert patient["meta"]["versionId"] == "1"
    for number in range(12):
        a_measurement(client, patient, number).save()

    trend = client.resources("Observation").search(patient=patient.id, code="59408-5")
    newest_first = trend.sort("-date").limit(5)
    pages = list(newest_first)
    assert [o["effectiveDateTime"][8:10] for o in pages] == [f"{n:02d}" for n in range(12, 0, -1)]
    since = trend.search(date__ge="2026-11-09").fetch_all()
    assert len(since) == 4
    first = trend.sort("date").first()
    assert first is not None
    assert first["valueQuantity"]["value"] == 90

    patient["active"] = False
    patient.save()
    assert patient["meta"]["versionId"] == "2"
    stale = client.reference("Patient", patient.id).to_resource()
    assert stale["active"] is False

    history = client.execute(f"Patient/{patient.id}/_history", method="get")
    assert [e["resource"]["meta"]["versionId"] for e in history["entry"]] == ["2", "1"]

    gone = client.resources("Observation").search(identifier=f"{SYSTEM}|{patient.id}-0").get()
    gone.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Observation", gone.id).to_resource()
    assert len(trend.fetch_all()) == 11


def test_a_change_under_a_condition_hits_one_or_makes_one(client: SyncFHIRClient) -> None:
    key = f"{SYSTEM}|conditional-fhirpy"
    wanted = client.resource(
        "Device",
        identifier=[{"system": SYSTEM, "value": "conditional-fhirpy"}],
        status="active",
    )
    made, created = client.resources("Device").search(identifier=key).update(wanted)
    assert created
    again, created = client.resources("Device").search(identifier=key).update(wanted)
    assert not created
    assert again.id == made.id
    two = client.resource("Device", identifier=wanted["identifier"])
    two.save()
    with pytest.raises(MultipleResourcesFound):
        client.resources("Device").search(identifier=key).update(wanted)


def test_what_the_hub_does_not_know_is_refused_with_words(client: SyncFHIRClient) -> None:
    with pytest.raises(OperationOutcome) as caught:
        client.resources("Patient").search(nmae="x").fetch()
    assert "nmae" in str(caught.value)
    with pytest.raises(OperationOutcome):
        client.resource("Observation", status="final").save()


def test_a_transaction_is_kept_whole(client: SyncFHIRClient) -> None:
    who = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": who,
                "resource": dict(a_patient(client, "Bundlesen")),
                "request": {"method": "POST", "url": "Patient"},
            },
            {
                "resource": {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": SPO2,
                    "subject": {"reference": who},
                },
                "request": {"method": "POST", "url": "Observation"},
            },
        ],
    }
    answer = client.execute("", data=bundle)
    assert [e["response"]["status"][:3] for e in answer["entry"]] == ["201", "201"]
    patient_id = answer["entry"][0]["response"]["location"].split("Patient/")[1].split("/")[0]
    assert len(client.resources("Observation").search(patient=patient_id).fetch_all()) == 1


def test_many_at_once_are_saved_and_found(base: str) -> None:
    async def story() -> None:
        client = AsyncFHIRClient(base)
        patient = a_patient(client, "Asyncsen")
        await patient.save()
        await asyncio.gather(*[a_measurement(client, patient, n).save() for n in range(20)])
        found = client.resources("Observation").search(patient=patient.id).sort("date").limit(6)
        days = [o["effectiveDateTime"][8:10] async for o in found]
        assert days == [f"{n:02d}" for n in range(1, 21)]
        patient["gender"] = "female"
        await patient.save()
        fresh = await client.reference("Patient", patient.id).to_resource()
        assert (fresh["gender"], fresh["meta"]["versionId"]) == ("female", "2")
        await patient.refresh()
        for each in await found.fetch_all():
            await each.delete()
        assert await found.fetch_all() == []

    asyncio.run(story())


def test_a_page_brings_the_patients_of_its_measurements(client: SyncFHIRClient) -> None:
    patient = a_patient(client, "Includesen")
    patient.save()
    a_measurement(client, patient, 1).save()
    found = (
        client.resources("Observation")
        .search(patient=patient.id)
        .include("Observation", "patient")
        .fetch_raw()
    )
    kinds = [(e["resource"]["resourceType"], e["search"]["mode"]) for e in found["entry"]]
    assert sorted(kinds) == [("Observation", "match"), ("Patient", "include")]
    back = (
        client.resources("Patient")
        .search(_id=patient.id)
        .revinclude("Observation", "patient")
        .fetch_raw()
    )
    assert len(back["entry"]) == 2


def test_a_dialect_that_creates_by_a_query_is_refused_and_makes_nothing(
    client: SyncFHIRClient,
) -> None:
    body = a_patient(client, "Dialektsen")
    body["identifier"] = [{"system": SYSTEM, "value": "dialect"}]
    known = client.resources("Patient").search(identifier=f"{SYSTEM}|dialect")
    for _ in range(2):
        with pytest.raises(OperationOutcome, match="If-None-Exist"):
            known.get_or_create(body)
    assert known.fetch_all() == []

"""Patient/$everything through HTTP: all that is known of a patient, in pages, and what is wrong is told."""

from __future__ import annotations

from tests.builders import observation, patient
from tests.functional.hub_client import Client


def test_everything_of_a_patient_comes_in_pages_that_leave_nothing_out(client: Client) -> None:
    client.put("Patient/ev", {**patient(7), "id": "ev"})
    for n in range(3):
        client.put(f"Observation/ev{n}", {**observation("Patient/ev"), "id": f"ev{n}"})
    found: list[str] = []
    url = "Patient/ev/$everything?_count=2"
    while url:
        bundle = client.get(url).json()
        found += [e["resource"]["id"] for e in bundle["entry"]]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        url = links.get("next", "").partition("/fhir/")[2]
    assert found == ["ev", "ev0", "ev1", "ev2"]


def test_everything_refuses_what_it_cannot_answer(client: Client) -> None:
    client.put("Patient/ev", {**patient(7), "id": "ev"})
    for url, status in (
        ("Patient/none/$everything", 404),
        ("Patient/ev/$everything?_count=0", 400),
        ("Patient/ev/$everything?_count=x", 400),
        ("Patient/ev/$everything?_type=Nothing", 400),
        ("Patient/ev/$everything?colour=red", 400),
        ("Patient/ev/$everything?start=soon", 400),
        ("Patient/ev/$everything?_cursor=WzEsMl0", 400),
        ("Observation/ev/$everything", 404),
    ):
        answer = client.get(url)
        assert (url, answer.status_code) == (url, status)
        assert answer.json()["resourceType"] == "OperationOutcome"

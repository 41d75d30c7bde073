"""Patient/$everything through HTTP: all that is known of a patient, in pages, and what is wrong is told."""

from __future__ import annotations

from tests.builders import Json, observation, patient
from tests.functional.hub_client import Client, codes_of


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


def asked(*told: tuple[str, str, object]) -> Json:
    """(name, type, value) of each parameter → the body of a POST."""
    parts = [{"name": name, f"value{kind}": value} for name, kind, value in told]
    return {"resourceType": "Parameters", "parameter": parts}


def test_what_a_posted_operation_is_told_in_its_body_counts_as_in_a_query(client: Client) -> None:
    client.put("Patient/ev", {**patient(7), "id": "ev"})
    for n in range(2):
        client.put(f"Observation/ev{n}", {**observation("Patient/ev"), "id": f"ev{n}"})
    body = asked(("_type", "Code", "Observation"), ("_type", "Code", "Patient"), ("_count", "Integer", 2))  # fmt: skip
    bundle = client.post("Patient/ev/$everything", body).json()
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    rest = client.get(links["next"].partition("/fhir/")[2]).json()
    entries = [*bundle["entry"], *rest["entry"]]
    assert [e["resource"]["id"] for e in entries] == ["ev", "ev0", "ev1"]

    whose: tuple[tuple[str, object], ...] = (
        ("Reference", {"reference": "Patient/ev"}),
        ("String", "ev"),
    )
    for kind, who in whose:
        body = asked(("patient", kind, who), ("max", "PositiveInt", 2))
        assert client.post("Observation/$lastn", body).json()["total"] == 2


def test_parameters_of_a_query_are_short(client: Client) -> None:
    """They are read where everybody waits; ten megabytes of them took a second to accept."""
    for path in ("Patient/$everything", "Observation/$lastn"):
        answer = client.post(path, asked(("patient", "String", "a" * 17_000)))
        assert (413, "too-large") == (answer.status_code, codes_of(answer)[0])


def test_what_a_posted_operation_does_not_know_is_refused(client: Client) -> None:
    client.put("Patient/ev", {**patient(7), "id": "ev"})
    for told in (
        ("colour", "String", "red"),
        ("_count", "Integer", 0),
        ("start", "Date", "2026-13-01"),
        ("start", "Quantity", {"value": 1}),
    ):
        answer = client.post("Patient/ev/$everything", asked(told))
        assert (told, answer.status_code) == (told, 400)
    for body in (patient(), b"[]"):
        assert client.post("Patient/ev/$everything", body).status_code == 400
    assert client.post("Observation/$lastn", asked(("patient.identifier", "String", patient(7)["identifier"][0]["value"]))).status_code == 400  # fmt: skip

"""Batch: every entry on its own, errors in its own answer.

Source: http://hl7.org/fhir/R4/http.html#brules.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.fhir.codec import parse
from tests.builders import FNR_SYSTEM, Json, entry, national_id, observation, patient, transaction
from tests.functional.hub_client import Client, codes_of

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"


def run(client: Client, *entries: Json, **headers: str) -> list[Json]:
    """Entries → the entries of the answer."""
    body: Json = {"resourceType": "Bundle", "type": "batch"}
    answer = client.post("", {**body, "entry": list(entries)} if entries else body, headers=headers)
    assert answer.status_code == 200, answer.text
    parse(answer.content, "Bundle")
    assert answer.json()["type"] == "batch-response"
    return answer.json().get("entry", [])


def told(entries: list[Json]) -> list[tuple[str, str]]:
    """The entries of an answer → status and code of the outcome, if any."""
    found: list[tuple[str, str]] = []
    for each in entries:
        issues: Any = each["response"].get("outcome", {}).get("issue", [{}])
        code = issues[0].get("details", {}).get("coding", [{}])[0].get("code", "")
        found.append((each["response"]["status"], code))
    return found


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_that_is_wrong_is_refused_however_much_is_wrong_in_its_entries(
    client: Client, kind: str
) -> None:
    """It was answered 200 with nothing but a warning, and nothing was stored."""
    wrong = entry("POST", "Patient", {**patient(1), "active": "x", "foo": 1})
    bundle = {"resourceType": "Bundle", "type": kind, "entry": [wrong] * 60, "foo": 1}
    answer = client.post("", bundle)
    assert (400, ["unknown-element"]) == (answer.status_code, codes_of(answer))


def test_thousands_of_problems_are_not_all_told(client: Client) -> None:
    many = {**patient(1), "telecom": [{"system": "x"}] * 90}
    answer = client.post("", transaction(*[entry("POST", "Patient", many)] * 30))
    assert answer.status_code == 400
    issues = answer.json()["issue"]
    assert len(issues) == 12 * 90 + 1
    assert issues[-1]["diagnostics"] == "The entries behind Bundle.entry[11] were not looked at"

    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry("POST", "Patient", many)] * 30}  # fmt: skip
    answer = client.post("", bundle)
    assert answer.status_code == 200
    for each in answer.json()["entry"]:
        assert each["response"]["status"] == "400 Bad Request"
        told = each["response"]["outcome"]["issue"]
        assert (34, "57 further problems are not listed") == (len(told), told[-1]["diagnostics"])


def test_one_that_is_refused_touches_no_other(client: Client) -> None:
    who = client.create(patient(1))
    made = run(
        client,
        entry("GET", "Patient/none"),
        entry("POST", "Patient", patient(2, gender="f")),
        entry("POST", "Patient", patient(3)),
        entry("POST", "Observation", observation("Patient/none")),
        entry("PUT", who, {**patient(1), "id": who[8:], "active": True}, ifMatch='W/"9"'),
        entry("DELETE", "Patient/never"),
        entry("GET", "Patient?nonsense=1"),
        entry("POST", "Nonsense", patient()),
        entry("GET", who),
    )
    assert told(made) == [
        ("404 Not Found", "not-found"),
        ("400 Bad Request", "bad-code"),
        ("201 Created", ""),
        ("422 Unprocessable Entity", "unknown-subject"),
        ("412 Precondition Failed", "version-conflict"),
        ("204 No Content", ""),
        ("400 Bad Request", "unknown-parameter"),
        ("404 Not Found", "unknown-resource-type"),
        ("200 OK", ""),
    ]
    outcome = made[1]["response"]["outcome"]
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]
    assert made[8]["resource"]["id"] == who[8:]
    assert len(client.search("Patient")) == 2


def test_an_entry_tells_location_etag_and_last_modified(client: Client) -> None:
    (made,) = run(client, entry("POST", "Patient", patient()))
    location = made["response"]["location"]
    assert made["response"] == {
        "status": "201 Created",
        "location": location,
        "etag": 'W/"1"',
        "lastModified": "2026-11-21T12:00:00.000Z",
    }
    assert client.get(location).status_code == 200


def test_links_between_entries_are_not_resolved(client: Client) -> None:
    made = run(
        client,
        entry("POST", "Patient", patient(), URN),
        entry("POST", "Observation", observation(URN)),
    )
    assert told(made) == [("201 Created", ""), ("422 Unprocessable Entity", "unknown-subject")]


def test_a_batch_runs_in_the_order_of_a_transaction(client: Client) -> None:
    old = client.create(patient(1))
    made = run(
        client,
        entry("GET", old),
        entry("GET", "Patient/new"),
        entry("PUT", "Patient/new", patient(2, id="new")),
        entry("DELETE", old),
    )
    assert [status for status, _ in told(made)] == [
        "410 Gone",
        "200 OK",
        "201 Created",
        "204 No Content",
    ]


def test_conditions_work_in_each_entry_also_with_person_numbers(client: Client) -> None:
    condition = f"identifier={FNR_SYSTEM}|{national_id(1)}"
    one = entry("POST", "Patient", patient(1), ifNoneExist=condition)
    made = run(client, *[one] * 20, entry("GET", f"Patient?{condition}"))
    assert sorted(status for status, _ in told(made[:20])) == ["200 OK"] * 19 + ["201 Created"]
    assert made[20]["resource"]["total"] == 1
    assert len(client.search("Patient")) == 1
    made = run(client, entry("DELETE", f"Patient?{condition}"))
    assert told(made) == [("204 No Content", "")]


@pytest.mark.parametrize("returns", ["minimal", "representation", "OperationOutcome"])
def test_what_is_preferred_holds_for_every_entry(client: Client, returns: str) -> None:
    made = run(client, entry("POST", "Patient", patient(2)), Prefer=f"return={returns}")
    assert ("resource" in made[0]) == (returns == "representation")
    assert ("outcome" in made[0]["response"]) == (returns == "OperationOutcome")


def test_reads_searches_histories_and_operations_are_answered(client: Client) -> None:
    who = client.create(patient())
    client.create(observation(who))
    made = run(
        client,
        entry("GET", f"Observation?patient={who}"),
        entry("GET", f"{who}/_history"),
        entry("GET", f"Observation/$lastn?patient={who}"),
        entry("GET", "?_type=Patient"),
        entry("GET", who, ifNoneMatch='W/"1"'),
        entry("GET", who, ifModifiedSince="2099-01-01T00:00:00.000+01:00"),
        entry("HEAD", who),
    )
    unchanged = "304 Not Modified"
    assert [s for s, _ in told(made)] == ["200 OK"] * 4 + [unchanged, unchanged, "200 OK"]
    assert [len(e["resource"]["entry"]) for e in made[:4]] == [1, 1, 1, 1]
    assert ["resource" in e for e in made[4:]] == [False, False, False]
    made = run(client, entry("GET", who, ifModifiedSince="2001-01-01T00:00:00Z"))
    assert made[0]["resource"]["id"] == who[8:]


def test_a_bundle_in_a_batch_is_not_run(client: Client) -> None:
    inner = {"resourceType": "Bundle", "type": "batch"}
    assert told(run(client, entry("POST", "/", inner)))[0][0] == "400 Bad Request"
    assert told(run(client, entry("POST", "Bundle", {**inner, "type": "collection"}))) == [
        ("201 Created", "")
    ]


def test_an_empty_batch_is_answered_by_an_empty_one(client: Client) -> None:
    assert run(client) == []


def test_each_entry_leaves_its_own_trace(client: Client) -> None:
    who = client.create(patient(1))
    run(client, entry("GET", who), entry("GET", "Patient/none"), entry("POST", "Patient", patient(2)))  # fmt: skip
    events = client.search("AuditEvent?_count=100")[1:]
    assert sorted((e["subtype"][0]["code"], e["outcome"]) for e in events) == [
        ("create", "0"),
        ("read", "0"),
        ("read", "4"),
    ]

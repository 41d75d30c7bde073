"""Every access leaves its AuditEvent, in the same commit as what it did.

Source: security/audit.md §1-3.
"""

from __future__ import annotations

import base64

import pytest

from hub.fhir.codec import parse
from tests.builders import Json, entry, observation, patient, to_json, transaction
from tests.functional.hub_client import Client

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"


def events(client: Client) -> list[Json]:
    """The access log so far, oldest first (reading it adds to it)."""
    found = client.search("AuditEvent?_count=1000")
    for event in found:
        parse(to_json(event), "AuditEvent")
    return sorted(found, key=lambda e: int(e["id"][1:]))


def what(event: Json) -> tuple[str, str, list[str]]:
    """An event → its interaction, its action and the references it holds."""
    entities = event.get("entity", [])
    references = [e["what"]["reference"] for e in entities if "reference" in e.get("what", {})]
    return event["subtype"][0]["code"], event["action"], references


def test_each_interaction_on_a_resource_is_logged_with_its_version_and_patient(
    client: Client,
) -> None:
    who = client.create(patient())
    made = client.create(observation(who))
    client.get(made)
    client.get(f"{made}/_history/1")
    client.put(made, {**observation(who, value="93"), "id": made[12:]})
    client.request("DELETE", made)
    assert [what(e) for e in events(client)] == [
        ("create", "C", [f"{who}/_history/1", who]),
        ("create", "C", [f"{made}/_history/1", who]),
        ("read", "R", [f"{made}/_history/1", who]),
        ("vread", "R", [f"{made}/_history/1", who]),
        ("update", "U", [f"{made}/_history/2", who]),
        ("delete", "D", [f"{made}/_history/3", who]),
    ]


def test_each_event_says_who_when_why_and_for_which_request(client: Client) -> None:
    client.post("Patient", patient(), headers={"X-Request-Id": "abc-1"})
    (event,) = events(client)
    assert event["recorded"] == "2026-11-21T12:00:00.000Z"
    assert event["outcome"] == "0"
    assert event["type"]["code"] == "rest"
    assert event["agent"][0]["who"]["identifier"]["value"] == "developer"
    assert event["outcomeDesc"]
    assert event["entity"][-1]["what"]["identifier"]["value"] == "abc-1"


def test_a_search_is_logged_once_for_each_patient_in_its_page(client: Client) -> None:
    people = [client.create(patient(n)) for n in range(3)]
    for who in (*people, people[0]):
        client.create(observation(who))
    client.get("Observation?status=final&_count=10")
    added = [e for e in events(client) if what(e)[0] == "search"]
    assert [what(e)[:2] for e in added] == [("search", "E")] * 3
    assert sorted(what(e)[2][0] for e in added) == sorted(people)
    query = next(e["query"] for e in added[0]["entity"] if "query" in e)
    assert base64.b64decode(query) == b"status=final&_count=10"


def test_an_empty_search_is_logged_without_a_patient(client: Client) -> None:
    client.get("Patient?identifier=urn:x|1")
    (event,) = events(client)
    assert what(event) == ("search", "E", [])


def test_each_entry_of_a_transaction_is_logged(client: Client) -> None:
    client.post(
        "",
        transaction(
            entry("POST", "Observation", observation(URN)), entry("POST", "Patient", patient(), URN)
        ),
    )
    assert [what(e)[0] for e in events(client)] == ["create", "create"]


@pytest.mark.parametrize("status", [400, 422])
def test_what_was_not_done_is_not_logged_as_done(client: Client, status: int) -> None:
    bad = patient(gender="f") if status == 400 else observation("Patient/unknown")
    assert client.post(bad["resourceType"], bad).status_code == status
    assert (
        client.post(
            "",
            transaction(
                entry("POST", "Patient", patient()), entry("POST", bad["resourceType"], bad)
            ),
        ).status_code
        == status
    )
    told = [(what(e)[:2], e["outcome"]) for e in events(client)]
    assert told == [(("create", "C"), "4"), (("transaction", "E"), "4")]


def test_a_read_is_answered_only_when_it_can_be_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = client.create(patient())

    def broken(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("hub.store.resources.write_audit", broken)
    for path in (made, f"{made}/_history/1", "Patient"):
        assert client.get(path).status_code == 500, path
    assert client.post("Patient", patient(2)).status_code == 500
    monkeypatch.undo()
    assert len(client.search("Patient")) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nobody_writes_the_access_log_through_the_api(client: Client, method: str) -> None:
    client.get("Patient")
    (event,) = events(client)
    path = "AuditEvent" if method == "POST" else f"AuditEvent/{event['id']}"
    answer = client.request(method, path, None if method == "DELETE" else event)
    assert answer.status_code == 403
    one = entry(method, path, None if method == "DELETE" else event)
    assert client.post("", transaction(one)).status_code == 403
    assert client.get(f"AuditEvent/{event['id']}").json() == event


def test_the_log_of_one_patient_can_be_asked_for(client: Client) -> None:
    one, other = client.create(patient(1)), client.create(patient(2))
    client.get(one)
    assert {tuple(what(e)[2]) for e in client.search(f"AuditEvent?patient={one}")} == {
        (f"{one}/_history/1", one)
    }
    assert len(client.search(f"AuditEvent?patient={other}&date=2026-11-21")) == 1


def test_what_was_refused_of_a_record_is_logged_with_whose_it_is(client: Client) -> None:
    who = client.create(patient())
    made = client.create(observation(who))
    changed = {**observation(who, value="90"), "id": made[12:]}
    client.put(made, changed, headers={"If-Match": 'W/"9"'})
    client.request("DELETE", made)
    assert client.get(made).status_code == 410
    assert client.get("Patient/none").status_code == 404
    client.get("Nonsense/1")
    refused = [e for e in events(client) if e["outcome"] != "0"]
    assert [(what(e), e["outcome"], e["outcomeDesc"]) for e in refused] == [
        (("update", "U", [f"{made}/_history/1", who]), "4", "refused: version-conflict"),
        (("read", "R", [f"{made}/_history/2", who]), "4", "refused: gone"),
        (("read", "R", ["Patient/none"]), "4", "refused: not-found"),
        (("unknown", "E", []), "4", "refused: unknown-resource-type"),
    ]


def test_what_may_not_be_done_is_logged_as_refused(client: Client) -> None:
    client.create(patient())
    (event,) = events(client)
    assert client.request("DELETE", f"AuditEvent/{event['id']}").status_code == 403
    last = events(client)[-1]
    assert (what(last)[:2], last["outcome"]) == (("delete", "D"), "4")


def test_a_transaction_that_is_refused_leaves_one_entry(client: Client) -> None:
    first, second = entry("POST", "Patient", patient()), entry("GET", "Patient/none")
    assert client.post("", transaction(first, second)).status_code == 404
    assert [(what(e), e["outcome"]) for e in events(client)] == [(("transaction", "E", []), "4")]


def test_who_is_only_included_is_in_the_log_too(client: Client) -> None:
    people = [client.create(patient(n)) for n in range(2)]
    for who in people:
        client.create(observation(who))
    made = client.create({"resourceType": "List", "status": "current", "mode": "working", "entry": [
        {"item": {"reference": who}} for who in people
    ]})  # fmt: skip
    page = client.get(f"List?_id={made[5:]}&_include=List:item").json()
    assert sorted(e["search"]["mode"] for e in page["entry"]) == ["include", "include", "match"]
    added = [e for e in events(client) if what(e)[0] == "search"]
    named = {reference for e in added for reference in what(e)[2]}
    assert named == set(people)


WAYS = (
    "AuditEvent?patient={who}",
    "AuditEvent?patient={who}&_sort=-date",
    "AuditEvent?patient={who}&_sort=date,_id",
    "AuditEvent?patient={who},Patient/other&_total=accurate",
    "AuditEvent?action=C&_count=1",
    "AuditEvent?_id={id}",
    "AuditEvent?_sort=_id",
    "AuditEvent?_sort=-_lastUpdated",
    "AuditEvent/_history",
    "AuditEvent/{id}/_history",
    "{who}/AuditEvent",
    "{who}/$everything?_type=AuditEvent",
    "Patient?_id={patient}&_revinclude=AuditEvent:patient",
    "?_type=AuditEvent,Patient",
    "?_type=AuditEvent,Patient&_sort=_lastUpdated",
)


@pytest.mark.parametrize("way", WAYS)
def test_an_entry_is_the_same_whichever_way_it_is_read(client: Client, way: str) -> None:
    who = client.create(patient())
    (event,) = events(client)
    assert client.get(f"AuditEvent/{event['id']}").json() == event
    assert client.get(f"AuditEvent/{event['id']}/_history/1").json() == event
    path = way.format(who=who, patient=who[8:], id=event["id"])
    found = [e["resource"] for e in client.get(path).json()["entry"]]
    assert [e for e in found if e["id"] == event["id"]] == [event]


def test_pages_of_the_log_go_both_ways_and_each_entry_stands_in_one(client: Client) -> None:
    for number in range(11):
        client.get(f"Patient/none-{number}")

    def ids(page: Json) -> list[str]:
        return [e["resource"]["id"] for e in page.get("entry", [])]

    def link(page: Json, name: str) -> str | None:
        found = [each["url"] for each in page["link"] if each["relation"] == name]
        return found[0].partition("/fhir/")[2] if found else None

    page = client.get("AuditEvent?_count=4&action=R").json()
    pages = [page]
    while (url := link(page, "next")) is not None:
        page = client.get(url).json()
        pages.append(page)
    seen = [one for each in pages for one in ids(each)]
    assert seen == [f"a{n}" for n in range(1, 12)]
    back = client.get(str(link(pages[-1], "previous"))).json()
    assert ids(back) == ids(pages[-2])

"""Several callers at once: exactly one wins where one must, nobody is lost, and a patient's values keep their order."""

from __future__ import annotations

import pytest

from tests.builders import (
    FNR_SYSTEM,
    Json,
    entry,
    national_id,
    observation,
    patient,
    transaction,
)
from tests.functional.hub_client import Client


def test_of_two_updates_with_the_same_if_match_exactly_one_wins(client: Client) -> None:
    made = client.create(patient())
    bodies = [{**patient(), "id": made[8:], "active": n % 2 == 0} for n in range(8)]
    answers = client.together(*[("PUT", made, b, {"If-Match": 'W/"1"'}) for b in bodies])
    assert sorted(a.status_code for a in answers) == [200] + [412] * 7
    winner = next(a for a in answers if a.status_code == 200)
    assert client.get(made).content == winner.content
    assert winner.json()["meta"]["versionId"] == "2"


def test_of_several_creates_by_update_exactly_one_creates(client: Client) -> None:
    bodies = [patient(id="a", name=[{"family": f"F{n}"}]) for n in range(8)]
    answers = client.together(*[("PUT", "Patient/a", body, {}) for body in bodies])
    assert sorted(a.status_code for a in answers) == [200] * 7 + [201]
    assert sorted(a.headers["ETag"] for a in answers) == [f'W/"{n}"' for n in range(1, 9)]


def test_of_the_same_update_at_once_one_creates_and_the_others_change_nothing(
    client: Client,
) -> None:
    body = {**patient(), "id": "a"}
    answers = client.together(*[("PUT", "Patient/a", body, {}) for _ in range(8)])
    assert sorted(a.status_code for a in answers) == [200] * 7 + [201]
    assert {a.headers["ETag"] for a in answers} == {'W/"1"'}


def test_fifty_conditional_creates_of_the_same_thing_make_one(client: Client) -> None:
    number = national_id(1)
    condition = {"If-None-Exist": f"identifier={FNR_SYSTEM}|{number}"}
    answers = client.together(*[("POST", "Patient", patient(1), condition)] * 50)
    assert sorted(a.status_code for a in answers) == [200] * 49 + [201]
    assert len({a.headers["Location"] for a in answers if a.status_code == 201}) == 1
    assert len({a.json()["id"] for a in answers}) == 1
    assert len(client.search("Patient")) == 1


def test_fifty_conditional_updates_of_the_same_thing_make_one(client: Client) -> None:
    who = client.create(patient())
    path = f"Observation?identifier=urn:x|1&subject={who}"
    bodies = [
        observation(who, value=str(n), identifier=[{"system": "urn:x", "value": "1"}])
        for n in range(50)
    ]
    answers = client.together(*[("PUT", path, body, {}) for body in bodies])
    assert sorted(a.status_code for a in answers) == [200] * 49 + [201]
    assert sorted(int(a.json()["meta"]["versionId"]) for a in answers) == list(range(1, 51))
    assert len(client.search(f"Observation?subject={who}")) == 1


def test_the_same_post_twice_at_once_makes_two_resources(client: Client) -> None:
    who = client.create(patient())
    answers = client.together(*[("POST", "Observation", observation(who), {})] * 2)
    assert [a.status_code for a in answers] == [201, 201]
    assert len(client.search(f"Observation?patient={who}")) == 2


def test_one_that_is_refused_takes_nobody_with_it(client: Client) -> None:
    who = client.create(patient())
    calls: list[tuple[str, str, Json, dict[str, str]]] = [
        ("POST", "Observation", observation(who if n % 3 else "Patient/unknown", value=str(n)), {})
        for n in range(60)
    ]
    answers = client.together(*calls)
    assert [a.status_code for a in answers] == [201 if n % 3 else 422 for n in range(60)]
    assert len(client.search(f"Observation?patient={who}&_count=100")) == 40


def test_fifty_writers_keep_the_order_of_each_patient(client: Client) -> None:
    people = [client.create(patient(n)) for n in range(5)]
    calls = [
        ("POST", "Observation", observation(people[n % 5], value=str(n)), {}) for n in range(50)
    ]
    answers = client.together(*calls)
    assert {a.status_code for a in answers} == {201}
    for place, who in enumerate(people):
        stored = client.search(f"Observation?patient={who}&_sort=_lastUpdated")
        values = [o["valueQuantity"]["value"] for o in stored]
        assert values == list(range(place, 50, 5))


def test_of_updates_and_transactions_with_the_same_if_match_exactly_one_wins(
    client: Client,
) -> None:
    made = client.create(patient())
    held, calls = {"If-Match": 'W/"1"'}, list[tuple[str, str, Json, dict[str, str]]]()
    for n in range(12):
        body = {**patient(), "id": made[8:], "name": [{"family": f"F{n}"}]}
        beside = entry("POST", "Observation", observation(made, value=str(n)))
        bundle = transaction(entry("PUT", made, body, ifMatch='W/"1"'), beside)
        calls.append(("POST", "", bundle, {}) if n % 2 else ("PUT", made, body, held))
    answers = client.together(*calls)
    assert sorted(a.status_code for a in answers) == [200] + [412] * 11
    bundled = any(a.status_code == 200 and a.json()["resourceType"] == "Bundle" for a in answers)
    assert len(client.search(f"Observation?patient={made}")) == int(bundled)
    assert client.get(f"{made}/_history?_count=0").json()["total"] == 2


def test_fifty_transactions_with_the_same_condition_share_what_one_has_made(
    client: Client,
) -> None:
    number, who = national_id(1), "urn:uuid:0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6b"
    condition = f"identifier={FNR_SYSTEM}|{number}"
    bundles = [
        transaction(
            entry("POST", "Patient", patient(1), who, ifNoneExist=condition),
            entry("POST", "Observation", observation(who, value=str(n))),
        )
        for n in range(50)
    ]
    answers = client.together(*[("POST", "", bundle, {}) for bundle in bundles])
    told = [[e["response"]["status"][:3] for e in a.json()["entry"]] for a in answers]
    assert sorted(told) == [["200", "201"]] * 49 + [["201", "201"]]
    (one,) = client.search("Patient")
    assert len(client.search(f"Observation?patient={one['id']}&_count=100")) == 50


def test_writers_of_all_kinds_leave_a_history_without_gaps(client: Client) -> None:
    made = client.create(patient())
    patch = {"Content-Type": "application/json-patch+json"}
    calls: list[tuple[str, str, object, dict[str, str]]] = []
    for n in range(10):
        body = {**patient(), "id": made[8:], "name": [{"family": f"F{n}"}]}
        calls += (
            ("PUT", made, body, {}),
            ("DELETE", made, None, {}),
            ("PATCH", made, [{"op": "add", "path": "/active", "value": n % 2 == 0}], patch),
            ("POST", "", transaction(entry("PUT", made, body), entry("GET", made)), {}),
        )
    answers = client.together(*calls)
    assert {a.status_code for a in answers} <= {200, 201, 204, 410}
    entries = client.get(f"{made}/_history?_count=100").json()["entry"]
    versions = [int(e["response"]["etag"][3:-1]) for e in entries]
    assert versions == list(range(len(versions), 0, -1))


def test_readers_see_a_transaction_whole_or_not_at_all(client: Client) -> None:
    who = client.create(patient())
    bundle = transaction(*[entry("POST", "Observation", observation(who)) for _ in range(20)])
    search = ("GET", f"Observation?patient={who}&_count=1000", None, {})
    answers = client.together(
        *[c for _ in range(5) for c in (("POST", "", bundle, {}), search, search)]
    )
    seen = [len(a.json().get("entry", ())) for a in answers if a.request.method == "GET"]
    assert {n % 20 for n in seen} == {0}
    assert len(client.search(f"Observation?patient={who}&_count=1000")) == 100


def test_what_was_answered_is_read_at_once(client: Client) -> None:
    who = client.create(patient())
    for n in range(10):
        made = client.create(observation(who, value=str(n)))
        assert client.get(made).json()["valueQuantity"]["value"] == n


def test_many_writers_share_commits(client: Client) -> None:
    who = client.create(patient())
    before = client.hub.store.engine.commits
    client.together(*[("POST", "Observation", observation(who), {})] * 50)
    assert client.hub.store.engine.commits - before < 50


@pytest.mark.embedded
@pytest.mark.parametrize("count", [1, 20])
def test_a_full_disk_is_503_and_nothing_is_half_stored(client: Client, count: int) -> None:
    who = client.create(patient())

    async def limit(pages: int) -> None:
        await client.hub.store.engine.write(lambda c: c.execute(f"PRAGMA max_page_count={pages}"))

    client.runner.run(limit(1))
    big = observation(who, note=[{"text": "x" * 50_000}])
    answers = client.together(*[("POST", "Observation", big, {})] * count)
    assert {a.status_code for a in answers} == {503}
    assert {a.headers["Retry-After"] for a in answers} == {"1"}
    client.runner.run(limit(1 << 30))
    assert client.search(f"Observation?patient={who}") == []
    assert client.post("Observation", big).status_code == 201

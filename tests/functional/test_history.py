"""History of a resource, a type and the system through HTTP: order, entries, bounds in time, pages.

Source: http://hl7.org/fhir/R4/http.html#history.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.clock import FixedClock
from hub.fhir.codec import parse
from tests.builders import Json, observation, patient
from tests.functional.hub_client import BASE, Client, codes_of

WHO = "Patient/a"


def pages(client: Client, path: str) -> list[list[Json]]:
    """A history → the entries of each of its pages."""
    found: list[list[Json]] = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        parse(answer.content, "Bundle")
        page = answer.json()
        assert page["type"] == "history"
        found.append(page.get("entry", []))
        links = {link["relation"]: link["url"] for link in page["link"]}
        path = links.get("next", "").removeprefix(BASE).lstrip("/")
    return found


def versions(client: Client, path: str) -> list[str]:
    """A history → what each entry's response is located at, of all pages."""
    return [e["response"]["location"] for page in pages(client, path) for e in page]


def references(event: Json) -> list[str]:
    """An AuditEvent → the references it holds."""
    whats = [e["what"] for e in event["entity"] if "what" in e]
    return [what["reference"] for what in whats if "reference" in what]


def live(client: Client, clock: FixedClock) -> None:
    """A patient that is created, changed, deleted and brought back, an hour between."""
    client.put(WHO, patient(id="a"))
    clock.at += timedelta(hours=1)
    client.put(WHO, patient(id="a", active=True))
    clock.at += timedelta(hours=1)
    client.request("DELETE", WHO)
    clock.at += timedelta(hours=1)
    client.put(WHO, patient(id="a"))
    clock.at += timedelta(hours=1)


def test_a_history_on_one_page_says_how_many_versions_it_has(
    client: Client, clock: FixedClock
) -> None:
    live(client, clock)
    for path in (f"{WHO}/_history", "Patient/_history", f"{WHO}/_history?_count=4"):
        assert client.get(path).json()["total"] == 4
    assert "total" not in client.get(f"{WHO}/_history?_count=3").json()
    first = client.get(f"{WHO}/_history?_count=2").json()
    rest = client.get(first["link"][1]["url"].removeprefix(f"{BASE}/")).json()
    assert (len(rest["entry"]), "total" in rest) == (2, False)


def test_a_history_has_all_versions_newest_first_deletions_included(
    client: Client, clock: FixedClock
) -> None:
    live(client, clock)
    (entries,) = pages(client, f"{WHO}/_history")
    assert [e["response"]["location"] for e in entries] == [
        f"{WHO}/_history/{n}" for n in (4, 3, 2, 1)
    ]
    assert [(e["request"]["method"], e["request"]["url"]) for e in entries] == [
        ("PUT", WHO),
        ("DELETE", WHO),
        ("PUT", WHO),
        ("POST", "Patient"),
    ]
    assert [e["response"]["status"] for e in entries] == [
        "201 Created",
        "204 No Content",
        "200 OK",
        "201 Created",
    ]
    assert [e["response"]["etag"] for e in entries] == [f'W/"{n}"' for n in (4, 3, 2, 1)]
    assert [e["response"]["lastModified"][11:13] for e in entries] == ["15", "14", "13", "12"]
    assert ["resource" in e for e in entries] == [True, False, True, True]
    assert {e["fullUrl"] for e in entries} == {f"{BASE}/{WHO}"}
    assert entries[2]["resource"] == client.get(f"{WHO}/_history/2").json()


def test_the_history_of_a_deleted_resource_stays_readable(client: Client) -> None:
    client.put(WHO, patient(id="a"))
    client.request("DELETE", WHO)
    assert versions(client, f"{WHO}/_history") == [f"{WHO}/_history/2", f"{WHO}/_history/1"]
    assert client.get(f"{WHO}/_history/2").status_code == 410


def test_the_history_of_what_never_was_is_404(client: Client) -> None:
    assert client.get("Patient/none/_history").status_code == 404


def test_an_empty_history_of_a_type_is_an_empty_bundle(client: Client) -> None:
    assert pages(client, "Patient/_history") == [[]]


def test_a_body_in_a_history_is_the_one_that_was_stored_byte_for_byte(client: Client) -> None:
    client.put(WHO, patient(id="a"))
    body = observation(WHO, value="94.50")
    made = client.create(body)
    stored = client.get(made).content
    assert stored in client.get(f"{made}/_history").content
    assert b"94.50" in stored


def test_histories_of_types_and_of_the_system_hold_what_belongs_there(
    client: Client, clock: FixedClock
) -> None:
    client.put(WHO, patient(id="a"))
    clock.at += timedelta(minutes=1)
    client.put("Observation/o", {**observation(WHO), "id": "o"})
    clock.at += timedelta(minutes=1)
    client.put("Device/d", {"resourceType": "Device", "id": "d"})
    clock.at += timedelta(minutes=1)
    client.put("Observation/o", {**observation(WHO, value="93"), "id": "o"})
    clock.at += timedelta(minutes=1)
    client.request("DELETE", "Device/d")
    assert versions(client, "Patient/_history") == [f"{WHO}/_history/1"]
    assert versions(client, "Observation/_history") == [
        "Observation/o/_history/2",
        "Observation/o/_history/1",
    ]
    assert versions(client, "_history") == [
        "Device/d/_history/2",
        "Observation/o/_history/2",
        "Device/d/_history/1",
        "Observation/o/_history/1",
        f"{WHO}/_history/1",
    ]


def test_the_access_log_has_a_history_of_its_own(client: Client) -> None:
    client.put(WHO, patient(id="a"))
    client.get(WHO)
    found = versions(client, "AuditEvent/_history?_count=1")
    assert len(found) >= 2
    assert len(set(found)) == len(found)
    assert all(place.startswith("AuditEvent/") for place in found)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-11-21T12:00:00Z", [4, 3, 2, 1]),
        ("2026-11-21T12:00:00.001Z", [4, 3, 2]),
        ("2026-11-21T15:00:00%2B01:00", [4, 3]),
        ("2026-11-21T15:00:00+01:00", [4, 3]),
        ("2026-11-21", [4, 3, 2, 1]),
        ("2026-11-22", []),
    ],
)
def test_since_bounds_when_a_version_was_made(
    client: Client, clock: FixedClock, since: str, expected: list[int]
) -> None:
    live(client, clock)
    for path in (f"{WHO}/_history", "Patient/_history", "_history"):
        found = versions(client, f"{path}?_since={since}")
        assert found == [f"{WHO}/_history/{n}" for n in expected]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-21T12:30:00Z", [1]),
        ("2026-11-21T13:00:00Z", [2]),
        ("2026-11-21T11:59:59Z", []),
        ("2026-11-21T14:10:00Z", [3]),
        ("2026-11-21T20:00:00Z", [4]),
        ("2026-11-21", [4, 3, 2, 1]),
        ("2026", [4, 3, 2, 1]),
        ("2026-11-20", []),
        ("lt2026-11-21T13:30:00Z", [2, 1]),
        ("ge2026-11-21T13:30:00Z", [4, 3, 2]),
    ],
)
def test_at_asks_for_what_was_current_then(
    client: Client, clock: FixedClock, at: str, expected: list[int]
) -> None:
    live(client, clock)
    for path in (f"{WHO}/_history", "Patient/_history", "_history"):
        found = versions(client, f"{path}?_at={at}")
        assert found == [f"{WHO}/_history/{n}" for n in expected]


def test_at_works_for_observations_too(client: Client, clock: FixedClock) -> None:
    client.put(WHO, patient(id="a"))
    client.put("Observation/o", {**observation(WHO), "id": "o"})
    clock.at += timedelta(hours=1)
    client.put("Observation/o", {**observation(WHO, value="90"), "id": "o"})
    for path in ("Observation/o/_history", "Observation/_history", "_history"):
        found = versions(client, f"{path}?_at=2026-11-21T12:30:00Z")
        assert [f for f in found if "Observation" in f] == ["Observation/o/_history/1"]
        found = versions(client, f"{path}?_at=2026-11-21T13:30:00Z")
        assert [f for f in found if "Observation" in f] == ["Observation/o/_history/2"]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("path", [f"{WHO}/_history", "Patient/_history", "_history"])
def test_pages_hold_each_version_once(client: Client, path: str, count: int) -> None:
    for n in range(3):  # all in the same millisecond: the clock stands
        client.put(WHO, patient(id="a", name=[{"family": f"F{n}"}]))
        client.put(f"Patient/b{n}", patient(n, id=f"b{n}"))
        client.put("Observation/o", {**observation(WHO, value=str(n)), "id": "o"})
    client.request("DELETE", "Patient/b1")
    whole = versions(client, path)
    divided = pages(client, f"{path}?_count={count}")
    assert [e["response"]["location"] for page in divided for e in page] == whole
    assert {len(page) for page in divided[:-1]} <= {count}
    expected = {f"{WHO}/_history": 3, "Patient/_history": 7, "_history": 10}[path]
    assert len(whole) == len(set(whole)) == expected


def test_what_is_written_while_pages_are_read_leaves_no_gap(
    client: Client, clock: FixedClock
) -> None:
    for n in range(10):
        client.put(f"Patient/b{n}", patient(n, id=f"b{n}"))
        clock.at += timedelta(seconds=1)
    seen: list[str] = []
    path = "Patient/_history?_count=3"
    while path:
        page = client.get(path).json()
        seen += [e["response"]["location"] for e in page.get("entry", ())]
        links = {link["relation"]: link["url"] for link in page["link"]}
        path = links.get("next", "").removeprefix(BASE).lstrip("/")
        for n in range(10):  # current versions become former ones under the reader's feet
            client.put(f"Patient/b{n}", patient(n, id=f"b{n}", name=[{"family": f"X{len(seen)}"}]))
    assert seen == [f"Patient/b{n}/_history/1" for n in range(9, -1, -1)]


def test_no_count_gives_the_total_alone_and_no_way_on(client: Client, clock: FixedClock) -> None:
    live(client, clock)
    made = clock.now().isoformat().replace("+", "%2B")
    client.put(WHO, patient(id="a", active=False))
    client.create(observation(WHO))
    for path, total in (
        (f"{WHO}/_history", 5),
        ("Patient/_history", 5),
        ("_history", 6),
        ("Observation/_history", 1),
        (f"Patient/_history?_since={made}", 1),
        ("Task/_history", 0),
    ):
        page = client.get(f"{path}{'&' if '?' in path else '?'}_count=0").json()
        assert ("entry" in page, page["total"]) == (False, total), path
        assert [link["relation"] for link in page["link"]] == ["self"]
    assert client.get("AuditEvent/_history?_count=0").json()["total"] > 0


def test_a_version_has_one_number_and_no_other_spelling(client: Client) -> None:
    client.put(WHO, patient(id="a"))
    assert client.get(f"{WHO}/_history/1").status_code == 200
    for other in ("01", "+1", "1.0", "0", "1%20"):
        assert client.get(f"{WHO}/_history/{other}").status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("_list=Patient/1", "not-supported"),
        ("_list=", "not-supported"),
        ("_since=ge2026", "bad-parameter"),
        ("_since=yesterday", "bad-parameter"),
        ("_since=", "bad-parameter"),
        ("_since=2026-02-30", "bad-parameter"),
        ("_at=ne2026", "bad-parameter"),
        ("_at=x", "bad-parameter"),
        ("_count=-1", "bad-parameter"),
        ("_count=many", "bad-parameter"),
        ("_cursor=x", "bad-parameter"),
        ("_cursor=WzEsMiwzLDRd", "bad-parameter"),
        ("_since=2026&_since=2027", "bad-parameter"),
        ("name=x", "unknown-parameter"),
        ("_sort=_lastUpdated", "unknown-parameter"),
    ],
)
@pytest.mark.parametrize("path", [f"{WHO}/_history", "Patient/_history", "_history"])
def test_what_a_history_cannot_answer_is_refused(
    client: Client, path: str, query: str, code: str
) -> None:
    client.put(WHO, patient(id="a"))
    answer = client.get(f"{path}?{query}")
    assert (answer.status_code, codes_of(answer)) == (400, [code])


def test_lenient_handling_leaves_out_what_is_unknown(client: Client) -> None:
    client.put(WHO, patient(id="a"))
    answer = client.get(f"{WHO}/_history?name=x", headers={"Prefer": "handling=lenient"})
    assert answer.status_code == 200
    answer = client.get(f"{WHO}/_history?_list=x", headers={"Prefer": "handling=lenient"})
    assert answer.status_code == 400


def test_a_page_is_never_larger_than_the_hub_allows(client: Client) -> None:
    for n in range(60):
        client.put(f"Patient/b{n}", patient(n, id=f"b{n}"))
    assert [len(page) for page in pages(client, "Patient/_history")] == [50, 10]
    assert [len(page) for page in pages(client, "Patient/_history?_count=99999999")] == [60]


def test_head_gives_the_headers_of_get(client: Client) -> None:
    client.put(WHO, patient(id="a"))
    for path in (f"{WHO}/_history", "Patient/_history", "_history"):
        expected = client.get(path)
        answer = client.request("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(expected.content))


def test_each_history_that_is_read_is_logged_for_each_patient_in_it(client: Client) -> None:
    for n in range(2):
        client.put(f"Patient/b{n}", patient(n, id=f"b{n}"))
    for path in ("Patient/b0/_history", "Patient/_history", "_history"):
        client.get(path)
    logged = [
        (e["subtype"][0]["code"], references(e)[:1])
        for e in client.search("AuditEvent?_count=100")
        if e["subtype"][0]["code"].startswith("history")
    ]
    assert logged == [
        ("history-instance", ["Patient/b0"]),
        ("history-type", ["Patient/b0"]),
        ("history-type", ["Patient/b1"]),
        ("history-system", ["Patient/b0"]),
        ("history-system", ["Patient/b1"]),
    ]

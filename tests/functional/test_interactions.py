"""read, vread, create, update and delete through HTTP: status, headers and bodies to the letter.

Source: http://hl7.org/fhir/R4/http.html.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.clock import FixedClock
from tests.builders import observation, patient
from tests.functional.hub_client import BASE, Client, codes_of, expressions_of

FIRST = "00000000-0000-4000-8000-000000000001"


def test_create_answers_201_with_location_etag_and_last_modified(client: Client) -> None:
    answer = client.post("Patient", patient())
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{BASE}/Patient/{FIRST}/_history/1"
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert answer.headers["Content-Type"] == "application/fhir+json;charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_create_does_not_use_the_id_and_the_version_of_the_body(client: Client) -> None:
    body = {
        **patient(),
        "id": "mine",
        "meta": {"versionId": "7", "lastUpdated": "2001-01-01T00:00:00Z"},
    }
    made = client.post("Patient", body).json()
    assert made["id"] == FIRST
    assert made["meta"]["versionId"] == "1"
    assert made["meta"]["lastUpdated"] == "2026-11-21T12:00:00.000Z"


def test_create_keeps_profiles_and_tags_of_the_body(client: Client) -> None:
    meta = {"profile": ["https://example.org/p"], "tag": [{"system": "urn:x", "code": "a"}]}
    made = client.post("Patient", {**patient(), "meta": meta}).json()
    assert made["meta"]["profile"] == ["https://example.org/p"]
    assert made["meta"]["tag"] == [{"system": "urn:x", "code": "a"}]


def test_read_gives_the_stored_bytes_and_their_headers(client: Client) -> None:
    made = client.post("Patient", patient())
    answer = client.get(f"Patient/{FIRST}")
    assert (answer.status_code, answer.content) == (200, made.content)
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize("tag", ['W/"1"', '"1"', 'W/"4", W/"1"', "*"])
def test_read_of_a_version_already_held_is_304_without_a_body(client: Client, tag: str) -> None:
    client.post("Patient", patient())
    answer = client.get(f"Patient/{FIRST}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == 'W/"1"'


def test_read_of_a_version_not_held_is_200(client: Client) -> None:
    client.post("Patient", patient())
    assert client.get(f"Patient/{FIRST}", headers={"If-None-Match": 'W/"2"'}).status_code == 200


def test_head_gives_the_headers_of_get_and_no_body(client: Client) -> None:
    made = client.post("Patient", patient())
    answer = client.request("HEAD", f"Patient/{FIRST}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(made.content))


@pytest.mark.parametrize("path", ["Patient/none", "Patient/none/_history/1"])
def test_what_never_was_is_404(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, codes_of(answer)) == (404, ["not-found"])


def test_every_version_stays_readable(client: Client, clock: FixedClock) -> None:
    first = client.post("Patient", patient()).content
    clock.at += timedelta(minutes=1)
    second = client.put(f"Patient/{FIRST}", {**patient(), "id": FIRST, "active": True})
    assert (second.status_code, second.headers["ETag"]) == (200, 'W/"2"')
    assert second.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:01:00 GMT"
    assert client.get(f"Patient/{FIRST}/_history/1").content == first
    answer = client.get(f"Patient/{FIRST}/_history/2")
    assert (answer.content, answer.headers["ETag"]) == (second.content, 'W/"2"')
    assert client.get(f"Patient/{FIRST}").content == second.content


@pytest.mark.parametrize("version", ["0", "3", "x", "99999999999999999999"])
def test_a_version_that_never_was_is_404(client: Client, version: str) -> None:
    client.post("Patient", patient())
    assert client.get(f"Patient/{FIRST}/_history/{version}").status_code == 404


def test_update_of_an_unknown_id_creates_it(client: Client) -> None:
    answer = client.put("Patient/ours-1", {**patient(), "id": "ours-1"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{BASE}/Patient/ours-1/_history/1"
    assert client.get("Patient/ours-1").status_code == 200


@pytest.mark.parametrize("inside", [{}, {"id": "other"}])
def test_update_needs_the_id_of_the_url_in_the_body(client: Client, inside: dict[str, str]) -> None:
    answer = client.put("Patient/ours-1", {**patient(), **inside})
    assert (answer.status_code, codes_of(answer)) == (400, ["id-mismatch"])
    assert expressions_of(answer) == ["Patient.id"]


def test_if_match_lets_the_named_version_be_changed(client: Client) -> None:
    client.post("Patient", patient())
    answer = client.put(
        f"Patient/{FIRST}", {**patient(), "id": FIRST}, headers={"If-Match": 'W/"1"'}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("path", [f"Patient/{FIRST}", "Patient/unknown"])
def test_if_match_with_another_version_is_412_and_changes_nothing(
    client: Client, path: str
) -> None:
    before = client.post("Patient", patient()).content
    body = {**patient(), "id": path[8:], "active": False}
    answer = client.put(path, body, headers={"If-Match": 'W/"9"'})
    assert (answer.status_code, codes_of(answer)) == (412, ["version-conflict"])
    assert client.get(f"Patient/{FIRST}").content == before


def test_if_match_that_is_no_entity_tag_is_refused(client: Client) -> None:
    answer = client.put("Patient/a", {**patient(), "id": "a"}, headers={"If-Match": "1"})
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"])


def test_if_none_match_star_never_overwrites(client: Client) -> None:
    body = {**patient(), "id": "a"}
    assert client.put("Patient/a", body, headers={"If-None-Match": "*"}).status_code == 201
    answer = client.put("Patient/a", body, headers={"If-None-Match": "*"})
    assert (answer.status_code, codes_of(answer)) == (412, ["version-conflict"])


def test_delete_leaves_a_tombstone_and_the_history(client: Client) -> None:
    client.post("Patient", patient())
    answer = client.request("DELETE", f"Patient/{FIRST}")
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (204, b"", 'W/"2"')
    gone = client.get(f"Patient/{FIRST}")
    assert (gone.status_code, codes_of(gone)) == (410, ["gone"])
    assert client.get(f"Patient/{FIRST}/_history/2").status_code == 410
    assert client.get(f"Patient/{FIRST}/_history/1").status_code == 200
    assert client.search("Patient") == []


def test_delete_twice_is_204_and_makes_no_new_version(client: Client) -> None:
    client.post("Patient", patient())
    client.request("DELETE", f"Patient/{FIRST}")
    again = client.request("DELETE", f"Patient/{FIRST}")
    assert (again.status_code, again.headers["ETag"]) == (204, 'W/"2"')


def test_delete_of_what_never_was_is_204_as_the_specification_says(client: Client) -> None:
    answer = client.request("DELETE", "Patient/none")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "ETag" not in answer.headers
    assert client.get("Patient/none").status_code == 404


def test_delete_heeds_if_match(client: Client) -> None:
    client.post("Patient", patient())
    answer = client.request("DELETE", f"Patient/{FIRST}", headers={"If-Match": 'W/"2"'})
    assert answer.status_code == 412
    assert client.get(f"Patient/{FIRST}").status_code == 200


def test_update_brings_a_deleted_resource_back_with_the_next_version(client: Client) -> None:
    client.post("Patient", patient())
    client.request("DELETE", f"Patient/{FIRST}")
    answer = client.put(f"Patient/{FIRST}", {**patient(), "id": FIRST})
    assert (answer.status_code, answer.headers["ETag"]) == (201, 'W/"3"')
    assert answer.headers["Location"] == f"{BASE}/Patient/{FIRST}/_history/3"
    assert len(client.search("Patient")) == 1


def test_a_resource_never_moves_to_another_patient(client: Client) -> None:
    one, other = client.create(patient(1)), client.create(patient(2))
    made = client.create(observation(one))
    moved = {**observation(other), "id": made.partition("/")[2]}
    answer = client.put(made, moved)
    assert (answer.status_code, codes_of(answer)) == (422, ["subject-changed"])
    assert expressions_of(answer) == ["Observation.subject"]


@pytest.mark.parametrize(
    "subject",
    [
        None,
        {"reference": "Patient/unknown"},
        {"reference": "https://elsewhere.example/fhir/Patient/1"},
        {"identifier": {"system": "urn:x", "value": "1"}},
        {"display": "Kari"},
    ],
)
def test_an_observation_needs_a_subject_that_is_here(client: Client, subject: object) -> None:
    body = observation("Patient/x")
    del body["subject"]
    answer = client.post("Observation", body if subject is None else {**body, "subject": subject})
    assert (answer.status_code, codes_of(answer)) == (422, ["unknown-subject"])
    assert expressions_of(answer) == ["Observation.subject"]
    assert client.search("Observation") == []


def test_an_observation_of_a_deleted_patient_is_refused(client: Client) -> None:
    made = client.create(patient())
    client.request("DELETE", made)
    assert client.post("Observation", observation(made)).status_code == 422


@pytest.mark.parametrize(
    "system", ["urn:oid:2.16.578.1.12.4.1.4.1", "http://hl7.no/fhir/NamingSystem/FNR"]
)
def test_a_subject_may_be_named_by_the_person_number(client: Client, system: str) -> None:
    who = client.create(patient())
    number = patient()["identifier"][0]["value"]
    body = {**observation(who), "subject": {"identifier": {"system": system, "value": number}}}
    made = client.create(body)
    assert [o["id"] for o in client.search(f"Observation?patient={who}")] == [made[12:]]


def test_an_absolute_reference_to_this_server_is_local(client: Client) -> None:
    who = client.create(patient())
    made = client.create(observation(f"{BASE}/{who}"))
    assert [o["id"] for o in client.search(f"Observation?subject={who}")] == [made[12:]]


@pytest.mark.parametrize(
    "written", ["94.50", "0.10", "100", "5E+1", "1e2", "1." + "1" * 29, "9" * 30]
)
def test_decimals_come_back_as_they_were_written(client: Client, written: str) -> None:
    who = client.create(patient())
    raw = (
        b'{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"x"}]},'
        b'"subject":{"reference":"%s"},"valueQuantity":{"value":%s}}'
        % (who.encode(), written.encode())
    )
    answer = client.post("Observation", raw)
    if "e" in written.lower():
        assert answer.status_code in (201, 400)
        return
    assert answer.status_code == 201, answer.text
    expected = b'"value":%s}' % written.encode()
    assert expected in client.get(f"Observation/{answer.json()['id']}").content
    assert expected in client.get(f"Observation?patient={who}").content


def test_bytes_of_the_body_are_kept_but_for_id_and_meta(client: Client) -> None:
    body = b'{ "resourceType" : "Patient",\n  "gender" : "other" , "name":[{"text":"\\u00c5se \xc3\xb8"}] }'
    stored = client.post("Patient", body).content
    assert b',\n  "gender" : "other" , "name":[{"text":"\\u00c5se \xc3\xb8"}] }' in stored


def test_if_match_may_name_several_versions(client: Client) -> None:
    client.post("Patient", patient())
    body = {**patient(), "id": FIRST, "active": True}
    for tag, status in (('W/"7", W/"9"', 412), ('W/"7", "1"', 200)):
        answer = client.put(f"Patient/{FIRST}", body, headers={"If-Match": tag})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Sat, 21 Nov 2026 12:00:00 GMT", 304),
        ("Saturday, 21-Nov-26 12:00:01 GMT", 304),
        ("Sat Nov 21 12:00:00 2026", 304),
        ("Sat, 21 Nov 2026 11:59:59 GMT", 200),
        ("yesterday", 200),
        ("", 200),
    ],
)
def test_if_modified_since_is_heeded_when_it_is_a_date(
    client: Client, since: str, status: int
) -> None:
    client.post("Patient", patient())
    answer = client.get(f"Patient/{FIRST}", headers={"If-Modified-Since": since})
    assert answer.status_code == status
    assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"


def test_if_none_match_outranks_if_modified_since(client: Client) -> None:
    client.post("Patient", patient())
    later = {"If-Modified-Since": "Sun, 22 Nov 2026 12:00:00 GMT", "If-None-Match": 'W/"2"'}
    assert client.get(f"Patient/{FIRST}", headers=later).status_code == 200


def test_what_is_read_is_told_by_its_own_address(client: Client) -> None:
    client.post("Patient", patient())
    answer = client.get(f"Patient/{FIRST}")
    assert answer.headers["Content-Location"] == f"{BASE}/Patient/{FIRST}/_history/1"
    answer = client.put(f"Patient/{FIRST}", {**patient(), "id": FIRST, "active": True})
    assert answer.headers["Content-Location"] == f"{BASE}/Patient/{FIRST}/_history/2"
    assert "Location" not in answer.headers


# An update that says nothing new


def test_an_update_that_says_nothing_new_makes_no_version(
    client: Client, clock: FixedClock
) -> None:
    made = client.post("Patient", patient())
    clock.at += timedelta(minutes=1)
    answer = client.put(f"Patient/{FIRST}", {**patient(), "id": FIRST})
    assert (answer.status_code, answer.content) == (200, made.content)
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert client.get(f"Patient/{FIRST}/_history/2").status_code == 404


def test_what_was_read_may_be_sent_back_and_makes_no_version(client: Client) -> None:
    client.post("Patient", patient(meta={"tag": [{"system": "urn:x", "code": "a"}]}))
    answer = client.put(f"Patient/{FIRST}", client.get(f"Patient/{FIRST}").content)
    assert answer.headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(
    "again",
    [
        b'{"gender":"other","birthDate":"1960-01-01","resourceType":"Patient","id":"a"}',
        b'{"resourceType":"Patient","id":"a",\n  "birthDate" : "1960-01-01", "gender":"\\u006fther"}',
    ],
    ids=["another order", "blanks and escapes"],
)
def test_order_blanks_and_escapes_are_nothing_new(client: Client, again: bytes) -> None:
    first = b'{"resourceType":"Patient","id":"a","gender":"other","birthDate":"1960-01-01"}'
    client.put("Patient/a", first)
    assert client.put("Patient/a", again).headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(
    ("one", "other"), [("94.50", "94.5"), ("100", "100.0"), ("0.1", "0.2"), ("1e2", "100")]
)
def test_other_digits_are_something_new(client: Client, one: str, other: str) -> None:
    who = client.create(patient())

    def body(value: str) -> bytes:
        return (
            b'{"resourceType":"Observation","id":"a","status":"final","code":{"text":"x"},"subject":{"reference":"%s"},'
            b'"valueQuantity":{"value":%s}}' % (who.encode(), value.encode())
        )

    client.put("Observation/a", body(one))
    answer = client.put("Observation/a", body(other))
    assert answer.headers["ETag"] == 'W/"2"'
    assert body(other)[-20:] in answer.content


def test_another_order_in_an_array_is_something_new(client: Client) -> None:
    names = [{"family": "A"}, {"family": "B"}]
    client.put("Patient/a", patient(id="a", name=names))
    answer = client.put("Patient/a", patient(id="a", name=names[::-1]))
    assert answer.headers["ETag"] == 'W/"2"'


def test_a_version_is_never_older_than_the_one_before(client: Client, clock: FixedClock) -> None:
    client.post("Patient", patient())
    clock.at -= timedelta(hours=1)
    answer = client.put(f"Patient/{FIRST}", {**patient(), "id": FIRST, "active": True})
    assert answer.json()["meta"]["lastUpdated"] == "2026-11-21T12:00:00.000Z"
    assert client.request("DELETE", f"Patient/{FIRST}").status_code == 204


def test_a_resource_that_was_brought_back_can_be_deleted_again(client: Client) -> None:
    body = {**patient(), "id": "a"}
    for n in range(3):
        assert client.put("Patient/a", body).headers["ETag"] == f'W/"{2 * n + 1}"'
        assert client.request("DELETE", "Patient/a").headers["ETag"] == f'W/"{2 * n + 2}"'
        assert client.get("Patient/a").status_code == 410

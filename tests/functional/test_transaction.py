"""Transactions: all or none, in the specification's order, with the links between entries resolved.

Source: http://hl7.org/fhir/R4/http.html#transaction.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.fhir.codec import parse
from tests.builders import Json, entry, national_id, observation, patient, to_json, transaction
from tests.functional.hub_client import BASE, Client, codes_of, expressions_of

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"
OTHER = "urn:uuid:99999999-2222-4333-8444-555555555555"


def run(client: Client, *entries: Json) -> list[Json]:
    """Entries → the entries of the answer."""
    answer = client.post("", transaction(*entries))
    assert answer.status_code == 200, answer.text
    parse(answer.content, "Bundle")
    return answer.json().get("entry", [])


def stored(client: Client, answer: Json) -> Json:
    """An entry of the answer → the resource it tells of."""
    return client.get(answer["response"]["location"]).json()


def test_urn_uuid_links_become_the_new_references(client: Client) -> None:
    made = run(
        client,
        entry("POST", "Observation", observation(URN)),
        entry("POST", "Patient", patient(), URN),
    )
    assert [a["response"]["status"] for a in made] == ["201 Created", "201 Created"]
    who = stored(client, made[1])
    assert stored(client, made[0])["subject"]["reference"] == f"Patient/{who['id']}"


def test_the_answer_has_status_location_etag_and_last_modified_in_the_order_of_the_bundle(
    client: Client,
) -> None:
    known = client.create(patient(1))
    here = {**patient(1), "id": known[8:], "active": True}
    made = run(
        client,
        entry("GET", known),
        entry("PUT", known, here),
        entry("POST", "Patient", patient(2)),
        entry("PUT", "Patient/new", {**patient(3), "id": "new"}),
    )
    assert [a["response"]["status"] for a in made] == [
        "200 OK",
        "200 OK",
        "201 Created",
        "201 Created",
    ]
    assert made[0]["resource"]["meta"]["versionId"] == "2"
    assert made[1]["response"] == {
        "status": "200 OK",
        "location": f"{known}/_history/2",
        "etag": 'W/"2"',
        "lastModified": "2026-11-21T12:00:00.000Z",
    }


def test_deletes_run_before_creates_and_updates_and_reads_run_last(client: Client) -> None:
    old = client.create(patient(1))
    made = run(
        client,
        entry("GET", "Patient/new"),
        entry("PUT", "Patient/new", {**patient(2), "id": "new"}),
        entry("DELETE", old),
    )
    assert [a["response"]["status"] for a in made] == ["200 OK", "201 Created", "204 No Content"]
    assert client.get(old).status_code == 410


def test_a_patient_deleted_in_the_same_transaction_takes_no_observation(client: Client) -> None:
    who = client.create(patient())
    answer = client.post(
        "", transaction(entry("POST", "Observation", observation(who)), entry("DELETE", who))
    )
    assert (answer.status_code, codes_of(answer)) == (422, ["unknown-subject"])
    assert client.get(who).status_code == 200


def test_links_stand_in_attachments_and_narratives_but_not_in_canonicals_and_texts(
    client: Client,
) -> None:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{URN}">who</a> {URN}</div>'
    letter: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"{URN}/_history/7"},
        "content": [{"attachment": {"url": OTHER}}],
        "text": {"status": "generated", "div": div},
        "extension": [
            {"url": "https://example.org/a", "valueCanonical": URN},
            {"url": "https://example.org/b", "valueString": URN},
        ],
    }
    picture: Json = {"resourceType": "Binary", "contentType": "image/png", "data": "AAAA"}
    made = run(
        client,
        entry("POST", "DocumentReference", letter),
        entry("POST", "Patient", patient(), URN),
        entry("POST", "Binary", picture, OTHER),
    )
    told, who, what = (a["response"]["location"].partition("/_history")[0] for a in made)
    kept = client.get(told).json()
    assert kept["subject"]["reference"] == f"{who}/_history/1"
    assert kept["content"][0]["attachment"]["url"] == what
    assert kept["text"]["div"] == div.replace(f'"{URN}"', f'"{who}"')
    assert kept["extension"] == letter["extension"]


def test_what_is_put_under_its_canonical_url_keeps_it(client: Client) -> None:
    url = "https://example.org/fhir/Questionnaire/q"
    form: Json = {"resourceType": "Questionnaire", "id": "q", "url": url, "status": "active"}
    answers: Json = {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": url}  # fmt: skip
    made = run(
        client,
        entry("PUT", "Questionnaire/q", form, url),
        entry("POST", "QuestionnaireResponse", answers),
    )
    assert [stored(client, made[0])["url"], stored(client, made[1])["questionnaire"]] == [url, url]


def test_links_are_resolved_wherever_an_element_refers(client: Client) -> None:
    made = run(
        client,
        entry("POST", "Patient", patient(), URN),
        entry(
            "POST",
            "Observation",
            observation(
                URN,
                extension=[
                    {"url": "https://example.org/a", "valueReference": {"reference": URN}},
                    {"url": "https://example.org/b", "valueUri": OTHER},
                ],
                derivedFrom=[{"reference": OTHER}],
            ),
        ),
        entry("POST", "Observation", observation(URN), OTHER),
    )
    who, other = stored(client, made[0])["id"], stored(client, made[2])["id"]
    one = stored(client, made[1])
    assert one["extension"][0]["valueReference"]["reference"] == f"Patient/{who}"
    assert one["extension"][1]["valueUri"] == f"Observation/{other}"
    assert one["derivedFrom"] == [{"reference": f"Observation/{other}"}]


def test_links_inside_contained_resources_are_resolved(client: Client) -> None:
    contained = {
        "resourceType": "Provenance",
        "id": "p",
        "target": [{"reference": "#"}],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"reference": URN}}],
    }
    body = observation(
        URN,
        contained=[contained],
        extension=[{"url": "urn:x", "valueReference": {"reference": "#p"}}],
    )
    made = run(client, entry("POST", "Patient", patient(), URN), entry("POST", "Observation", body))
    who = stored(client, made[0])["id"]
    assert (
        stored(client, made[1])["contained"][0]["agent"][0]["who"]["reference"] == f"Patient/{who}"
    )


def test_a_uuid_as_a_value_is_no_link_and_stays(client: Client) -> None:
    identifier = [{"system": "urn:ietf:rfc:3986", "value": URN}]
    made = run(client, entry("POST", "Patient", patient(identifier=identifier), URN))
    assert stored(client, made[0])["identifier"] == identifier


def test_an_update_may_be_linked_to_as_well(client: Client) -> None:
    made = run(
        client,
        entry("PUT", "Patient/known", {**patient(), "id": "known"}, URN),
        entry("POST", "Observation", observation(URN)),
    )
    assert stored(client, made[1])["subject"]["reference"] == "Patient/known"


def test_a_full_url_elsewhere_is_linked_to_absolutely_and_relative_to_its_root(
    client: Client,
) -> None:
    root = "https://elsewhere.example/fhir"
    made = run(
        client,
        entry("POST", "Patient", patient(), f"{root}/Patient/7"),
        entry("POST", "Observation", observation(f"{root}/Patient/7"), URN),
        entry("POST", "Observation", observation("Patient/7"), f"{root}/Observation/8"),
    )
    who = stored(client, made[0])["id"]
    assert [stored(client, made[n])["subject"]["reference"] for n in (1, 2)] == [
        f"Patient/{who}"
    ] * 2


def test_a_relative_link_is_not_turned_into_a_patient_from_elsewhere(client: Client) -> None:
    ours = client.put("Patient/7", {**patient(1), "id": "7"})
    assert ours.status_code == 201
    made = run(
        client,
        entry("POST", "Patient", patient(2), "https://elsewhere.example/fhir/Patient/7"),
        entry("POST", "Observation", observation("Patient/7"), URN),
        entry("POST", "Observation", observation(f"{BASE}/Patient/7")),
    )
    assert [stored(client, made[n])["subject"]["reference"] for n in (1, 2)] == [
        "Patient/7",
        f"{BASE}/Patient/7",
    ]
    assert len(client.search("Observation?patient=Patient/7")) == 2


@pytest.mark.parametrize("full_url", [None, URN, "https://elsewhere.example/fhir/Practitioner/who"])
@pytest.mark.parametrize("version", ["", "/_history/1"])
def test_a_reference_by_the_own_id_of_what_is_created_is_refused_and_told_what_to_do(
    client: Client, full_url: str | None, version: str
) -> None:
    """That id is given up: the reference would lead nowhere, or to somebody else who has it here."""
    who = {"resourceType": "Practitioner", "id": "who"}
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": f"Practitioner/who{version}"},
    }
    for here in (False, True):
        if here:
            assert client.put("Practitioner/who", who).status_code == 201
        answer = client.post(
            "",
            transaction(
                entry("POST", "PractitionerRole", role),
                entry("POST", "Practitioner", who, full_url),
            ),
        )
        assert (422, ["unknown-reference"]) == (answer.status_code, codes_of(answer))
        assert expressions_of(answer) == ["Bundle.entry[0].resource"]
        assert "fullUrl such as urn:uuid:…" in answer.text
    assert client.search("PractitionerRole") == []


def test_an_own_id_is_no_matter_where_the_reference_is_clear(client: Client) -> None:
    """By the root of the entry's fullUrl, as a whole URL of this server, or because another entry puts it there."""
    who = {**patient(1), "id": "who"}
    assert client.put("Patient/who", who).status_code == 201
    made = run(
        client,
        entry("POST", "Patient", {**patient(2), "id": "who"}, "https://elsewhere.example/Patient/who"),
        entry("POST", "Observation", observation("Patient/who"), "https://elsewhere.example/Observation/1"),
        entry("POST", "Observation", observation(f"{BASE}/Patient/who")),
    )  # fmt: skip
    new = stored(client, made[0])["id"]
    assert stored(client, made[1])["subject"]["reference"] == f"Patient/{new}"
    assert stored(client, made[2])["subject"]["reference"] == f"{BASE}/Patient/who"
    made = run(
        client,
        entry("POST", "Patient", {**patient(3), "id": "who"}),
        entry("PUT", "Patient/who", {**who, "active": True}),
        entry("POST", "Observation", observation("Patient/who")),
    )
    assert stored(client, made[2])["subject"]["reference"] == "Patient/who"


def test_one_bad_entry_refuses_all_and_is_named_by_its_place(client: Client) -> None:
    answer = client.post(
        "",
        transaction(
            entry("POST", "Patient", patient(1)),
            entry("POST", "Patient", patient(2, gender="f")),
            entry(
                "POST",
                "Patient",
                patient(3, birthDate="x", contact=[{"name": {"family": "a"}, "gender": "f"}]),
            ),
        ),
    )
    assert answer.status_code == 400
    assert expressions_of(answer) == [
        "Bundle.entry[1].resource.gender",
        "Bundle.entry[2].resource.birthDate",
        "Bundle.entry[2].resource.contact[0].gender",
    ]
    assert client.search("Patient") == []


def test_an_entry_that_fails_in_the_store_undoes_those_before_it(client: Client) -> None:
    answer = client.post(
        "",
        transaction(
            entry("POST", "Patient", patient(1)),
            entry("POST", "Observation", observation("Patient/unknown")),
        ),
    )
    assert (answer.status_code, codes_of(answer)) == (422, ["unknown-subject"])
    assert expressions_of(answer) == ["Bundle.entry[1].resource.subject"]
    assert client.search("Patient") == []
    told = client.search("AuditEvent?_count=1000&date=lt2026-11-21T12:00:01Z")
    done = {each["subtype"][0]["code"] for each in told if each["outcome"] == "0"}
    assert done == {"search"}


@pytest.mark.parametrize("tag", ['W/"9"', "9"])
def test_if_match_inside_an_entry_is_heeded(client: Client, tag: str) -> None:
    known = client.create(patient(1))
    here = {**patient(1), "id": known[8:], "active": True}
    answer = client.post("", transaction(entry("PUT", known, here, ifMatch=tag)))
    assert answer.status_code == (412 if "W" in tag else 400)
    assert expressions_of(answer) in (["Bundle.entry[0]"], ["Bundle.entry[0].request.ifMatch"])
    assert run(client, entry("PUT", known, here, ifMatch='W/"1"'))[0]["response"]["etag"] == 'W/"2"'


def test_if_none_match_inside_an_entry_never_overwrites(client: Client) -> None:
    body = {**patient(), "id": "a"}
    assert run(client, entry("PUT", "Patient/a", body, ifNoneMatch="*"))
    answer = client.post("", transaction(entry("PUT", "Patient/a", body, ifNoneMatch="*")))
    assert (answer.status_code, codes_of(answer)) == (412, ["version-conflict"])


@pytest.mark.parametrize("second", ["PUT", "DELETE"])
def test_two_changes_of_one_resource_are_refused(client: Client, second: str) -> None:
    body = {**patient(), "id": "a"}
    client.put("Patient/a", body)
    answer = client.post(
        "",
        transaction(
            entry("PUT", "Patient/a", body),
            entry(second, "Patient/a", body if second == "PUT" else None),
        ),
    )
    assert (answer.status_code, codes_of(answer)) == (422, ["business-rule"])
    assert expressions_of(answer) == ["Bundle.entry[1].request.url"]


@pytest.mark.parametrize("order", [("GET", "PUT"), ("PUT", "GET")])
def test_a_resource_may_be_changed_and_read_in_one_transaction(
    client: Client, order: tuple[str, str]
) -> None:
    body = {**patient(), "id": "a"}
    client.put("Patient/a", {**body, "active": True})
    made = run(client, *[entry(m, "Patient/a", body if m == "PUT" else None) for m in order])
    assert made[order.index("GET")]["resource"]["meta"]["versionId"] == "2"


def test_two_entries_must_not_have_the_same_full_url(client: Client) -> None:
    answer = client.post(
        "",
        transaction(
            entry("POST", "Patient", patient(1), URN), entry("POST", "Patient", patient(2), URN)
        ),
    )
    assert answer.status_code in (400, 422)
    assert client.search("Patient") == []


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        ({"resource": patient()}, 400),
        ({"request": {"method": "POST"}, "resource": patient()}, 400),
        ({"request": {"method": "POST", "url": "Patient"}}, 400),
        ({"request": {"method": "PATCH", "url": "Patient/1"}, "resource": patient()}, 400),
        ({"request": {"method": "HEAD", "url": "Patient/1"}}, 404),
        ({"request": {"method": "GET", "url": ""}}, 400),
        ({"request": {"method": "POST", "url": ""}, "resource": patient()}, 400),
        ({"request": {"method": "GET", "url": "Patient?_count=%FF"}}, 400),
        ({"request": {"method": "PATCH", "url": "Patient/1"}}, 400),
        ({"request": {"method": "POST", "url": "Patient/1"}, "resource": patient()}, 400),
        ({"request": {"method": "PUT", "url": "Patient"}, "resource": patient()}, 400),
        ({"request": {"method": "POST", "url": "Nothing"}, "resource": patient()}, 404),
        ({"request": {"method": "POST", "url": "Device"}, "resource": patient()}, 400),
        ({"request": {"method": "PUT", "url": "Patient/1"}, "resource": patient()}, 400),
        (
            {
                "request": {"method": "POST", "url": "Patient", "ifNoneExist": "a=b"},
                "resource": patient(),
            },
            400,
        ),
        ({"request": {"method": "DELETE", "url": "Patient?nme=x"}}, 400),
        ({"request": {"method": "GET", "url": "Patient?nme=x"}}, 400),
        ({"request": {"method": "DELETE", "url": "Patient"}}, 400),
        ({"request": {"method": "GET", "url": "Patient/unknown"}}, 404),
        (
            {
                "request": {"method": "POST", "url": "AuditEvent"},
                "resource": {"resourceType": "AuditEvent"},
            },
            400,
        ),
        ({}, 400),
    ],
)
def test_an_entry_that_cannot_be_carried_out_is_refused_with_its_place(
    client: Client, broken: Any, status: int
) -> None:
    answer = client.post("", transaction(entry("POST", "Patient", patient(5)), broken))
    assert answer.status_code == status, answer.text
    whole = "request" not in broken  # bdl-3 is a rule of the Bundle itself
    where = "Bundle" if whole else "Bundle.entry[1]"
    assert expressions_of(answer), answer.text
    assert all(e.startswith(where) for e in expressions_of(answer)), answer.text
    assert client.search("Patient") == []


@pytest.mark.parametrize("kind", ["collection", "history", "searchset"])
def test_a_bundle_of_another_kind_is_refused(client: Client, kind: str) -> None:
    answer = client.post("", {"resourceType": "Bundle", "type": kind})
    assert answer.status_code == 400
    assert "Bundle.type" in expressions_of(answer)


def test_a_transaction_without_entries_is_answered_by_one_without_entries(client: Client) -> None:
    assert run(client) == []
    assert client.post("", {"resourceType": "Bundle", "type": "transaction"}).status_code == 200


def test_a_body_that_is_no_bundle_is_refused(client: Client) -> None:
    answer = client.post("", patient())
    assert (answer.status_code, codes_of(answer)) == (400, ["wrong-resource-type"])


def test_decimals_in_entries_keep_their_digits(client: Client) -> None:
    made = run(
        client,
        entry("POST", "Patient", patient(), URN),
        entry("POST", "Observation", observation(URN, value="94.50")),
    )
    assert b'"value":94.50,' in client.get(made[1]["response"]["location"]).content


def test_a_large_transaction_leaves_the_event_loop_and_is_stored_whole(client: Client) -> None:
    entries = [entry("POST", "Observation", observation(URN, value=str(n))) for n in range(300)]
    bundle = transaction(entry("POST", "Patient", patient(), URN), *entries)
    assert len(to_json(bundle)) > 64 * 1024
    answer = client.post("", bundle)
    assert answer.status_code == 200
    assert len(client.search("Observation?_count=100")) == 300


def test_more_entries_than_allowed_are_refused(client: Client) -> None:
    one = b'{"request":{"method":"GET","url":"Patient/1"}}'
    body = (
        b'{"resourceType":"Bundle","type":"transaction","entry":[' + b",".join([one] * 5001) + b"]}"
    )
    answer = client.post("", body)
    assert (answer.status_code, codes_of(answer)) == (413, ["too-large"])


def test_a_person_number_is_accepted_in_the_body(client: Client) -> None:
    assert run(client, entry("POST", "Patient", patient(3)))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("Patient/_search", f"identifier={national_id(3)}".encode(), headers=form)
    assert answer.json()["total"] == 1

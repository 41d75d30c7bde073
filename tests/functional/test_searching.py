"""Search through HTTP: parameters, refusals, links and pages.

Source: http://hl7.org/fhir/R4/search.html; http://hl7.org/fhir/R4/http.html#search.
"""

from __future__ import annotations

import gzip
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from hub.clock import FixedClock
from hub.fhir.codec import parse
from tests.builders import FNR_SYSTEM, LOINC, PULSE, SPO2, coding, national_id, observation, patient
from tests.functional.hub_client import BASE, Client, codes_of, expressions_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NUMBER = national_id(1)


def test_an_empty_answer_is_a_valid_bundle_with_a_total_and_a_self_link(client: Client) -> None:
    answer = client.get("Patient?identifier=urn:x|1")
    parse(answer.content, "Bundle")
    assert answer.json() == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
        "link": [{"relation": "self", "url": f"{BASE}/Patient?identifier=urn:x%7C1&_count=50"}],
    }


def test_a_match_has_full_url_and_mode_and_the_bytes_of_the_read(client: Client) -> None:
    made = client.create(patient())
    answer = client.get("Patient")
    parse(answer.content, "Bundle")
    assert answer.json()["entry"][0]["fullUrl"] == f"{BASE}/{made}"
    assert answer.json()["entry"][0]["search"] == {"mode": "match"}
    assert client.get(made).content in answer.content


def test_an_unknown_parameter_is_refused_with_the_valid_ones_named(client: Client) -> None:
    answer = client.get("Observation?colour=red&patient=Patient/1&status:exact=final")
    assert (answer.status_code, codes_of(answer)) == (400, ["unknown-parameter"] * 2)
    assert expressions_of(answer) == ["colour", "status"]
    named = answer.json()["issue"][0]["diagnostics"]
    for name in (
        "_id",
        "_lastUpdated",
        "identifier",
        "patient",
        "subject",
        "code",
        "date",
        "status",
        "_sort",
        "_count",
    ):
        assert name in named


@pytest.mark.parametrize(
    "query",
    [
        "date=yesterday",
        "date=2026-13",
        "date=2025-02-29",
        "date=gt",
        "date=",
        "date=xx2026",
        "date=2026-01-01T25:00",
        "date=９999",
        "status=",
        "status=|",
        "code=a,",
        "patient=a_b",
        "patient=https://elsewhere.example/1",
        "_count=-1",
        "_count=x",
        "_count=1.5",
        "_sort=colour",
        "_sort=--date",
        "_sort=",
        "_cursor=x",
        "_cursor=%C3%A6",
        "_cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x",
        "_cursor=LTE.x",
        "code=" + ",".join("abcd"[n % 4] for n in range(101)),
        "code=%FF",
        "&".join(["status=final"] * 201),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_400(client: Client, query: str) -> None:
    answer = client.get(f"Observation?{query}")
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"]), answer.text


@pytest.mark.parametrize(
    "date", ["0001", "9999", "9999-12", "9999-12-31", "le9999-12-31", "ap9999", "ap0001-01-01"]
)
def test_the_ends_of_time_can_be_asked_for(client: Client, date: str) -> None:
    assert client.get(f"Observation?date={date}").status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        f"Patient?identifier={NUMBER}",
        f"Patient?identifier={FNR_SYSTEM}|{NUMBER}",
        f"Patient?identifier=x,{NUMBER}",
        f"Patient?identifier={NUMBER[:6]}%20{NUMBER[6:]}",
        f"Patient?identifier={NUMBER[:6]}+{NUMBER[6:]}",
        f"Patient?{NUMBER}=x",
        f"Patient?whatever={NUMBER}",
        f"Patient/{NUMBER}",
        f"Patient/a?x={NUMBER}",
        f"Patient/{NUMBER}/_history/1",
        f"Patient/%31{NUMBER[1:]}" if NUMBER[0] == "1" else f"Patient/%3{NUMBER[0]}{NUMBER[1:]}",
        f"Observation/$lastn?patient={NUMBER}",
        f"Observation/$lastn?patient:identifier={NUMBER}",
        f"metadata?x={NUMBER}",
        f"Nothing/{NUMBER}",
    ],
)
def test_a_person_number_in_a_url_is_refused_and_not_repeated(client: Client, url: str) -> None:
    answer = client.get(url)
    assert (answer.status_code, codes_of(answer)) == (400, ["national-id-in-url"])
    assert NUMBER not in answer.text.replace(" ", "")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "Patient/_search"), ("POST", "Patient"), ("PUT", "Patient/a")]
)
def test_a_person_number_in_the_query_of_any_method_is_refused(
    client: Client, method: str, path: str
) -> None:
    answer = client.request(method, f"{path}?identifier={NUMBER}", b"", headers=FORM)
    assert (answer.status_code, codes_of(answer)) == (400, ["national-id-in-url"])


def test_our_own_ids_are_never_taken_for_person_numbers(client: Client) -> None:
    assert client.get(f"Patient/0199a8b2-1111-7222-8333-a{NUMBER}").status_code == 404


def test_a_person_number_is_accepted_in_post_search_and_kept_out_of_the_links(
    client: Client,
) -> None:
    made = client.create(patient(1))
    client.create(patient(2))
    answer = client.post(
        "Patient/_search", f"identifier={FNR_SYSTEM}|{NUMBER}".encode(), headers=FORM
    )
    assert answer.status_code == 200
    assert [e["fullUrl"] for e in answer.json()["entry"]] == [f"{BASE}/{made}"]
    assert NUMBER not in str(answer.json()["link"])


def test_pages_of_post_search_continue_with_the_same_body(client: Client) -> None:
    for n in range(5):
        client.create(patient(n, identifier=[{"system": "urn:x", "value": "same"}]))
    body = b"identifier=urn:x|same&_count=2"
    found, path = [], "Patient/_search"
    for _ in range(3):
        page = client.post(path, body, headers=FORM).json()
        found += [e["resource"]["id"] for e in page["entry"]]
        links = {each["relation"]: each["url"] for each in page["link"]}
        path = links.get("next", "").removeprefix(f"{BASE}/")
    assert (len(set(found)), len(found), path) == (5, 5, "")


def test_post_search_needs_a_form(client: Client) -> None:
    assert client.post("Patient/_search", b"{}").status_code == 415


def test_post_search_may_say_all_in_its_url(client: Client) -> None:
    client.create(patient(1, active=True))
    client.create(patient(2))
    for headers in ({}, FORM):
        answer = client.request("POST", "Patient/_search?active=true", headers=headers)
        assert (answer.status_code, answer.json()["total"]) == (200, 1)


def test_the_next_link_keeps_the_parameters_and_the_last_page_has_none(client: Client) -> None:
    who = client.create(patient())
    for n in range(3):
        client.create(observation(who, value=str(n)))
    page = client.get(f"Observation?patient={who}&code={LOINC}|{SPO2}&_sort=-date&_count=2").json()
    url = next(each["url"] for each in page["link"] if each["relation"] == "next")
    pairs = dict(parse_qsl(urlsplit(url).query))
    assert pairs.pop("_cursor")
    assert pairs == {"patient": who, "code": f"{LOINC}|{SPO2}", "_sort": "-date", "_count": "2"}
    last = client.get(url.removeprefix(f"{BASE}/")).json()
    assert [each["relation"] for each in last["link"]] == ["self", "first", "previous"]
    back = client.get(last["link"][2]["url"].removeprefix(f"{BASE}/")).json()
    assert back["entry"] == page["entry"]
    assert [each["relation"] for each in back["link"]] == ["self", "first", "next"]
    assert back["link"][2]["url"] == url
    assert len(last["entry"]) == 1


def test_count_zero_gives_the_total_alone(client: Client) -> None:
    for n in range(3):
        client.create(patient(n))
    answer = client.get("Patient?_count=0").json()
    assert (answer["total"], "entry" in answer) == (3, False)


@pytest.mark.parametrize(("asked", "total"), [("none", None), ("estimate", 3), ("accurate", 3)])
def test_a_total_comes_on_each_page_where_it_is_asked_for(
    client: Client, asked: str, total: int | None
) -> None:
    for n in range(3):
        client.create(patient(n))
    path = f"Patient?_count=1&_total={asked}"
    for _ in range(3):
        page = client.get(path).json()
        assert (page.get("total"), len(page["entry"])) == (total, 1)
        links = {each["relation"]: each["url"] for each in page["link"]}
        path = links.get("next", links.get("previous", "")).removeprefix(f"{BASE}/")
    assert client.get(f"?_type=Patient,Task&_count=1&_total={asked}").json().get("total") == total


def test_a_value_with_odd_signs_survives_the_links(client: Client) -> None:
    value = 'a&b=c d"\\|,æ'
    escaped = value.replace("\\", "\\\\").replace("|", "\\|").replace(",", "\\,")
    for n in range(2):
        client.create(patient(n, identifier=[{"system": "urn:x", "value": value}]))
    page = client.get("Patient", params={"identifier": f"urn:x|{escaped}", "_count": "1"}).json()
    url = next(each["url"] for each in page["link"] if each["relation"] == "next")
    assert len(client.get(url.removeprefix(f"{BASE}/")).json()["entry"]) == 1


def test_a_resource_with_one_code_in_two_systems_is_found_once(client: Client) -> None:
    client.create(
        patient(identifier=[{"system": "urn:a", "value": "7"}, {"system": "urn:b", "value": "7"}])
    )
    answer = client.get("Patient?identifier=7").json()
    assert (answer["total"], len(answer["entry"])) == (1, 1)


def test_references_that_are_not_the_compartment_are_found_too(client: Client) -> None:
    who = client.create(patient())
    appointment = client.create(
        {
            "resourceType": "Appointment",
            "status": "booked",
            "start": "2026-11-21T08:00:00Z",
            "end": "2026-11-21T08:30:00Z",
            "participant": [{"actor": {"reference": who}, "status": "accepted"}],
        }
    )
    assert [a["id"] for a in client.search(f"Appointment?patient={who}")] == [appointment[12:]]


@pytest.mark.parametrize(
    "query",
    ["subject={}", "subject=Patient/{}", "subject:Patient={}", "patient={}", "subject.name=Åse"],
)
def test_a_condition_is_found_by_its_patient_however_that_is_written(
    client: Client, query: str
) -> None:
    who = client.create(patient(name=[{"given": ["Åse"]}]))
    client.create({"resourceType": "Condition", "subject": {"reference": who}})
    found = client.get(f"Condition?{query.format(who.split('/')[1])}&_include=Condition:subject")
    kinds = [each["resource"]["resourceType"] for each in found.json()["entry"]]
    assert kinds == ["Condition", "Patient"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("url:below=http://a.example/sets", {"leaf", "root"}),
        ("url:below=http://a.example/sets/", {"leaf"}),
        ("url:below=http://a.example/", {"leaf", "root", "beside"}),
        ("url:below=http://a.example/set", set[str]()),
        ("url:above=http://a.example/sets/x/y", {"leaf", "root"}),
        ("url:above=http://b.example/x", {"top"}),
    ],
)
def test_urls_are_found_below_and_above_with_and_without_the_slash_at_the_end(
    client: Client, query: str, expected: set[str]
) -> None:
    for name, url in (
        ("root", "http://a.example/sets"),
        ("leaf", "http://a.example/sets/x"),
        ("beside", "http://a.example/setsy"),
        ("top", "http://b.example/"),
    ):
        client.create({"resourceType": "ValueSet", "status": "draft", "name": name, "url": url})
    found = client.get(f"ValueSet?{query}").json().get("entry", [])
    assert {each["resource"]["name"] for each in found} == expected


@pytest.mark.parametrize("kind", ["Group", "Device", "Location"])
def test_a_subject_that_is_no_patient_is_found_by_reference_and_by_id(
    client: Client, kind: str
) -> None:
    bodies = {"Group": {"type": "person", "actual": True}, "Device": {}, "Location": {}}
    subject = client.create({"resourceType": kind, **bodies[kind]})
    made = client.create(observation(subject))
    for query in (
        f"subject={subject}",
        f"subject={subject.partition('/')[2]}",
        f"subject={BASE}/{subject}",
    ):
        assert [o["id"] for o in client.search(f"Observation?{query}")] == [made[12:]]


def test_lastn_gives_the_newest_of_each_code(client: Client) -> None:
    who, other = client.create(patient(1)), client.create(patient(2))
    for hour in range(8, 12):
        at = f"2026-11-21T{hour:02d}:00:00Z"
        client.create(observation(who, SPO2, str(80 + hour), at=at))
        client.create(observation(who, PULSE, str(60 + hour), "/min", at=at))
        client.create(observation(other, SPO2, "70", at=at))
    newest = client.get(f"Observation/$lastn?patient={who}").json()
    assert sorted(e["resource"]["valueQuantity"]["value"] for e in newest["entry"]) == [71, 91]
    three = client.get(f"Observation/$lastn?patient={who}&code={SPO2}&max=3").json()
    assert [e["resource"]["valueQuantity"]["value"] for e in three["entry"]] == [91, 90, 89]


@pytest.mark.parametrize(
    "query", ["", "patient=a,b", "patient=a&max=0", "patient=a&max=x", "patient=a&max=101"]
)
def test_lastn_without_one_patient_or_with_a_bad_max_is_400(client: Client, query: str) -> None:
    answer = client.get(f"Observation/$lastn?{query}")
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"])


def test_lastn_is_for_observations_only(client: Client) -> None:
    assert client.get("Patient/$lastn?patient=1").status_code == 404


def test_a_new_version_is_found_by_its_new_values_only(client: Client, clock: FixedClock) -> None:
    who = client.create(patient())
    made = client.create(observation(who, SPO2, at="2026-11-01"))
    clock.at += timedelta(days=1)
    changed = {**observation(who, PULSE, at="2026-11-02"), "id": made[12:], "status": "amended"}
    assert client.put(made, changed).status_code == 200
    old = ("code=" + SPO2, "date=2026-11-01", "status=final", "_lastUpdated=2026-11-21")
    new = ("code=" + PULSE, "date=2026-11-02", "status=amended", "_lastUpdated=2026-11-22")
    for query in old:
        assert client.search(f"Observation?patient={who}&{query}") == []
        assert client.search(f"Observation?{query}") == []
    for query in new:
        assert len(client.search(f"Observation?patient={who}&{query}")) == 1
        assert len(client.search(f"Observation?{query}")) == 1


def test_all_codings_of_a_concept_are_searched(client: Client) -> None:
    who = client.create(patient())
    body = {**observation(who), "code": {"coding": [coding(SPO2), coding("NPU1", "urn:npu")]}}
    client.create(body)
    for token in (SPO2, "NPU1", "urn:npu|NPU1", "urn:npu|", f"{LOINC}|"):
        assert len(client.search(f"Observation?code={token}")) == 1, token
    for token in ("|NPU1", f"{LOINC}|NPU1", "npu1"):
        assert client.search(f"Observation?code={token}") == [], token


def test_letters_beyond_ascii_may_stand_in_a_form_as_they_are(client: Client) -> None:
    made = client.create({**patient(), "name": [{"family": "Prøve"}]})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in ("family=Prøve", "family=Pr%C3%B8ve", "family=prøVE&_count=5"):
        page = client.post("Patient/_search", body.encode(), headers=form).json()
        assert [e["resource"]["id"] for e in page["entry"]] == [made[8:]], body
    answer = client.post("Patient/_search", "family=Prøve".encode("latin-1"), headers=form)
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"])


def test_a_posted_search_is_a_form_where_nothing_is_said_of_it(client: Client) -> None:
    made = client.create({**patient(), "name": [{"family": "Prøve"}]})
    form = "family=Prøve".encode()
    page = client.request("POST", "Patient/_search", content=form)
    assert [e["resource"]["id"] for e in page.json()["entry"]] == [made[8:]]
    zipped = {"Content-Encoding": "gzip"}
    page = client.request("POST", "Patient/_search", content=gzip.compress(form), headers=zipped)
    assert [e["resource"]["id"] for e in page.json()["entry"]] == [made[8:]]
    for other in ("application/json", "text/plain", ""):
        answer = client.request(
            "POST", "Patient/_search", content=form, headers={"Content-Type": other}
        )
        assert (answer.status_code, codes_of(answer)) == (415, ["unsupported-media"]), other

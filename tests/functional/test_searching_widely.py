"""Search over several types, in compartments, with stored value sets, and in part; what is left out on request.

Source: http://hl7.org/fhir/R4/search.html; http://hl7.org/fhir/R4/http.html#search.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from hub.fhir.codec import parse
from tests.builders import LOINC, PULSE, SPO2, WEIGHT, Json, coding, observation, patient
from tests.functional.hub_client import BASE, Client, codes_of, expressions_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LENIENT = {"Prefer": "handling=lenient"}
OWN = "urn:own"


def names(found: list[Json]) -> set[str]:
    """Resources → their `Type/id`."""
    return {f"{each['resourceType']}/{each['id']}" for each in found}


def self_of(answer: httpx.Response) -> str:
    """A Bundle → its self link, readable."""
    return next(
        unquote(each["url"]) for each in answer.json()["link"] if each["relation"] == "self"
    )


def task(who: str, **more: Any) -> Json:
    """A patient → a Task for them."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": who},
        **more,
    }


# The whole system


def test_the_system_is_searched_over_the_types_that_are_named(client: Client) -> None:
    who = client.create(patient())
    seen, todo = client.create(observation(who)), client.create(task(who))
    assert names(client.search("?_type=Observation,Task")) == {seen, todo}
    assert names(client.search(f"?_type=Patient,Task&_id={who[8:]}")) == {who}
    assert names(client.search(f"?_type=Observation,Task&patient={who}")) == {seen, todo}
    answer = client.post("_search", f"_type=Observation,Task&patient={who}".encode(), headers=FORM)
    parse(answer.content, "Bundle")
    assert {e["fullUrl"] for e in answer.json()["entry"]} == {f"{BASE}/{seen}", f"{BASE}/{todo}"}


@pytest.mark.parametrize("order", ["", "&_sort=_lastUpdated", "&_sort=-_id"])
def test_pages_of_the_system_have_everything_once(client: Client, order: str) -> None:
    who = client.create(patient())
    made = {who} | {client.create(observation(who, value=str(n))) for n in range(4)}
    made |= {client.create(task(who)) for _ in range(3)}
    found = client.search(f"?_type=Observation,Patient,Task&_count=3{order}")
    assert len(found) == len(made)
    assert names(found) == made


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("_type=Nothing", "bad-parameter"),
        ("_type=Patient&_type=Task", "bad-parameter"),
        ("_type=", "bad-parameter"),
        ("_type=Patient,Task&birthdate=2000", "unknown-parameter"),
        ("colour=red", "unknown-parameter"),
    ],
)
def test_a_system_search_that_cannot_be_meant_is_400(client: Client, query: str, code: str) -> None:
    answer = client.get(f"?{query}")
    assert (answer.status_code, set(codes_of(answer))) == (400, {code}), answer.text


@pytest.mark.parametrize("how", ["", "&_sort=_lastUpdated", "&_sort=-_id"])
def test_what_all_types_have_is_searched_for_in_all_of_them(client: Client, how: str) -> None:
    """The access log, which has no tags, is among them and neither refuses nor adds."""
    meta = {"tag": [{"system": OWN, "code": "try"}], "profile": [f"{OWN}/p"], "source": f"{OWN}/s"}
    who = client.create({**patient(), "meta": meta})
    seen = client.create({**observation(who), "meta": meta})
    other, todo = client.create(observation(who, PULSE, unit="/min")), client.create(task(who))
    assert client.get(who).status_code == 200
    for query in (f"_tag={OWN}%7Ctry", f"_profile={OWN}/p", f"_source={OWN}/s", f"_id={who[8:]},{seen[12:]}"):  # fmt: skip
        found = client.search(f"?{query}&_count=1{how}")
        assert sorted(f"{each['resourceType']}/{each['id']}" for each in found) == [seen, who]
    left = client.search(f"?_tag:not={OWN}%7Ctry&_count=5{how}")
    assert {other, todo} == {name for name in names(left) if not name.startswith("AuditEvent/")}
    kinds = {each["resourceType"] for each in client.search(f"?_security=HTEST&_count=50{how}")}
    assert kinds == {"AuditEvent", "Observation", "Patient", "Task"}
    assert client.search(f"?_security:not=HTEST{how}") == []
    for query, some in (("_tag=a", False), ("_tag:missing=true", True), ("_security:missing=true", False)):  # fmt: skip
        assert some == bool(client.search(f"AuditEvent?{query}&_count=50"))


def test_type_names_nothing_in_a_search_of_one_type(client: Client) -> None:
    answer = client.get("Patient?_type=Task")
    assert (answer.status_code, codes_of(answer)) == (400, ["unknown-parameter"])


# Compartments


def test_a_compartment_has_what_belongs_to_the_patient_and_nothing_else(client: Client) -> None:
    who, other = client.create(patient(1)), client.create(patient(2))
    seen = client.create(observation(who, SPO2))
    pulse = client.create(observation(who, PULSE, unit="/min"))
    todo = client.create(task(who))
    for body in (observation(other), task(other)):
        client.create(body)
    assert names(client.search(f"{who}/Observation")) == {seen, pulse}
    assert names(client.search(f"{who}/Observation?code={PULSE}")) == {pulse}
    assert names(client.search(f"{who}/*?_type=Observation,Patient")) == {seen, pulse, who}
    found = client.search(f"{who}/*?_count=2")
    assert len(found) == len(names(found))
    assert {seen, pulse, who} <= names(found)
    assert not names(found) & {other}
    assert todo not in names(found)  # the Patient compartment of R4 names no Task by `for`


def test_a_compartment_is_told_in_the_self_link(client: Client) -> None:
    who = client.create(patient())
    answer = client.get(f"{who}/Observation?status=final")
    parse(answer.content, "Bundle")
    assert self_of(answer) == f"{BASE}/{who}/Observation?status=final&_count=50"


def test_the_compartment_of_an_encounter_has_its_observations(client: Client) -> None:
    who = client.create(patient())
    visit = client.create(
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": {"reference": who},
        }
    )
    inside = client.create(observation(who, encounter={"reference": visit}))
    client.create(observation(who))
    assert names(client.search(f"{visit}/Observation")) == {inside}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Patient/none/Observation", 404, "not-found"),
        ("Observation/none/Patient", 404, "not-found"),
        ("Patient/{}/Location", 400, "bad-parameter"),
        ("Patient/{}/*?_type=Location", 400, "bad-parameter"),
        ("Patient/{}/Observation?colour=red", 400, "unknown-parameter"),
    ],
)
def test_a_compartment_that_is_none_is_refused(
    client: Client, path: str, status: int, code: str
) -> None:
    who = client.create(patient())
    answer = client.get(path.format(who[8:]))
    assert (answer.status_code, codes_of(answer)) == (status, [code]), answer.text


def test_a_compartment_is_searched_by_post_as_the_system_and_types_are(client: Client) -> None:
    """R5 writes it down for compartments as well, and clients send it."""
    who, other = client.create(patient(1)), client.create(patient(2))
    seen = client.create(observation(who, SPO2))
    client.create(observation(other, SPO2))
    for wanted in ("Observation", "*"):
        form = (
            f"code={SPO2}&_type=Observation".encode() if wanted == "*" else b"code=" + SPO2.encode()
        )
        answer = client.post(f"{who}/{wanted}/_search", form, headers=FORM)
        assert answer.status_code == 200, answer.text
        assert {e["fullUrl"] for e in answer.json()["entry"]} == {f"{BASE}/{seen}"}
    assert client.get(f"{who}/Observation/_search").status_code == 405
    assert client.post(f"{who}/Observation", b"", headers=FORM).status_code == 405


# What is unknown


@pytest.mark.parametrize(
    ("written", "meant"), [("birhtdate=2000", "birthdate"), ("famly=a", "family"), ("idenifier=1", "identifier")]
)  # fmt: skip
def test_what_was_perhaps_meant_is_said(client: Client, written: str, meant: str) -> None:
    answer = client.get(f"Patient?{written}")
    assert (answer.status_code, codes_of(answer)) == (400, ["unknown-parameter"])
    assert expressions_of(answer) == [written.partition("=")[0]]
    assert f"Did you mean {meant}?" in answer.json()["issue"][0]["diagnostics"]


def test_lenient_leaves_out_what_is_unknown_and_says_so(client: Client) -> None:
    client.create(patient(1))
    woman = client.create(patient(3))
    client.create(patient(2))
    query = f"Patient?gender=female&colour=red&_id={woman[8:]}&gender:exact=male"
    assert client.get(query).status_code == 400
    answer = client.get(query, headers=LENIENT)
    parse(answer.content, "Bundle")
    match, told = answer.json()["entry"]
    assert match["fullUrl"] == f"{BASE}/{woman}"
    assert told["search"] == {"mode": "outcome"}
    assert told["fullUrl"].startswith("urn:uuid:")
    other = client.get(query.replace("colour", "hue"), headers=LENIENT).json()["entry"][-1]
    assert other["fullUrl"] != told["fullUrl"]
    assert told["resource"]["resourceType"] == "OperationOutcome"
    assert [i["expression"] for i in told["resource"]["issue"]] == [["colour"], ["gender"]]
    assert {i["severity"] for i in told["resource"]["issue"]} == {"warning"}
    assert self_of(answer) == f"{BASE}/Patient?gender=female&_id={woman[8:]}&_count=50"


def test_lenient_says_so_beside_nothing_too_and_in_posted_searches(client: Client) -> None:
    answer = client.post("Patient/_search", b"colour=red", headers={**FORM, **LENIENT})
    assert [e["search"]["mode"] for e in answer.json()["entry"]] == ["outcome"]
    assert client.get("?colour=red&_type=Task", headers=LENIENT).status_code == 200


@pytest.mark.parametrize("query", ["birthdate=yesterday", "_count=-1", "_sort=colour", "active=x"])
def test_lenient_is_no_leave_for_a_wrong_value(client: Client, query: str) -> None:
    answer = client.get(f"Patient?colour=red&{query}", headers=LENIENT)
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"])


# Value sets that are stored here


def value_set(url: str, *include: Json, exclude: tuple[Json, ...] = ()) -> Json:
    """A URL and what is in it → a ValueSet."""
    compose: Json = {"include": list(include)}
    if exclude:
        compose["exclude"] = list(exclude)
    return {"resourceType": "ValueSet", "status": "active", "url": url, "compose": compose}


def listed(*codes: str, system: str = LOINC) -> Json:
    """Codes → the include that lists them."""
    return {"system": system, "concept": [{"code": code} for code in codes]}


def test_a_stored_value_set_finds_its_codes_and_not_in_the_others(client: Client) -> None:
    who = client.create(patient())
    oxygen, pulse = client.create(observation(who, SPO2)), client.create(observation(who, PULSE))
    elsewhere = client.create({**observation(who), "code": {"coding": [coding(SPO2, OWN)]}})
    told = client.create({**observation(who), "code": {"text": "noe"}})
    client.create(value_set("http://x.no/a", listed(SPO2, WEIGHT)))
    client.create(value_set("http://x.no/b", {"valueSet": ["http://x.no/a"]}, listed(PULSE)))
    client.create(value_set("http://x.no/c", listed(SPO2, PULSE), exclude=(listed(SPO2),)))
    for where in ("", f"patient={who}&"):
        for url, inside in (("a", {oxygen}), ("b", {oxygen, pulse}), ("c", {pulse})):
            query = f"Observation?{where}code:{{}}=http://x.no/{url}"
            everything = {oxygen, pulse, elsewhere, told}
            assert names(client.search(query.format("in"))) == inside, url
            assert names(client.search(query.format("not-in"))) == everything - inside, url
    posted = client.post("Observation/_search", b"code:in=http%3A%2F%2Fx.no%2Fc", headers=FORM)
    assert [e["fullUrl"] for e in posted.json()["entry"]] == [f"{BASE}/{pulse}"]


def test_a_value_set_that_changes_changes_what_is_found(client: Client) -> None:
    who = client.create(patient())
    client.create(observation(who, SPO2))
    stored = client.create(value_set("http://x.no/a", listed(PULSE)))
    assert client.search("Observation?code:in=http://x.no/a") == []
    client.put(stored, {**value_set("http://x.no/a", listed(SPO2)), "id": stored[9:]})
    assert len(client.search("Observation?code:in=http://x.no/a")) == 1


@pytest.mark.parametrize(
    "url", ["http://x.no/none", "http://x.no/ring", "http://x.no/empty", "http://x.no/loinc", "a,b"]
)
def test_a_value_set_that_cannot_be_listed_is_400(client: Client, url: str) -> None:
    client.create(value_set("http://x.no/ring", {"valueSet": ["http://x.no/ring"]}))
    client.create(value_set("http://x.no/loinc", {"system": LOINC}))
    empty = {"resourceType": "ValueSet", "status": "active", "url": "http://x.no/empty"}
    client.create(empty)
    answer = client.get(f"Observation?code:in={url}")
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"]), answer.text


def test_a_value_set_whose_url_has_a_comma_is_named_with_the_comma_escaped(client: Client) -> None:
    who = client.create(patient())
    oxygen, pulse = client.create(observation(who, SPO2)), client.create(observation(who, PULSE))
    client.create(value_set("http://x.no/a,b", listed(SPO2)))
    client.create(value_set("http://x.no/c", listed(PULSE)))
    for url, inside in (("a\\,b", {oxygen}), ("a\\,b,http://x.no/c", {oxygen, pulse})):
        page = client.get("Observation", params={"code:in": f"http://x.no/{url}"})
        assert page.status_code == 200, page.text
        assert {e["fullUrl"] for e in page.json()["entry"]} == {f"{BASE}/{o}" for o in inside}


# References and forms


def test_a_subject_of_one_version_is_found_with_and_without_it(client: Client) -> None:
    who = client.create(patient())
    plain, first = client.create(observation(who)), client.create(observation(f"{who}/_history/1"))
    for query, found in (
        (f"subject={who}", {plain, first}),
        (f"patient={who}/_history/1", {first}),
        (f"subject={who}/_history/1,{who}", {plain, first}),
        (f"subject={who}/_history/2", set[str]()),
        (f"subject:Patient.gender=female&_id={first[12:]}", {first}),
    ):
        assert names(client.search(f"Observation?{query}")) == found, query
    assert names(client.search(f"{who}/Observation")) == {plain, first}
    page = client.get(f"Observation?_id={first[12:]}&_include=Observation:subject").json()
    assert [e["fullUrl"] for e in page["entry"]] == [f"{BASE}/{first}", f"{BASE}/{who}"]
    page = client.get("Patient?_revinclude=Observation:subject").json()
    assert len(page["entry"]) == 3


@pytest.mark.parametrize(
    "written",
    [
        "https://insurer.example/claims/225476332402",
        "https://elsewhere.example/fhir/Claim/1",
        "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a",
        "urn:oid:2.16.578.1.12",
    ],
)
def test_a_reference_is_found_by_the_url_it_was_written_with(client: Client, written: str) -> None:
    notice = {"request": {"reference": written}, "status": "active"}
    notice |= {"amount": {"value": 1, "currency": "NOK"}, "created": "2026-01-01"}
    notice |= {"payment": {"display": "p"}, "recipient": {"display": "r"}}
    made = client.create({"resourceType": "PaymentNotice", **notice})
    assert names(client.search(f"PaymentNotice?request={written}")) == {made}
    assert names(client.search(f"PaymentNotice?request={written}9")) == set()


def test_a_version_elsewhere_is_found_by_its_url(client: Client) -> None:
    there = "https://elsewhere.example/fhir/Claim/1"
    notice = {"request": {"reference": f"{there}/_history/2"}, "status": "active"}
    notice |= {"amount": {"value": 1, "currency": "NOK"}, "created": "2026-01-01"}
    notice |= {"payment": {"display": "p"}, "recipient": {"display": "r"}}
    made = client.create({"resourceType": "PaymentNotice", **notice})
    for query, found in (("", {made}), ("/_history/2", {made}), ("/_history/3", set[str]())):
        assert names(client.search(f"PaymentNotice?request={there}{query}")) == found
    assert names(client.search(f"PaymentNotice?request:Claim={there}")) == {made}
    assert client.get(f"PaymentNotice?request:Task={there}").status_code == 400


@pytest.mark.parametrize("wildcard", ["*", "*:*", "Observation:*"])
def test_includes_take_wildcards_however_they_are_written(client: Client, wildcard: str) -> None:
    who = client.create(patient())
    client.create(observation(who))
    page = client.get(f"Patient?_revinclude={wildcard}").json()
    assert {e["resource"]["resourceType"] for e in page["entry"]} >= {"Patient", "Observation"}
    page = client.get(f"Observation?_include={wildcard}").json()
    assert [e["resource"]["resourceType"] for e in page["entry"]] == ["Observation", "Patient"]


def test_a_posted_search_reads_its_url_and_its_form_together(client: Client) -> None:
    woman, other = client.create(patient(1, active=True)), client.create(patient(3, active=False))
    client.create(patient(2, active=True))
    answer = client.post("Patient/_search?gender=female", b"active=true", headers=FORM)
    assert [e["fullUrl"] for e in answer.json()["entry"]] == [f"{BASE}/{woman}"]
    answer = client.post("Patient/_search?gender=female", b"", headers=FORM)
    assert {e["fullUrl"] for e in answer.json()["entry"]} == {f"{BASE}/{p}" for p in (woman, other)}


def test_a_concept_that_has_only_a_text_is_not_missing(client: Client) -> None:
    who = client.create(patient())
    told = client.create(observation(who, category=[{"text": "Målt hjemme"}]))
    none = client.create(observation(who))
    assert names(client.search("Observation?category:missing=false")) == {told}
    assert names(client.search("Observation?category:missing=true")) == {none}
    assert names(client.search("Observation?category:text=måLT")) == {told}
    assert names(client.search("Observation?component-code:missing=true")) == {told, none}

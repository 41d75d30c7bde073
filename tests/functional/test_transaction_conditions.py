"""Conditions, references by search, patches and reads inside a transaction; bundles that are hostile.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from hub.fhir.codec import parse
from tests.builders import (
    FNR_SYSTEM,
    Json,
    entry,
    national_id,
    observation,
    patient,
    to_json,
    transaction,
)
from tests.functional.hub_client import Client, codes_of, expressions_of

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"
OTHER = "urn:uuid:99999999-2222-4333-8444-555555555555"
ONE = "identifier=urn:x|1"


def tagged(number: int = 1, value: str = "1", **more: Any) -> Json:
    """A patient with the identifier urn:x|1."""
    return {**patient(number), "identifier": [{"system": "urn:x", "value": value}], **more}


def run(client: Client, *entries: Json, **headers: str) -> list[Json]:
    """Entries → the entries of the answer."""
    answer = client.post("", transaction(*entries), headers=headers)
    assert answer.status_code == 200, answer.text
    parse(answer.content, "Bundle")
    return answer.json().get("entry", [])


def statuses(entries: list[Json]) -> list[str]:
    """The entries of an answer → their statuses."""
    return [e["response"]["status"][:3] for e in entries]


def subject_of(client: Client, answer: Json) -> str:
    """An entry of the answer → the subject of what it tells of."""
    return client.get(answer["response"]["location"]).json()["subject"]["reference"]


def refused(client: Client, *entries: Json) -> tuple[int, str, str]:
    """Entries → status, code and place of the refusal; nothing may be stored by it."""
    before = client.get("_history?_count=1000").json().get("entry", [])
    answer = client.post("", transaction(*entries))
    after = client.get("_history?_count=1000").json().get("entry", [])
    assert before == after
    assert answer.status_code >= 400, answer.text
    return answer.status_code, codes_of(answer)[0], expressions_of(answer)[0]


# Conditional create


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("first", ["Patient", "Observation"])
def test_a_conditional_create_is_linked_to_what_it_finds_or_makes(
    client: Client, known: bool, first: str
) -> None:
    here = client.create(tagged()) if known else ""
    entries = [
        entry("POST", "Patient", tagged(), URN, ifNoneExist=ONE),
        entry("POST", "Observation", observation(URN)),
    ]
    made = run(client, *(entries if first == "Patient" else entries[::-1]))
    who, value = made if first == "Patient" else made[::-1]
    assert statuses([who, value]) == ["200" if known else "201", "201"]
    (found,) = client.search("Patient")
    assert not known or here == f"Patient/{found['id']}"
    assert who["response"]["location"] == f"Patient/{found['id']}/_history/1"
    assert subject_of(client, value) == f"Patient/{found['id']}"
    assert len(client.search(f"Observation?patient={found['id']}")) == 1


def test_a_condition_sees_what_an_entry_before_it_made(client: Client) -> None:
    made = run(
        client,
        entry("POST", "Patient", tagged()),
        entry("POST", "Patient", tagged(2), URN, ifNoneExist=ONE),
        entry("POST", "Patient", tagged(3), OTHER, ifNoneExist=ONE),
        entry("POST", "Observation", observation(OTHER)),
    )
    assert statuses(made) == ["201", "200", "200", "201"]
    (found,) = client.search("Patient")
    assert subject_of(client, made[3]) == f"Patient/{found['id']}"


def test_conditional_entries_that_link_to_each_other_in_a_circle_work(client: Client) -> None:
    link = {"type": "seealso"}
    made = run(
        client,
        entry("POST", "Patient", tagged(1, "1", link=[{**link, "other": {"reference": OTHER}}]), URN, ifNoneExist=ONE),
        entry("POST", "Patient", tagged(2, "2", link=[{**link, "other": {"reference": URN}}]), OTHER, ifNoneExist="identifier=urn:x|2"),
    )  # fmt: skip
    assert statuses(made) == ["201", "201"]
    one, other = (client.get(e["response"]["location"]).json() for e in made)
    assert one["link"][0]["other"]["reference"] == f"Patient/{other['id']}"
    assert other["link"][0]["other"]["reference"] == f"Patient/{one['id']}"


def test_several_matches_refuse_the_whole(client: Client) -> None:
    client.create(tagged(1))
    client.create(tagged(2))
    made = refused(
        client,
        entry("POST", "Patient", patient(3)),
        entry("POST", "Patient", tagged(4), ifNoneExist=ONE),
    )
    assert made == (412, "multiple-matches", "Bundle.entry[1].request.ifNoneExist")


# Conditional update, delete and patch


def test_conditional_updates_deletes_and_patches_take_their_places(client: Client) -> None:
    one = client.create(tagged(1, "1"))
    two = client.create(tagged(2, "2"))
    three = client.create(tagged(3, "3"))
    document = [{"op": "add", "path": "/active", "value": True}]
    binary = {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": b64encode(to_json(document)).decode(),
    }
    made = run(
        client,
        entry("PUT", f"Patient?{ONE}", tagged(1, active=False), URN),
        entry("PATCH", "Patient?identifier=urn:x|2", binary),
        entry("DELETE", "Patient?identifier=urn:x|3"),
        entry("DELETE", "Patient?identifier=urn:x|none"),
        entry("PUT", "Patient?identifier=urn:x|5", tagged(5, "5"), OTHER),
        entry("POST", "Observation", observation(URN)),
        entry("POST", "Observation", observation(OTHER)),
    )
    assert statuses(made) == ["200", "200", "204", "204", "201", "201", "201"]
    assert client.get(one).json()["active"] is False
    assert client.get(two).json()["active"] is True
    assert client.get(three).status_code == 410
    assert subject_of(client, made[5]) == one
    assert subject_of(client, made[6]) == made[4]["response"]["location"].partition("/_h")[0]


def test_a_fhirpath_patch_is_an_entry_too(client: Client) -> None:
    made = client.create(patient())
    parts = [
        {"name": "type", "valueCode": "delete"},
        {"name": "path", "valueString": "Patient.gender"},
    ]
    document = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    assert statuses(run(client, entry("PATCH", made, document, ifMatch='W/"1"'))) == ["200"]
    assert "gender" not in client.get(made).json()
    status, code, _ = refused(client, entry("PATCH", made, document, ifMatch='W/"1"'))
    assert (status, code) == (412, "version-conflict")


@pytest.mark.parametrize(
    "second",
    [
        entry("PUT", "Patient/a", tagged(1, id="a", active=True)),
        entry("PUT", f"Patient?{ONE}", tagged(1, active=True)),
        entry(
            "PATCH",
            "Patient/a",
            {
                "resourceType": "Binary",
                "contentType": "application/json-patch+json",
                "data": "W10=",
            },
        ),
    ],
)
def test_identities_that_overlap_by_a_condition_are_refused(client: Client, second: Json) -> None:
    client.put("Patient/a", tagged(1, id="a"))
    other = entry("PUT", f"Patient?_id=a&{ONE}", tagged(1, active=False))
    status, code, where = refused(client, second, other)
    assert (status, code) == (422, "business-rule")
    assert "request.url" in where


def test_what_a_condition_deletes_is_changed_by_no_other_entry(client: Client) -> None:
    client.put("Patient/a", tagged(1, id="a"))
    status, code, where = refused(
        client,
        entry("PUT", "Patient/a", tagged(1, id="a", active=True)),
        entry("DELETE", f"Patient?{ONE}"),
    )
    assert (status, code, where) == (422, "business-rule", "Bundle.entry[0].request.url")


# References by search


def test_a_reference_by_search_becomes_what_it_finds(client: Client) -> None:
    who = client.create(patient(1))
    number = f"Patient?identifier={FNR_SYSTEM}|{national_id(1)}"
    made = run(client, entry("POST", "Observation", observation(number)))
    assert subject_of(client, made[0]) == who


def test_a_reference_by_search_finds_what_the_same_transaction_makes(client: Client) -> None:
    made = run(
        client,
        entry("POST", "Observation", observation(f"Patient?{ONE}")),
        entry("POST", "Patient", tagged()),
        entry("PUT", "Device/d", {"resourceType": "Device", "id": "d", "patient": {"reference": f"Patient?{ONE}"}}),
    )  # fmt: skip
    place = made[1]["response"]["location"].partition("/_h")[0]
    assert subject_of(client, made[0]) == place
    assert client.get("Device/d").json()["patient"]["reference"] == place


@pytest.mark.parametrize("matches", [0, 2])
def test_a_reference_by_search_that_finds_none_or_several_refuses_the_whole(
    client: Client, matches: int
) -> None:
    for n in range(matches):
        client.create(tagged(n))
    status, code, where = refused(
        client,
        entry("POST", "Patient", patient(7)),
        entry("POST", "Observation", observation(f"Patient?{ONE}")),
    )
    expected = "unresolved-reference" if matches == 0 else "multiple-matches"
    assert (status, code, where) == (412, expected, "Bundle.entry[1].resource")


@pytest.mark.parametrize(
    "search", ["Patient?nonsense=1", "Patient?_count=1", "Nonsense?identifier=1", "Patient?identifier=%FF"]
)  # fmt: skip
def test_a_reference_by_search_that_cannot_be_understood_is_refused(
    client: Client, search: str
) -> None:
    status, _, where = refused(client, entry("POST", "Observation", observation(search)))
    assert status in (400, 404, 422)
    assert where.startswith("Bundle.entry[0].resource")


def test_one_that_refers_to_itself_by_search_is_refused(client: Client) -> None:
    link = [{"other": {"reference": f"Patient?{ONE}"}, "type": "seealso"}]
    status, code, _ = refused(client, entry("POST", "Patient", tagged(link=link)))
    assert (status, code) == (412, "unresolved-reference")


# Reads, and what is preferred


def test_reads_searches_histories_and_operations_see_what_the_transaction_did(
    client: Client,
) -> None:
    who = client.create(tagged())
    made = run(
        client,
        entry("GET", f"Patient?{ONE}"),
        entry("GET", f"{who}/_history"),
        entry("GET", f"Observation/$lastn?patient={who}"),
        entry("GET", f"{who}/_history/1"),
        entry("GET", who, ifNoneMatch='W/"2"'),
        entry("HEAD", who),
        entry("GET", "metadata"),
        entry("GET", f"Patient?identifier={FNR_SYSTEM}|{national_id(3)}"),
        entry("POST", "Observation", observation(who)),
        entry("PUT", who, tagged(id=who[8:], active=True)),
    )
    assert statuses(made) == ["200"] * 4 + ["304", "200", "200", "200", "201", "200"]
    assert made[0]["resource"]["entry"][0]["resource"]["active"] is True
    assert len(made[1]["resource"]["entry"]) == 2
    assert len(made[2]["resource"]["entry"]) == 1
    assert made[3]["resource"]["meta"]["versionId"] == "1"
    assert "resource" not in made[4]
    assert made[5]["response"]["etag"] == 'W/"2"'
    assert "resource" not in made[5]
    assert made[6]["resource"]["resourceType"] == "CapabilityStatement"
    assert made[7]["resource"]["total"] == 0


def test_a_read_that_is_refused_refuses_the_whole(client: Client) -> None:
    status, code, where = refused(
        client, entry("POST", "Patient", patient()), entry("GET", "Patient?nonsense=1")
    )
    assert (status, code, where) == (400, "unknown-parameter", "Bundle.entry[1].request.url")


@pytest.mark.parametrize("returns", ["minimal", "representation", "OperationOutcome"])
def test_what_is_preferred_holds_for_every_entry(client: Client, returns: str) -> None:
    old = client.create(patient(1))
    made = run(
        client,
        entry("POST", "Patient", patient(2)),
        entry("DELETE", old),
        Prefer=f"return={returns}",
    )
    assert ("resource" in made[0]) == (returns == "representation")
    assert ("outcome" in made[0]["response"]) == (returns == "OperationOutcome")
    assert ("outcome" in made[1]["response"]) == (returns == "OperationOutcome")
    assert "resource" not in made[1]


# Hostile bundles


def test_a_circle_of_links_is_stored(client: Client) -> None:
    ring = [f"urn:uuid:00000000-0000-4000-8000-{n:012d}" for n in range(50)]
    made = run(
        client,
        *[
            entry("POST", "Patient", patient(n, link=[{"other": {"reference": ring[(n + 1) % 50]}, "type": "seealso"}]), ring[n])
            for n in range(50)
        ],
    )  # fmt: skip
    places = [e["response"]["location"].partition("/_h")[0] for e in made]
    for n, place in enumerate(places):
        assert client.get(place).json()["link"][0]["other"]["reference"] == places[(n + 1) % 50]


def test_a_chain_of_references_by_search_ends(client: Client) -> None:
    def one(n: int) -> Json:
        link = [{"other": {"reference": f"Patient?identifier=urn:x|{n + 1}"}, "type": "seealso"}]
        return tagged(n, str(n), link=link if n < 40 else [{"other": {"reference": "Patient/none"}, "type": "seealso"}])  # fmt: skip

    answer = client.post("", transaction(*[entry("POST", "Patient", one(n)) for n in range(41)]))
    assert (answer.status_code, set(codes_of(answer))) == (412, {"unresolved-reference"})
    assert client.search("Patient") == []


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_ten_thousand_entries_are_too_many_and_told_so(client: Client, kind: str) -> None:
    one = b'{"request":{"method":"GET","url":"Patient/1"}}'
    body = b'{"resourceType":"Bundle","type":"%s","entry":[%s]}' % (
        kind.encode(),
        b",".join([one] * 10_000),
    )
    answer = client.post("", body)
    assert (answer.status_code, codes_of(answer)) == (413, ["too-large"])


@pytest.mark.parametrize(
    ("full_url", "resource", "valid"),
    [
        ("https://x.example/fhir/Patient/7", patient(), True),
        ("https://x.example/fhir/Patient/7", patient(id="7"), True),
        ("https://x.example/fhir/Patient/7", patient(id="8"), False),
        ("https://x.example/fhir/Device/7", patient(id="7"), False),
        (URN, patient(id="8"), True),
    ],
)
def test_a_full_url_must_not_contradict_its_resource(
    client: Client, full_url: str, resource: Json, valid: bool
) -> None:
    answer = client.post("", transaction(entry("POST", "Patient", resource, full_url)))
    assert answer.status_code == (200 if valid else 400)
    assert valid or expressions_of(answer)[0].startswith("Bundle.entry[0]")

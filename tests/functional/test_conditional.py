"""Conditional create, update and delete: every case of the specification, and what is left as it was when refused.

Source: http://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #cdelete.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

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
from tests.functional.hub_client import BASE, Client, codes_of, expressions_of

TAGGED = {"system": "urn:x", "value": "1"}
CONDITION = "identifier=urn:x|1"


def tagged(number: int = 1, **more: Any) -> Json:
    """A patient with the identifier that the conditions here look for."""
    return {**patient(number), "identifier": [TAGGED], **more}


def if_none_exist(text: str) -> dict[str, dict[str, str]]:
    """A condition → the header that carries it."""
    return {"headers": {"If-None-Exist": text}}


# Create


def test_conditional_create_without_a_match_creates(client: Client) -> None:
    answer = client.post("Patient", tagged(), **if_none_exist(CONDITION))
    assert answer.status_code == 201
    assert len(client.search("Patient")) == 1


@pytest.mark.parametrize("condition", [CONDITION, f"?{CONDITION}", f"Patient?{CONDITION}"])
def test_conditional_create_with_one_match_gives_it_and_creates_nothing(
    client: Client, condition: str
) -> None:
    here = client.post("Patient", tagged())
    answer = client.post("Patient", tagged(2, active=True), **if_none_exist(condition))
    assert (answer.status_code, answer.content) == (200, here.content)
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Content-Location"] == here.headers["Location"]
    assert answer.headers["Location"] == here.headers["Location"]
    assert len(client.search("Patient")) == 1


@pytest.mark.parametrize("before", ["?", "Patient?", f"{BASE}/Patient?"])
def test_a_condition_may_come_with_what_stands_before_the_question_mark(
    client: Client, before: str
) -> None:
    client.create(tagged())
    answer = client.post("Patient", tagged(2), **if_none_exist(before + CONDITION))

    assert 200 == answer.status_code
    assert 1 == len(client.search("Patient"))


@pytest.mark.parametrize("before", ["Observation?", f"{BASE}/Observation?"])
def test_a_condition_of_another_type_is_refused(client: Client, before: str) -> None:
    answer = client.post("Patient", tagged(2), **if_none_exist(before + CONDITION))

    assert 400 == answer.status_code


def test_conditional_create_with_several_matches_is_412(client: Client) -> None:
    client.create(tagged(1))
    client.create(tagged(2))
    answer = client.post("Patient", tagged(3), **if_none_exist(CONDITION))
    assert (answer.status_code, codes_of(answer)) == (412, ["multiple-matches"])
    assert len(client.search("Patient")) == 2


def test_a_person_number_may_stand_in_the_header(client: Client) -> None:
    condition = if_none_exist(f"identifier={FNR_SYSTEM}|{national_id(1)}")
    assert client.post("Patient", patient(1), **condition).status_code == 201
    assert client.post("Patient", patient(1), **condition).status_code == 200


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("", "bad-parameter"),
        ("?", "bad-parameter"),
        ("nonsense=1", "unknown-parameter"),
        ("_count=1", "bad-parameter"),
        ("_sort=_id&identifier=a", "bad-parameter"),
        ("identifier=", "bad-parameter"),
        ("identifier=%FF", "bad-parameter"),
        ("&".join(["identifier=a"] * 51), "bad-parameter"),
        ("_format=json", "bad-parameter"),
    ],
)
def test_a_condition_that_asks_nothing_or_cannot_be_understood_is_refused(
    client: Client, condition: str, code: str
) -> None:
    answer = client.post("Patient", tagged(), **if_none_exist(condition))
    assert (answer.status_code, codes_of(answer)) == (400, [code])
    assert client.search("Patient") == []


def test_a_body_that_is_wrong_is_refused_also_when_something_matches(client: Client) -> None:
    client.create(tagged())
    assert client.post("Patient", tagged(gender="f"), **if_none_exist(CONDITION)).status_code == 400


def test_a_deleted_resource_matches_nothing(client: Client) -> None:
    client.request("DELETE", client.create(tagged()))
    assert client.post("Patient", tagged(), **if_none_exist(CONDITION)).status_code == 201


def test_a_conditional_create_that_found_something_is_logged_as_a_search(client: Client) -> None:
    made = client.create(tagged())
    client.post("Patient", tagged(), **if_none_exist(CONDITION))
    found = client.search("AuditEvent?_count=100")
    (event,) = [e for e in found if e["subtype"][0]["code"] == "search"]
    references = [
        e["what"]["reference"] for e in event["entity"] if "reference" in e.get("what", {})
    ]
    query = next(e["query"] for e in event["entity"] if "query" in e)
    assert references == [f"{made}/_history/1", made]
    assert base64.b64decode(query) == b"identifier=urn%3Ax%7C1"


# Update


def test_conditional_update_without_match_and_id_creates(client: Client) -> None:
    answer = client.put(f"Patient?{CONDITION}", tagged())
    assert answer.status_code == 201
    made = answer.json()["id"]
    assert answer.headers["Location"] == f"{BASE}/Patient/{made}/_history/1"
    assert client.get(f"Patient/{made}").status_code == 200


def test_conditional_update_without_match_and_with_an_id_creates_under_that_id(
    client: Client,
) -> None:
    answer = client.put(f"Patient?{CONDITION}", tagged(id="mine"))
    assert (answer.status_code, answer.json()["id"]) == (201, "mine")
    client.request("DELETE", "Patient/mine")
    answer = client.put(f"Patient?{CONDITION}", tagged(id="mine"))
    assert (answer.status_code, answer.headers["ETag"]) == (201, 'W/"3"')


def test_conditional_update_never_takes_the_id_of_another_resource(client: Client) -> None:
    before = client.put("Patient/mine", patient(id="mine")).content
    answer = client.put(f"Patient?{CONDITION}", tagged(id="mine"))
    assert (answer.status_code, codes_of(answer)) == (409, ["id-taken"])
    assert client.get("Patient/mine").content == before


@pytest.mark.parametrize("with_id", [False, True])
def test_conditional_update_with_one_match_updates_it(client: Client, with_id: bool) -> None:
    made = client.create(tagged())
    more: Json = {"id": made[8:]} if with_id else {}
    body = tagged(active=True, **more)
    answer = client.put(f"Patient?{CONDITION}", body)
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    assert answer.headers["Location"] == f"{BASE}/{made}/_history/2"
    assert client.get(made).json()["active"] is True
    assert client.put(f"Patient?{CONDITION}", body).headers["ETag"] == 'W/"2"'


def test_conditional_update_with_one_match_and_another_id_is_400(client: Client) -> None:
    client.create(tagged())
    answer = client.put(f"Patient?{CONDITION}", tagged(id="other"))
    assert (answer.status_code, codes_of(answer)) == (400, ["id-mismatch"])
    assert expressions_of(answer) == ["Patient.id"]
    assert client.get("Patient/other").status_code == 404


@pytest.mark.parametrize("with_id", [False, True])
def test_conditional_update_with_several_matches_is_412(client: Client, with_id: bool) -> None:
    made = [client.create(tagged(n)) for n in (1, 2)]
    more: Json = {"id": made[0][8:]} if with_id else {}
    body = tagged(3, **more)
    answer = client.put(f"Patient?{CONDITION}", body)
    assert (answer.status_code, codes_of(answer)) == (412, ["multiple-matches"])
    assert [client.get(m).headers["ETag"] for m in made] == ['W/"1"'] * 2


def test_conditional_update_heeds_if_match(client: Client) -> None:
    made = client.create(tagged())
    body = tagged(active=True)
    for tag, status in (('W/"2"', 412), ('W/"1"', 200)):
        answer = client.put(f"Patient?{CONDITION}", body, headers={"If-Match": tag})
        assert answer.status_code == status
    answer = client.put("Patient?identifier=urn:x|9", tagged(2), headers={"If-Match": 'W/"1"'})
    assert answer.status_code == 412
    assert client.get(made).headers["ETag"] == 'W/"2"'


def test_a_conditional_update_moves_nothing_to_another_patient(client: Client) -> None:
    one, other = client.create(patient(1)), client.create(patient(2))
    client.create(observation(one, identifier=[TAGGED]))
    answer = client.put(f"Observation?{CONDITION}", observation(other, identifier=[TAGGED]))
    assert (answer.status_code, codes_of(answer)) == (422, ["subject-changed"])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "bad-parameter"),
        ("?_format=json", "bad-parameter"),
        ("?nonsense=1", "unknown-parameter"),
        ("?_count=1&identifier=a", "bad-parameter"),
        (f"?identifier={national_id(1)}", "national-id-in-url"),
    ],
)
def test_a_change_of_everything_or_of_nobody_knows_what_is_refused(
    client: Client, method: str, query: str, code: str
) -> None:
    made = client.create(tagged())
    body = tagged(active=True) if method == "PUT" else None
    answer = client.request(method, f"Patient{query}", body)
    assert (answer.status_code, codes_of(answer)) == (400, [code])
    assert client.get(made).headers["ETag"] == 'W/"1"'


# Delete


def test_conditional_delete_deletes_the_one_match(client: Client) -> None:
    made, other = client.create(tagged(1)), client.create(patient(2))
    answer = client.request("DELETE", f"Patient?{CONDITION}")
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (204, b"", 'W/"2"')
    assert client.get(made).status_code == 410
    assert client.get(other).status_code == 200


def test_conditional_delete_of_nothing_is_204(client: Client) -> None:
    other = client.create(patient())
    assert client.request("DELETE", f"Patient?{CONDITION}").status_code == 204
    assert client.get(other).status_code == 200
    answer = client.request("DELETE", f"Patient?{CONDITION}", headers={"If-Match": 'W/"1"'})
    assert answer.status_code == 412


def test_conditional_delete_of_several_is_412_and_deletes_none(client: Client) -> None:
    made = [client.create(tagged(n)) for n in (1, 2)]
    answer = client.request("DELETE", f"Patient?{CONDITION}")
    assert (answer.status_code, codes_of(answer)) == (412, ["multiple-matches"])
    assert [client.get(m).status_code for m in made] == [200, 200]


def test_conditional_delete_of_several_may_be_allowed(
    make_client: Callable[..., Client],
) -> None:
    client = make_client(HUB_CONDITIONAL_DELETE="multiple")
    made = [client.create(tagged(n)) for n in range(3)]
    other = client.create(patient(9))
    told = {"Prefer": "return=OperationOutcome"}
    answer = client.request("DELETE", f"Patient?{CONDITION}", headers=told)
    assert (answer.status_code, answer.json()["issue"][0]["diagnostics"]) == (
        200,
        "Deleted 3 resources",
    )
    assert [client.get(m).status_code for m in made] == [410] * 3
    assert client.get(other).status_code == 200
    deletes = [
        e for e in client.search("AuditEvent?_count=100") if e["subtype"][0]["code"] == "delete"
    ]
    assert len(deletes) == 3


def test_conditional_delete_heeds_if_match(client: Client) -> None:
    made = client.create(tagged())
    for tag, status in (('W/"2"', 412), ('W/"1"', 204)):
        answer = client.request("DELETE", f"Patient?{CONDITION}", headers={"If-Match": tag})
        assert answer.status_code == status
    assert client.get(made).status_code == 410


@pytest.mark.parametrize(
    "query", ["identifier=urn:s|1", "_id=a", "no-such=1", "_format=json&name=x"]
)
def test_a_create_with_a_condition_in_its_url_is_refused_and_makes_nothing(
    client: Client, query: str
) -> None:
    answer = client.post(f"Patient?{query}", patient())
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"])
    assert "If-None-Exist" in answer.text
    bundle = transaction(entry("POST", f"Patient?{query}", patient()))
    assert client.post("", bundle).status_code == 400
    assert client.get("Patient?_count=0").json()["total"] == 0
    assert client.post("Patient?_format=json&_pretty=true", patient()).status_code == 201

"""$validate: what the hub would say of a resource, without storing it."""

from __future__ import annotations

import pytest

from tests.builders import Json, observation, patient, to_json
from tests.functional.hub_client import Client, codes_of, expressions_of
from tests.resource_factory import every_type, maximal


def severities(answer: Json) -> list[str]:
    return [issue["severity"] for issue in answer["issue"]]


def in_parameters(resource: Json, **values: str) -> Json:
    parts: list[Json] = [{"name": "resource", "resource": resource}]
    parts += [{"name": n, "valueCode" if n == "mode" else "valueUri": v} for n, v in values.items()]
    return {"resourceType": "Parameters", "parameter": parts}


def test_a_resource_that_is_well_is_told_so_and_not_stored(client: Client) -> None:
    answer = client.post("Patient/$validate", patient())

    assert answer.status_code == 200
    assert severities(answer.json()) == ["information"]
    assert client.search("Patient") == []


def test_every_problem_is_told_with_its_path_and_the_answer_is_still_200(client: Client) -> None:
    body = {
        **patient(gender="f", birthDate="1990-02-30"),
        "name": [{"given": ["Prøve", ""]}],
        "link": [{"type": "seealso"}],
        "foo": 1,
    }
    answer = client.post("Patient/$validate", body)

    assert answer.status_code == 200
    assert expressions_of(answer) == [
        "Patient.name[0].given[1]",
        "Patient.gender",
        "Patient.birthDate",
        "Patient.link[0].other",
        "Patient.foo",
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"resourceType":"Nothing"}', b"\xff"])
def test_what_is_no_resource_is_told_in_an_outcome(client: Client, body: bytes) -> None:
    answer = client.post("Patient/$validate", body)

    assert answer.status_code == 200
    assert severities(answer.json()) == ["error"]


def test_the_resource_may_come_in_parameters(client: Client) -> None:
    good = client.post("Patient/$validate", in_parameters(patient()))
    bad = client.post("Patient/$validate", in_parameters(patient(gender="f"), mode="create"))

    assert severities(good.json()) == ["information"]
    assert expressions_of(bad) == ["Patient.gender"]


def test_parameters_themselves_can_be_validated(client: Client) -> None:
    answer = client.post(
        "Parameters/$validate", {"resourceType": "Parameters", "parameter": [{"name": "a"}]}
    )

    assert expressions_of(answer) == ["Parameters.parameter[0]"]


def test_another_type_than_the_url_names_is_told(client: Client) -> None:
    answer = client.post("Observation/$validate", patient())

    assert codes_of(answer) == ["wrong-resource-type"]


def test_a_profile_is_plainly_answered_as_not_supported(client: Client) -> None:
    url = client.post("Patient/$validate?profile=http://a.example/p", patient())
    part = client.post("Patient/$validate", in_parameters(patient(), profile="http://a.example/p"))

    assert codes_of(url) == codes_of(part) == ["not-supported"]
    assert severities(url.json()) == ["error"]


def test_an_update_is_held_against_the_id_of_its_url(client: Client) -> None:
    place = f"{client.create(patient())}/$validate?mode=update"

    assert codes_of(client.post(place, patient())) == ["id-mismatch"]
    assert codes_of(client.post(place, {**patient(), "id": "other"})) == ["id-mismatch"]
    right = client.post(place, {**patient(), "id": place.split("/")[1]})
    assert severities(right.json()) == ["information"]


def test_mode_delete_asks_whether_the_resource_is_there(client: Client) -> None:
    place = client.create(patient())

    assert severities(client.post(f"{place}/$validate?mode=delete", None).json()) == ["information"]
    assert codes_of(client.post("Patient/nobody/$validate?mode=delete", None)) == ["not-found"]
    assert client.get(place).status_code == 200


def test_without_a_body_what_is_stored_is_validated(client: Client) -> None:
    answer = client.post(f"{client.create(patient())}/$validate", None)

    assert severities(answer.json()) == ["information"]


def test_an_unknown_mode_is_refused(client: Client) -> None:
    assert client.post("Patient/$validate?mode=perhaps", patient()).status_code == 400


def test_only_post_is_taken(client: Client) -> None:
    answer = client.get("Patient/$validate")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_more_than_a_hundred_problems_end_with_their_number(client: Client) -> None:
    many = [{"system": "x", "value": str(n)} for n in range(150)]
    answer = client.post("Patient/$validate", {**patient(), "telecom": many})

    outcome = answer.json()
    assert severities(outcome)[:100] == ["error"] * 100
    assert [i["diagnostics"] for i in outcome["issue"] if i["severity"] == "warning"] == [
        "50 further problems are not listed"
    ]


def test_validation_and_creation_agree(client: Client) -> None:
    for body in (observation("Patient/1", status="x"), observation("Patient/1", code="")):
        told = client.post("Observation/$validate", to_json(body))
        refused = client.post("Observation", to_json(body))
        assert expressions_of(told) == expressions_of(refused) != []


def test_every_type_has_it(client: Client) -> None:
    for kind in every_type():
        answer = client.post(f"{kind}/$validate", maximal(kind))
        assert (200, ["information"]) == (answer.status_code, severities(answer.json())), kind

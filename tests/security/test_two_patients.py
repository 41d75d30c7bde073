"""A resource speaks of one patient: what points at two is refused, stores nothing, and tells nobody of what is closed.

Source: security README §2 no. 2 (wrong patient identity), §4 (two different patients → 422).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.acting import DEVELOPER, JOURNAL, MUNICIPALITY, ActingClient
from tests.builders import FNR_SYSTEM, Json, entry, national_id, observation, patient, transaction
from tests.functional.hub_client import BASE, Client, codes_of


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    """Two patients with a value each; the journal may see the first alone."""
    client = ActingClient(make_client().hub)
    for number, owner in ((1, "mine"), (2, "theirs")):
        client.put(f"Patient/{owner}", {**patient(number), "id": owner})
        value = {**observation(f"Patient/{owner}"), "id": f"value-{owner}"}
        assert client.put(f"Observation/value-{owner}", value).status_code == 201
    client.relate("mine", MUNICIPALITY, "episode")
    yield client
    client.close()


def value(**more: Any) -> Json:
    return {**observation("Patient/mine"), **more}


def ref(to: str) -> Json:
    return {"reference": to}


TWO: dict[str, Json] = {
    "derived from another's value": value(derivedFrom=[ref("Observation/value-theirs")]),
    "a version of another's value": value(hasMember=[ref("Observation/value-theirs/_history/1")]),
    "an absolute reference": value(derivedFrom=[ref(f"{BASE}/Observation/value-theirs")]),
    "another patient as performer": value(performer=[ref("Patient/theirs")]),
    "another patient in focus": value(focus=[ref("Patient/theirs")]),
    "another patient by an absolute reference": value(performer=[ref(f"{BASE}/Patient/theirs")]),
    "a patient who is not here": value(performer=[ref("Patient/nobody")]),
    "in what is contained": value(contained=[{"resourceType": "Device", "id": "d", "patient": ref("Patient/theirs")}], device=ref("#d")),
    "in an extension": value(extension=[{"url": "http://x.example/e", "valueReference": ref("Patient/theirs")}]),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO)
def test_what_points_at_two_patients_is_refused_and_not_stored(
    acting: ActingClient, name: str
) -> None:
    answer = acting.post("Observation", TWO[name])
    assert (answer.status_code, codes_of(answer)) == (422, ["two-patients"])
    assert len(acting.search("Observation")) == 2
    before = acting.get("Observation/value-mine").headers["ETag"]
    changed = acting.put("Observation/value-mine", {**TWO[name], "id": "value-mine"})
    assert codes_of(changed) == ["two-patients"]
    assert acting.get("Observation/value-mine").headers["ETag"] == before


def test_an_escaped_reference_is_read_as_json_reads_it(acting: ActingClient) -> None:
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/mine"},"%s":[{"reference":"%s"}]}'
    for said in (b"Patient\\/theirs", b"Pat\\u0069ent/theirs", b"Patient/the\\u0069rs"):
        answer = acting.post("Observation", body % (b"performer", said))
        assert codes_of(answer) == ["two-patients"], said


def test_a_reference_whose_name_is_escaped_is_a_reference(acting: ActingClient) -> None:
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/mine"},"performer":[%s{"\\u0072eference":"Patient/theirs"}]}'
    for more in (b"", b'{"reference":"Patient/mine"},'):
        answer = acting.post("Observation", body % more)
        assert codes_of(answer) == ["two-patients"], more


def test_a_patch_cannot_point_at_another_patient(acting: ActingClient) -> None:
    patch = [{"op": "add", "path": "/performer", "value": [ref("Patient/theirs")]}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = acting.request("PATCH", "Observation/value-mine", patch, headers=headers)
    assert codes_of(answer) == ["two-patients"]


def test_a_transaction_is_refused_whole_at_the_entry_that_mixes(acting: ActingClient) -> None:
    made = transaction(
        entry("POST", "Observation", value(), "urn:uuid:0193a1b2-7c3d-7e8f-9a0b-000000000001"),
        entry("POST", "Observation", {**observation("Patient/theirs"), "derivedFrom": [ref("urn:uuid:0193a1b2-7c3d-7e8f-9a0b-000000000001")]}),
    )  # fmt: skip
    answer = acting.post("", made)
    assert (answer.status_code, codes_of(answer)) == (422, ["two-patients"])
    assert answer.json()["issue"][0]["expression"][0].startswith("Bundle.entry[1]")
    assert len(acting.search("Observation")) == 2


def test_what_the_caller_may_not_see_is_to_them_as_what_is_not_there(acting: ActingClient) -> None:
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "for": ref("Patient/mine")}  # fmt: skip
    with acting.as_(JOURNAL):
        there, nowhere = (
            acting.post("Task", {**task, "focus": ref(f"Observation/{each}")})
            for each in ("value-theirs", "value-nobody")
        )
        people = [acting.post("Task", {**task, "owner": ref(f"Patient/{p}")}) for p in ("theirs", "nobody")]  # fmt: skip
    assert there.status_code == nowhere.status_code == 201
    assert [codes_of(p) for p in people] == [["two-patients"]] * 2
    assert people[0].json() == people[1].json()
    with acting.as_(DEVELOPER):
        assert acting.post("Task", {**task, "focus": ref("Observation/value-theirs")}).status_code == 422  # fmt: skip


def test_references_to_the_same_patient_and_to_nobodys_are_taken(acting: ActingClient) -> None:
    device = acting.create({"resourceType": "Device", "patient": ref("Patient/mine")})
    loose = acting.create({"resourceType": "Device"})
    for each in (device, loose):
        made = value(device=ref(each), derivedFrom=[ref("Observation/value-mine")], performer=[ref("Patient/mine")])  # fmt: skip
        assert acting.post("Observation", made).status_code == 201
    linked = {**patient(1), "id": "mine", "link": [{"other": ref("Patient/theirs"), "type": "seealso"}]}  # fmt: skip
    assert acting.put("Patient/mine", linked).status_code == 200


@pytest.mark.parametrize("number", [2, 77])
def test_a_number_beside_the_reference_must_be_that_patients(
    acting: ActingClient, number: int
) -> None:
    told = {"system": FNR_SYSTEM, "value": national_id(number)}
    answer = acting.post("Observation", value(subject={**ref("Patient/mine"), "identifier": told}))
    assert (answer.status_code, codes_of(answer)) == (422, ["two-patients"])
    assert told["value"] not in answer.text
    right = {"system": FNR_SYSTEM, "value": national_id(1)}
    answer = acting.post("Observation", value(subject={**ref("Patient/mine"), "identifier": right}))
    assert answer.status_code == 201
    other = {"system": "http://leverandor.example/id", "value": "4711"}
    answer = acting.post("Observation", value(subject={**ref("Patient/mine"), "identifier": other}))
    assert answer.status_code == 201

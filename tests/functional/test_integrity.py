"""Referential integrity, as the hub is set: what is written refers to what is here, what is referred to stays.

Source: http://hl7.org/fhir/R4/http.html#delete, #transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import Json, entry, observation, patient, transaction
from tests.functional.hub_client import BASE, Client, codes_of, expressions_of

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"
OTHER = "urn:uuid:99999999-2222-4333-8444-555555555555"


@pytest.fixture
def strict(make_client: Callable[..., Client]) -> Client:
    """A hub that checks references when they are written and when something is deleted."""
    return make_client(HUB_REFERENTIAL_INTEGRITY="yes")


def device(**more: Any) -> Json:
    """A device."""
    return {"resourceType": "Device", **more}


def measured(who: str, **more: Any) -> Json:
    """A value of a kind that is not judged: one that waits for it would keep its patient from being deleted (ADR 0053)."""
    return observation(who, code="718-7", unit="g/dL", **more)


def by(who: str, device_reference: str) -> Json:
    """A value measured with a device."""
    return measured(who, device={"reference": device_reference})


def test_by_default_a_reference_may_lead_nowhere(client: Client) -> None:
    who = client.create(patient())
    assert client.post("Observation", by(who, "Device/none")).status_code == 201
    assert client.request("DELETE", who).status_code == 204


@pytest.mark.parametrize(
    "reference", ["Device/none", f"{BASE}/Device/none", "Device/none/_history/1"]
)
def test_what_is_written_must_refer_to_what_is_here(strict: Client, reference: str) -> None:
    who = strict.create(patient())
    answer = strict.post("Observation", by(who, reference))
    assert (answer.status_code, codes_of(answer)) == (422, ["unknown-reference"])
    assert expressions_of(answer) == ["Observation.device.reference"]
    assert strict.search("Observation") == []


def test_what_is_here_or_elsewhere_may_be_referred_to(strict: Client) -> None:
    who, with_what = strict.create(patient()), strict.create(device())
    contained = {"contained": [device(id="d")]}
    for body in (
        by(who, with_what),
        by(who, f"{BASE}/{with_what}"),
        by(who, "https://elsewhere.example/fhir/Device/1"),
        by(who, "urn:uuid:00000000-0000-4000-8000-000000000000"),
        {**by(who, "#d"), **contained},
        measured(who, device={"identifier": {"value": "x"}}),
    ):
        answer = strict.post("Observation", body)
        assert answer.status_code == 201, answer.text


def test_what_was_deleted_is_not_here(strict: Client) -> None:
    who, with_what = strict.create(patient()), strict.create(device())
    assert strict.request("DELETE", with_what).status_code == 204
    assert strict.post("Observation", by(who, with_what)).status_code == 422


def test_updates_and_patches_are_held_to_it(strict: Client) -> None:
    who = strict.create(patient())
    made = strict.create(measured(who))
    changed = {**by(who, "Device/none"), "id": made[12:]}
    assert strict.put(made, changed).status_code == 422
    document = [{"op": "add", "path": "/device", "value": {"reference": "Device/none"}}]
    answer = strict.request(
        "PATCH", made, document, headers={"Content-Type": "application/json-patch+json"}
    )
    assert (answer.status_code, codes_of(answer)) == (422, ["unknown-reference"])
    assert strict.get(made).headers["ETag"] == 'W/"1"'


def test_references_inside_contained_resources_and_extensions_count(strict: Client) -> None:
    body = patient(extension=[{"url": "urn:e", "valueReference": {"reference": "Device/none"}}])
    answer = strict.post("Patient", body)
    assert expressions_of(answer) == ["Patient.extension[0].valueReference.reference"]


def test_what_others_refer_to_cannot_be_deleted_and_they_are_named(strict: Client) -> None:
    who, with_what = strict.create(patient()), strict.create(device())
    value = strict.create(by(who, with_what))
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": who},
    }
    todo = strict.create(task)
    for target, referrers in ((with_what, [value]), (who, [value, todo])):
        answer = strict.request("DELETE", target)
        assert (answer.status_code, codes_of(answer)) == (409, ["still-referenced"])
        text = answer.json()["issue"][0]["diagnostics"]
        assert all(referrer in text for referrer in referrers), text
        assert strict.get(target).status_code == 200
    for target in (value, todo, with_what, who):
        assert strict.request("DELETE", target).status_code == 204, target


def test_many_that_refer_are_not_all_named(strict: Client) -> None:
    who = strict.create(patient())
    for n in range(15):
        strict.create(measured(who, value=str(n)))
    text = strict.request("DELETE", who).json()["issue"][0]["diagnostics"]
    assert text.count("Observation/") == 10
    assert "and others" in text


def test_a_transaction_is_checked_at_its_end(strict: Client) -> None:
    old_who, old_device = strict.create(patient(1)), strict.create(device())
    old = strict.create(by(old_who, old_device))
    answer = strict.post(
        "",
        transaction(
            entry("POST", "Observation", {**by(URN, OTHER), "hasMember": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000003"}]}, "urn:uuid:00000000-0000-4000-8000-000000000002"),
            entry("POST", "Observation", {**observation(URN), "hasMember": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}]}, "urn:uuid:00000000-0000-4000-8000-000000000003"),
            entry("POST", "Patient", patient(2), URN),
            entry("POST", "Device", device(), OTHER),
            entry("DELETE", old_device),
            entry("DELETE", old),
        ),
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


def test_a_reference_to_what_the_same_transaction_deletes_is_refused(strict: Client) -> None:
    who, with_what = strict.create(patient()), strict.create(device())
    answer = strict.post(
        "",
        transaction(entry("DELETE", with_what), entry("POST", "Observation", by(who, with_what))),
    )
    assert answer.status_code in (409, 422)
    assert "Bundle.entry[1].resource.device.reference" in expressions_of(answer)
    assert strict.get(with_what).status_code == 200
    assert strict.search("Observation") == []


@pytest.mark.parametrize(
    ("setting", "written", "deleted"), [("no", 201, 204), ("write", 422, 204), ("delete", 201, 409)]
)
def test_writing_and_deleting_are_set_apart(
    make_client: Callable[..., Client], setting: str, written: int, deleted: int
) -> None:
    client = make_client(HUB_REFERENTIAL_INTEGRITY=setting)
    who = client.create(patient())
    client.create(measured(who))
    assert client.post("Observation", by(who, "Device/none")).status_code == written
    assert client.request("DELETE", who).status_code == deleted

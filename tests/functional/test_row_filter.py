"""Nobody sees what is not theirs: every way of reading, for two tenants and two patients with the same names.

`mine` has a care relation to every caller, `theirs` to none, and tenant 2 has a patient with the id of `mine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import FixedClock
from tests.acting import (
    CLINICIAN,
    DEVELOPER,
    GP,
    GP_OFFICE,
    HOSPITAL,
    JOURNAL,
    LONG_AGO,
    MUNICIPALITY,
    OTHER_OFFICE,
    SUPPLIER,
    VENDOR,
    WARD,
    ActingClient,
)
from tests.builders import Json
from tests.functional.hub_client import Client

SECRET = "hemmelig"
READERS = (GP, JOURNAL, WARD, CLINICIAN)


def patient(resource_id: str, number: str, family: str) -> Json:
    return {
        "resourceType": "Patient",
        "id": resource_id,
        "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": number}],
        "name": [{"family": family}],
    }


def value(resource_id: str, owner: str, note: str = "") -> Json:
    return {
        "resourceType": "Observation",
        "id": resource_id,
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": f"Patient/{owner}"},
        "effectiveDateTime": "2026-11-20T08:00:00Z",
        "performer": [{"reference": "Organization/office"}],
        "valueQuantity": {
            "value": 64,
            "unit": "/min",
            "system": "http://unitsofmeasure.org",
            "code": "/min",
        },
        "note": [{"text": note or "open"}],
    }


def task(resource_id: str, owner: str, text: str = "open") -> Json:
    return {
        "resourceType": "Task",
        "id": resource_id,
        "status": "requested",
        "intent": "order",
        "description": text,
        "for": {"reference": f"Patient/{owner}"},
        "focus": {"reference": f"Observation/value-{owner}"},
    }


OFFICE: Json = {
    "resourceType": "Organization",
    "id": "office",
    "name": "Kontoret",
    "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.101", "value": GP_OFFICE}],
}


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    """Two tenants with their patients; only `mine` is anybody's."""
    client = ActingClient(make_client().hub)
    for tenant, text in ((1, "open"), (2, SECRET)):
        with client.as_(replace(DEVELOPER, tenant_id=tenant)):
            people = [("mine", "13116900216", "Min" if tenant == 1 else SECRET)]
            people += [("theirs", "14019800513", SECRET)] if tenant == 1 else []
            for here, number, family in people:
                bodies = [OFFICE, patient(here, number, family)]
                note = SECRET if here == "theirs" else text
                bodies += [value(f"value-{here}", here, note), task(f"task-{here}", here, note)]
                for body in bodies:
                    answer = client.put(f"{body['resourceType']}/{body['id']}", body)
                    assert answer.status_code in (200, 201), answer.text
            client.put("Observation/value-mine", value("value-mine", "mine", f"{text} twice"))
    with client.as_(DEVELOPER):
        client.put("Observation/value-theirs", value("value-theirs", "theirs", f"{SECRET} twice"))
        loose = {"resourceType": "Basic", "id": "loose", "code": {"text": SECRET}}
        assert client.put("Basic/loose", loose).status_code == 201
    client.relate("mine", GP_OFFICE, "gp_list")
    client.relate("mine", MUNICIPALITY, "episode")
    client.relate("mine", HOSPITAL, "referral")
    client.relate("mine", SUPPLIER, "agreement")
    yield client
    client.close()


def told(answer: Any) -> str:
    """An answer's body without the request's id."""
    return answer.text.replace(answer.headers.get("x-request-id", "-"), "-")


LISTS = (
    "Observation?code=8867-4",
    "Observation?patient=theirs",
    "Observation?patient=theirs&code=8867-4&_sort=date",
    "Observation?subject=Patient/theirs",
    "Observation?_id=value-theirs",
    "Observation?_lastUpdated=gt2020",
    "Observation?status=final&_sort=-date",
    "Observation?code=8867-4&_total=accurate",
    "Observation?code=8867-4&_summary=count",
    "Observation?value-quantity=gt1",
    "Observation?performer=Organization/office",
    "Observation?performer:Organization.name=Kontoret",
    "Observation?_count=1&_sort=_lastUpdated",
    "Observation?category:not=x",
    "Observation?code:missing=false",
    "Observation?_include=Observation:subject",
    "Observation?_include=*",
    "Organization?_id=office&_revinclude=Observation:performer",
    "Organization?_has:Observation:performer:code=8867-4",
    "Observation?_list=none",
    "Patient/theirs/Observation",
    "Patient/theirs/*",
    "Patient/mine/Observation",
    "?_type=Observation,Task,Patient,Basic",
    "?_lastUpdated=gt2020",
    "_history",
    "Observation/_history",
    "Observation/_history?_at=2026-11-21",
    "Observation/$lastn?patient=theirs",
    "Observation/$lastn?patient=mine",
    "Patient/mine/$everything",
    "Patient/mine/$everything?_type=Observation",
)


@pytest.mark.parametrize("actor", READERS, ids=lambda a: a.kind)
def test_no_list_shows_or_counts_what_is_somebody_elses(acting: ActingClient, actor: Any) -> None:
    for path in LISTS:
        with acting.as_(actor):
            answer = acting.get(path)
        assert answer.status_code in (200, 403, 404), answer.text
        assert SECRET not in answer.text, path
        if answer.status_code == 200:
            page = answer.json()
            shown = str(page.get("entry", ()))
            assert "theirs" not in shown, path
            assert "loose" not in shown, path
            most = 3 if path.startswith(("?", "Patient/mine")) else 1
            if "_history" in path:
                most = len(page.get("entry", ()))  # every version of one's own is counted
            assert page.get("total", 0) <= most, path


@pytest.mark.parametrize("actor", READERS, ids=lambda a: a.kind)
def test_what_is_theirs_is_found_by_the_same_searches(acting: ActingClient, actor: Any) -> None:
    with acting.as_(actor):
        for path in (
            "Observation?code=8867-4",
            "Observation?patient=mine",
            "Observation?patient=mine&code=8867-4&_sort=date",
            "Observation?_id=value-mine",
            "Observation/$lastn?patient=mine",
            "Patient/mine/$everything?_type=Observation",
            "?_type=Observation",
            "Patient/mine/Observation",
        ):
            answer = acting.get(path)
            assert [e["resource"]["id"] for e in answer.json()["entry"]] == ["value-mine"], path
        assert acting.get("Observation/value-mine").status_code == 200
        assert acting.get("Observation/value-mine/_history/1").status_code == 200
        assert len(acting.history("Observation/value-mine/_history")) == 2
        assert acting.get("Organization/office").status_code == 200


ONES = (
    ("GET", "Observation/{}"),
    ("GET", "Observation/{}/_history/1"),
    ("GET", "Observation/{}/_history/2"),
    ("GET", "Observation/{}/_history"),
    ("HEAD", "Observation/{}"),
    ("GET", "Observation/{}?_summary=true"),
    ("GET", "Observation/{}?_format=xml"),
)


@pytest.mark.parametrize("actor", READERS, ids=lambda a: a.kind)
def test_missing_and_forbidden_look_the_same(acting: ActingClient, actor: Any) -> None:
    for method, path in ONES:
        with acting.as_(actor):
            there = acting.request(method, path.format("value-theirs"))
            nowhere = acting.request(method, path.format("value-nobody"))
        assert (there.status_code, told(there)) == (404, told(nowhere))
        kept = {n: v for n, v in there.headers.items() if n != "x-request-id"}
        assert kept == {n: v for n, v in nowhere.headers.items() if n != "x-request-id"}


def test_another_tenants_resources_do_not_exist(acting: ActingClient) -> None:
    with acting.as_(replace(GP, tenant_id=2)):
        assert acting.get("Observation/value-mine").status_code == 404
        assert "entry" not in acting.get("Observation?code=8867-4").json()
    with acting.as_(replace(DEVELOPER, tenant_id=2)):
        assert SECRET in acting.get("Observation/value-mine").text
        assert acting.get("Observation/value-theirs").status_code == 404


CHANGES: tuple[tuple[str, str, Json | None], ...] = (
    ("PUT", "Task/{}", task("{}", "mine")),
    ("PUT", "Task/{}", task("{}", "theirs")),
    ("PATCH", "Task/{}", None),
)


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_what_is_somebody_elses_cannot_be_changed_or_found_by_changing(
    acting: ActingClient, method: str, path: str, body: Json | None
) -> None:
    def send(resource_id: str, **more: Any) -> Any:
        made = None if body is None else {**body, "id": resource_id}
        patch = [{"op": "replace", "path": "/status", "value": "completed"}]
        headers = {} if body is not None else {"Content-Type": "application/json-patch+json"}
        return acting.request(
            method, path.format(resource_id), made or patch, headers={**headers, **more}
        )

    with acting.as_(JOURNAL):
        there, nowhere = send("task-theirs"), send("task-nobody")
        assert (there.status_code, told(there)) == (404, told(nowhere))
        guarded = [send(r, **{"If-Match": 'W/"1"'}) for r in ("task-theirs", "task-nobody")]
        assert guarded[0].status_code == guarded[1].status_code
        assert told(guarded[0]) == told(guarded[1])
    with acting.as_(DEVELOPER):
        assert acting.get("Task/task-theirs").json()["status"] == "requested"
        assert acting.get("Task/task-nobody").status_code == 404


def test_a_change_by_condition_sees_only_what_is_open(acting: ActingClient) -> None:
    with acting.as_(JOURNAL):
        for criteria in ("_id=task-theirs", "patient=Patient/theirs", "_id=task-nobody"):
            answer = acting.put(f"Task?{criteria}", {**task("x", "mine"), "id": "task-theirs"})
            assert answer.status_code == 404
        made = {k: v for k, v in task("x", "mine").items() if k != "id"}
        answer = acting.post("Task", made, headers={"If-None-Exist": "_id=task-theirs"})
        assert answer.status_code == 201
        assert acting.put("Task?_id=task-mine", made).status_code == 200


def test_nothing_is_written_about_a_patient_that_is_not_open(acting: ActingClient) -> None:
    with acting.as_(VENDOR):
        body = {k: v for k, v in value("x", "theirs").items() if k not in ("id", "performer")}
        nobody = {**body, "subject": {"reference": "Patient/nobody"}}
        answers = [acting.post("Observation", each) for each in (body, nobody)]
        assert [a.status_code for a in answers] == [422, 422]
        assert told(answers[0]) == told(answers[1])
        by_number = {
            **body,
            "subject": {"identifier": patient("", "14019800513", "")["identifier"][0]},
        }
        unknown = {
            **body,
            "subject": {"identifier": patient("", "15019800513", "")["identifier"][0]},
        }
        answers = [acting.post("Observation", each) for each in (by_number, unknown)]
        assert [a.status_code for a in answers] == [422, 422]
        assert told(answers[0]) == told(answers[1])


def test_a_supplier_reads_only_what_it_has_written_and_of_the_patient_only_the_id(
    acting: ActingClient,
) -> None:
    with acting.as_(VENDOR):
        body = {k: v for k, v in value("x", "mine").items() if k not in ("id", "performer")}
        made = acting.post("Observation", body)
        assert made.status_code == 201, made.text
        here = made.json()["id"]
        assert acting.get(f"Observation/{here}").status_code == 200
        assert acting.get("Observation/value-mine").status_code == 404
        found = acting.get("Observation?patient=mine").json()
        assert [e["resource"]["id"] for e in found["entry"]] == [here]
        shown = acting.get("Patient/mine")
        assert shown.status_code == 200
        assert set(shown.json()) == {"resourceType", "id", "meta"}
        assert acting.get("Patient/theirs").status_code == 404
        assert acting.get("Patient/mine/$everything").status_code == 403
        assert acting.get("Observation?_include=Observation:subject:Patient").status_code == 403
        whole = acting.get("Observation?_include=Observation:subject").json()["entry"]
        assert [e["search"]["mode"] for e in whole] == ["match"]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (
            acting.post("Patient/_search", b"identifier=13116900216", headers=form).status_code
            == 403
        )
    with acting.as_(replace(VENDOR, client_id="another-client")):
        assert acting.get(f"Observation/{here}").status_code == 404


def test_a_person_is_found_by_identifier_in_a_form_and_by_nothing_else(
    acting: ActingClient,
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with acting.as_(GP):
        found = acting.post("Patient/_search", b"identifier=13116900216", headers=form)
        assert [e["resource"]["id"] for e in found.json()["entry"]] == ["mine"]
        hidden = acting.post("Patient/_search", b"identifier=14019800513", headers=form)
        nobody = acting.post("Patient/_search", b"identifier=15019800513", headers=form)
        assert told(hidden) == told(nobody)
        for body in (
            b"",
            b"family=Min",
            b"identifier=13116900216&family=M",
            b"_id=mine",
            b"name=Min",
        ):
            assert acting.post("Patient/_search", body, headers=form).status_code == 403, body
        for path in (
            "Patient",
            "Patient?identifier=urn:x|1",
            "Patient/_history",
            "Patient/$everything",
            "Observation?patient.name=Min",
            "Observation?patient.identifier=urn:x|1",
            "Observation?subject:Patient.family=Min",
            "Patient?_has:Observation:patient:code=8867-4",
            "Task?focus:Observation.performer:Organization.name=Kontoret",
            "Observation?_revinclude=AuditEvent:patient",
            "Observation?_has:AuditEvent:entity:date=gt2020",
        ):
            assert acting.get(path).status_code in (400, 403), path


def test_what_has_ended_or_not_begun_opens_nothing(acting: ActingClient, clock: FixedClock) -> None:
    now = clock.now()
    acting.relate("theirs", GP_OFFICE, "gp_list", ends=now - timedelta(seconds=1))
    acting.relate("theirs", GP_OFFICE, "care_team", starts=now + timedelta(seconds=5))
    acting.relate("theirs", OTHER_OFFICE, "gp_list")
    acting.relate("theirs", GP_OFFICE, "agreement")
    acting.relate("theirs", GP_OFFICE, "gp_list", tenant=2)
    with acting.as_(GP):
        assert acting.get("Observation/value-theirs").status_code == 404
        clock.at += timedelta(seconds=6)
        assert acting.get("Observation/value-theirs").status_code == 200


def test_a_guest_sees_what_is_shared_with_its_organisation_and_stands_in_a_relation(
    acting: ActingClient,
) -> None:
    from hub.policy.relations import Share

    guest = replace(GP, guest=True)
    with acting.as_(guest):
        assert acting.get("Observation/value-mine").status_code == 404

    def put(share: Share) -> None:
        acting.runner.run(
            acting.hub.store.write(lambda unit: unit.relations.share(share, LONG_AGO))
        )

    put(Share(1, OTHER_OFFICE, LONG_AGO))
    put(Share(1, GP_OFFICE, LONG_AGO, type="Task"))
    put(Share(1, GP_OFFICE, LONG_AGO, type="Observation", patient_id="theirs"))
    put(Share(1, GP_OFFICE, LONG_AGO, type="Observation", ends=LONG_AGO + timedelta(days=1)))
    with acting.as_(guest):
        assert acting.get("Observation/value-mine").status_code == 404
        assert acting.get("Observation/value-theirs").status_code == 404, "shared, but no relation"
        assert acting.get("Task?patient=mine").json()["entry"]
        assert "entry" not in acting.get("?_type=Observation").json()
    put(Share(1, GP_OFFICE, LONG_AGO, type="Observation", patient_id="mine"))
    with acting.as_(guest):
        assert acting.get("Observation/value-mine").status_code == 200
        assert len(acting.get("?_type=Observation,Task").json()["entry"]) == 2


def test_a_scope_with_a_condition_narrows_reads_lists_and_histories(acting: ActingClient) -> None:
    from hub.policy import parse_scopes

    vital = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
    right = replace(GP, scopes=parse_scopes([f"system/Observation.rs?category={vital}"]))
    wrong = replace(GP, scopes=parse_scopes(["system/Observation.rs?category=laboratory"]))
    by_code = replace(
        GP, scopes=parse_scopes(["system/Observation.rs?code=http://loinc.org|29463-7"])
    )
    with acting.as_(right):
        assert acting.get("Observation/value-mine").status_code == 200
        assert len(acting.search("Observation?patient=mine")) == 1
    for actor in (wrong, by_code):
        with acting.as_(actor):
            assert acting.get("Observation/value-mine").status_code == 404
            assert acting.get("Observation/value-mine/_history/1").status_code == 404
            assert acting.search("Observation?patient=mine") == []
            assert acting.history("Observation/_history") == []
            assert acting.get("Patient/mine").status_code == 403


def test_every_entry_of_a_bundle_is_decided_as_if_it_were_sent_alone(acting: ActingClient) -> None:
    def entry(method: str, url: str, resource: Json | None = None) -> Json:
        made: Json = {"request": {"method": method, "url": url}}
        return made if resource is None else {**made, "resource": resource}

    entries = [
        entry("GET", "Observation/value-theirs"),
        entry("GET", "Observation/value-mine"),
        entry("PUT", "Patient/mine", patient("mine", "1", "Ny")),
        entry("DELETE", "Task/task-mine"),
        entry("POST", "Task", {k: v for k, v in task("x", "theirs").items() if k != "id"}),
    ]
    with acting.as_(JOURNAL):
        batch: Json = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        answer = acting.post("", batch).json()
        statuses = [e["response"]["status"][:3] for e in answer["entry"]]
        assert statuses == ["404", "200", "403", "403", "422"]
        for wrong in entries[2:]:
            fine = entry("POST", "Task", {k: v for k, v in task("x", "mine").items() if k != "id"})
            whole: Json = {"resourceType": "Bundle", "type": "transaction", "entry": [fine, wrong]}
            assert acting.post("", whole).status_code in (403, 422)
    with acting.as_(DEVELOPER):
        assert len(acting.search("Task?patient=mine")) == 1
        assert acting.get("Patient/mine").json()["name"][0]["family"] == "Min"

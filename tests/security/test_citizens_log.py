"""The citizen's view of the access log over the API: names, never numbers; for the privacy officer of the tenant, who hands it out.

Source: security/audit.md §1, §2, §3.4 no. 12, §4, §6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.fhir.codec import parse
from tests.acting import (
    ADMIN,
    CLINICIAN,
    DEVELOPER,
    GP,
    GP_OFFICE,
    JOURNAL,
    MUNICIPALITY,
    OFFICER,
    OPERATOR,
    VENDOR,
    WARD,
    ActingClient,
)
from tests.builders import FNR_SYSTEM, Json, entry, national_id, observation, patient, to_json
from tests.functional.hub_client import Client

NURSE = replace(CLINICIAN, organisation=replace(CLINICIAN.organisation, child="974760681"), token_id="jti-77")  # fmt: skip
ROLE = replace(JOURNAL, person=OFFICER.person, roles=frozenset({"privacy"}))


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    """Two patients; a nurse, a GP system and a search with a number have looked at the first."""
    client = ActingClient(make_client().hub)
    for number, owner in ((1, "mine"), (2, "theirs")):
        client.put(f"Patient/{owner}", {**patient(number), "id": owner})
        client.put(
            f"Observation/v-{owner}", {**observation(f"Patient/{owner}"), "id": f"v-{owner}"}
        )
    client.relate("mine", GP_OFFICE, "gp_list")
    client.relate("mine", MUNICIPALITY, "episode")
    with client.as_(NURSE):
        client.get("Observation/v-mine")
    with client.as_(GP):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        client.post("Patient/_search", f"identifier={FNR_SYSTEM}|{national_id(1)}".encode(), headers=form)  # fmt: skip
        client.get("Observation/v-theirs")
    yield client
    client.close()


def part(answer: Any, name: str) -> list[Json]:
    return [p for p in answer.json()["parameter"] if p["name"] == name]


def test_the_officer_gets_lines_and_entries_with_names_and_without_numbers(
    acting: ActingClient,
) -> None:
    with acting.as_(OFFICER):
        answer = acting.get("AuditEvent/$access-log?patient=mine")
    assert answer.status_code == 200
    parse(answer.content, "Parameters")
    (text,) = part(answer, "text")
    lines = text["valueString"].splitlines()
    assert (
        "Systemet Testdal legesenter, organisasjon 974760673 søkte i journalopplysninger"
        in lines[0]
    )
    assert "Kari Prøve (sykepleier), organisasjon 974760673 / 974760681 leste måling" in lines[1]
    events = [p["resource"] for p in part(answer, "entry")]
    assert len(events) == len(lines)
    for event in events:
        parse(to_json(event), "AuditEvent")
    for number in ("9144900", "sub-kari", "jti-77", national_id(1), "127.0.0.1", "v-theirs", "theirs", "urn:oid:2.16.578.1.12.4.1.4.1|"):  # fmt: skip
        assert number not in answer.text, number
    assert all("query" not in e for event in events for e in event.get("entity", ()))


def test_a_refused_look_is_in_the_log_of_the_one_it_was_about(acting: ActingClient) -> None:
    with acting.as_(OFFICER):
        (text,) = part(acting.get("AuditEvent/$access-log?patient=Patient/theirs"), "text")
    assert "leste måling – ble avvist" in text["valueString"].splitlines()[0]


@pytest.mark.parametrize(
    "actor", [GP, JOURNAL, WARD, VENDOR, CLINICIAN, OPERATOR, ADMIN], ids=lambda a: a.kind
)
def test_nobody_else_gets_it(acting: ActingClient, actor: Any) -> None:
    with acting.as_(actor):
        for path in ("AuditEvent/$access-log?patient=mine", "AuditEvent?patient=mine", "AuditEvent/a1"):  # fmt: skip
            answer = acting.get(path)
            assert answer.status_code == 403, path
            assert "Kari" not in answer.text


def test_a_person_of_the_municipality_with_the_role_gets_it_of_its_own_patients(
    acting: ActingClient,
) -> None:
    with acting.as_(ROLE):
        assert part(acting.get("AuditEvent/$access-log?patient=mine"), "entry")
        nothing = acting.get("AuditEvent/$access-log?patient=theirs")
        nobody = acting.get("AuditEvent/$access-log?patient=nobody")
    assert nothing.json() == nobody.json()
    assert part(nothing, "text")[0]["valueString"] == "Ingen oppslag."


def test_the_officer_of_another_tenant_gets_nothing(acting: ActingClient) -> None:
    with acting.as_(replace(OFFICER, tenant_id=2)):
        answer = acting.get("AuditEvent/$access-log?patient=mine")
    assert part(answer, "entry") == []


def test_pages_and_days_bound_what_is_told(acting: ActingClient, clock: FixedClock) -> None:
    with acting.as_(OFFICER):
        whole = part(acting.get("AuditEvent/$access-log?patient=theirs"), "entry")
        got: list[Json] = []
        path = "AuditEvent/$access-log?patient=theirs&_count=1&until=2026-11-22"
        while path:
            answer = acting.get(path)
            got += part(answer, "entry")
            after = part(answer, "next")
            path = after[0]["valueUri"].rpartition("/fhir/")[2] if after else ""
            if len(got) > 20:
                break
        before = acting.get("AuditEvent/$access-log?patient=theirs&until=2026-11-21")
    ids = [p["resource"]["id"] for p in got]
    assert len(ids) == len(set(ids))
    assert {p["resource"]["id"] for p in whole} <= set(ids)
    assert part(before, "entry") == []
    assert clock.at - timedelta(days=1) < clock.now()


def test_the_look_at_the_log_is_in_the_log(acting: ActingClient) -> None:
    with acting.as_(OFFICER):
        acting.get("AuditEvent/$access-log?patient=mine")
    last = acting.log_of()[-1]
    assert last["agent"][1]["name"] == "Kari Prøve"
    assert any(e["what"].get("reference") == "Patient/mine" for e in last["entity"] if "what" in e)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?patient=", 400),
        ("?patient=a&patient=b", 400),
        ("?patient=a,b", 400),
        ("?patient=mine&from=x", 400),
        ("?patient=mine&what=x", 400),
        (f"?patient={national_id(1)}", 400),
        ("?patient=mine&_cursor=x", 400),
    ],
)
def test_what_is_asked_wrongly_is_told(acting: ActingClient, query: str, status: int) -> None:
    with acting.as_(OFFICER):
        assert acting.get(f"AuditEvent/$access-log{query}").status_code == status


def test_it_can_be_asked_by_post(acting: ActingClient) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "patient", "valueId": "mine"}]}
    with acting.as_(OFFICER):
        assert part(acting.post("AuditEvent/$access-log", body), "entry")


def test_nobody_writes_changes_or_takes_from_the_log(acting: ActingClient) -> None:
    before = acting.log_of()
    event = {**before[0], "outcomeDesc": "forged"}
    patch = [{"op": "replace", "path": "/outcome", "value": "0"}]
    tries = [
        ("POST", "AuditEvent", event, {}),
        ("PUT", f"AuditEvent/{event['id']}", event, {}),
        ("DELETE", f"AuditEvent/{event['id']}", None, {}),
        ("DELETE", "AuditEvent?patient=mine", None, {}),
        ("PATCH", f"AuditEvent/{event['id']}", patch, {"Content-Type": "application/json-patch+json"}),
        ("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [entry("POST", "AuditEvent", event)]}, {}),
    ]  # fmt: skip
    for actor in (OFFICER, ROLE, DEVELOPER, GP):
        with acting.as_(actor):
            for method, path, body, headers in tries:
                answer = acting.request(method, path, body, headers=headers)
                assert answer.status_code in (403, 405), (actor.kind, method, answer.text)
    assert acting.log_of()[: len(before)] == before

"""Care relations that resources state: EpisodeOfCare, CareTeam and the patient's GP open a record while they are in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.clock import FixedClock
from hub.policy import Organisation
from tests.acting import (
    ADMIN,
    GP,
    GP_OFFICE,
    JOURNAL,
    MUNICIPALITY,
    OFFICER,
    OTHER_OFFICE,
    ActingClient,
)
from tests.builders import Json, patient
from tests.functional.hub_client import Client

ENH = "urn:oid:2.16.578.1.12.4.1.4.101"
OTHER = replace(GP, organisation=Organisation(OTHER_OFFICE))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    client = ActingClient(make_client().hub)
    client.put("Patient/p1", {**patient(), "id": "p1"})
    yield client
    client.close()


def named(number: str) -> Json:
    return {"identifier": {"system": ENH, "value": number}}


def sees(client: ActingClient, *actors: object) -> list[bool]:
    found: list[bool] = []
    for actor in actors:
        with client.as_(actor):  # type: ignore[arg-type]
            found.append(client.get("Patient/p1").status_code == 200)
    return found


def test_a_gp_sees_the_patients_that_name_its_office_until_they_name_another(
    acting: ActingClient, clock: FixedClock
) -> None:
    office = {"resourceType": "Organization", "identifier": [{"system": ENH, "value": GP_OFFICE}]}
    here = acting.create(office)
    assert sees(acting, GP, OTHER) == [False, False]
    body = {**patient(), "id": "p1", "generalPractitioner": [{"reference": here}]}
    acting.put("Patient/p1", body)
    assert sees(acting, GP, OTHER) == [True, False]
    clock.at += timedelta(days=1)
    acting.put("Patient/p1", {**body, "active": True})
    assert len(acting.relations()) == 1, "the same fact goes on"
    acting.put("Patient/p1", {**body, "generalPractitioner": [named(OTHER_OFFICE)]})
    assert sees(acting, GP, OTHER) == [False, True]
    assert len(acting.relations()) == 2, "what was in force stays as a fact"
    acting.request("DELETE", "Patient/p1")
    assert all(each.ends <= clock.at for each in acting.relations())


def test_the_tenants_administrator_keeps_episodes_and_teams_and_sees_no_names(
    acting: ActingClient, clock: FixedClock
) -> None:
    episode: Json = {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": {"reference": "Patient/p1"},
        "managingOrganization": named(MUNICIPALITY),
        "period": {"start": "2026-01-01", "end": "2026-11-21"},
    }
    with acting.as_(ADMIN):
        found = acting.post(
            "Patient/_search",
            f"identifier={patient()['identifier'][0]['value']}".encode(),
            headers=FORM,
        )
        (shown,) = found.json()["entry"]
        assert set(shown["resource"]) == {"resourceType", "id", "meta"}
        made = acting.post("EpisodeOfCare", episode)
        assert made.status_code == 201, made.text
        here = f"EpisodeOfCare/{made.json()['id']}"
    assert sees(acting, JOURNAL) == [True]
    clock.at += timedelta(days=1)
    assert sees(acting, JOURNAL) == [False], "the last day is over"
    with acting.as_(ADMIN):
        again = {**episode, "id": here[14:], "period": {"start": "2026-01-01"}}
        assert acting.put(here, again).status_code == 200
        assert sees(acting, JOURNAL) == [True]
        assert acting.put(here, {**again, "status": "finished"}).status_code == 200
        assert sees(acting, JOURNAL) == [False]
        team: Json = {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": {"reference": "Patient/p1"},
            "participant": [{"member": named(GP_OFFICE)}],
        }
        assert acting.post("CareTeam", team).status_code == 201
    assert sees(acting, GP, OTHER) == [True, False]


def test_nobody_states_a_relation_of_its_own(acting: ActingClient) -> None:
    team: Json = {
        "resourceType": "CareTeam",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "managingOrganization": [named(GP_OFFICE)],
    }
    for actor in (GP, JOURNAL, OTHER):
        with acting.as_(actor):
            assert acting.post("CareTeam", team).status_code == 403
            changed = {**patient(), "id": "p1", "generalPractitioner": [named(GP_OFFICE)]}
            assert acting.put("Patient/p1", changed).status_code == 403
    assert acting.relations() == []


def test_the_privacy_officer_searches_the_log_by_who_what_and_where_from(
    acting: ActingClient,
) -> None:
    acting.relate("p1", GP_OFFICE, "gp_list")
    with acting.as_(GP):
        acting.get("Patient/p1")
        acting.get("Patient/p2")
    with acting.as_(OFFICER):
        for query, expected in (
            ("agent:identifier=gp-client", 2),
            ("agent:identifier=gp-client&outcome=4", 1),
            ("patient=p1&action=R", 1),
            ("entity=Patient/p2", 1),
            ("subtype=read&agent:identifier=gp-client", 2),
            ("address=127.&agent:identifier=gp-client", 2),
            ("address=10.", 0),
            ("agent:identifier=nobody", 0),
            ("agent=Practitioner/1", 0),
        ):
            page = acting.get(f"AuditEvent?{query}")
            assert page.status_code == 200, page.text
            assert len(page.json().get("entry", ())) == expected, query
        assert acting.get("Observation?patient=p1").status_code == 403
    with acting.as_(replace(OFFICER, tenant_id=2)):
        assert "entry" not in acting.get("AuditEvent?agent:identifier=gp-client").json()
    with acting.as_(ADMIN):
        assert acting.get("AuditEvent?patient=p1").status_code == 403

"""The ends of a care relation: over, to come, two at once, another tenant's, taken back; each kind of fact alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.policy.relations import CareRelation
from tests.acting import GP, GP_OFFICE, JOURNAL, MUNICIPALITY, ActingClient
from tests.builders import patient
from tests.functional.hub_client import Client

DAY = timedelta(days=1)
KINDS = [(GP, GP_OFFICE, "gp_list"), (JOURNAL, MUNICIPALITY, "episode"), (GP, GP_OFFICE, "care_team")]  # fmt: skip


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    client = ActingClient(make_client().hub)
    client.put("Patient/p1", {**patient(), "id": "p1"})
    yield client
    client.close()


def sees(client: ActingClient, actor: Any) -> bool:
    with client.as_(actor):
        return client.get("Patient/p1").status_code == 200


def end(client: ActingClient, office: str, kind: Any, clock: FixedClock) -> int:
    gone = CareRelation(1, "p1", office, kind, clock.at)

    def work(unit: Any) -> int:
        return unit.relations.end(gone, clock.at, "test")

    return client.runner.run(client.hub.store.write(work))


@pytest.mark.parametrize(("actor", "office", "kind"), KINDS, ids=lambda v: v if isinstance(v, str) else "")  # fmt: skip
def test_a_relation_opens_from_its_first_moment_until_before_its_last(
    acting: ActingClient, clock: FixedClock, actor: Any, office: str, kind: str
) -> None:
    acting.relate("p1", office, kind, starts=clock.at + DAY, ends=clock.at + 2 * DAY)
    assert not sees(acting, actor), "to come"
    clock.at += DAY
    assert sees(acting, actor)
    clock.at += DAY - timedelta(milliseconds=1)
    assert sees(acting, actor)
    clock.at += timedelta(milliseconds=1)
    assert not sees(acting, actor), "over"


def test_two_that_overlap_open_until_the_later_ends_and_are_taken_back_together(
    acting: ActingClient, clock: FixedClock
) -> None:
    acting.relate("p1", GP_OFFICE, "gp_list", starts=clock.at - DAY, ends=clock.at + DAY)
    acting.relate("p1", GP_OFFICE, "gp_list", starts=clock.at - 2 * DAY, ends=clock.at + 3 * DAY)
    clock.at += 2 * DAY
    assert sees(acting, GP)
    acting.relate("p1", GP_OFFICE, "gp_list", starts=clock.at, ends=clock.at + DAY)
    assert end(acting, GP_OFFICE, "gp_list", clock) == 2
    assert not sees(acting, GP)
    assert len(acting.relations()) == 3, "what was in force stays as a fact"
    assert end(acting, GP_OFFICE, "gp_list", clock) == 0


def test_one_to_come_that_was_taken_back_never_opens(
    acting: ActingClient, clock: FixedClock
) -> None:
    acting.relate("p1", GP_OFFICE, "gp_list", starts=clock.at + DAY)
    assert end(acting, GP_OFFICE, "gp_list", clock) == 1
    clock.at += 2 * DAY
    assert not sees(acting, GP)


def test_another_tenants_relation_opens_nothing_here(acting: ActingClient) -> None:
    acting.relate("p1", GP_OFFICE, "gp_list", tenant=2)
    assert not sees(acting, GP)
    assert not sees(acting, replace(GP, tenant_id=2)), "nor is there such a patient there"


def test_a_kind_that_is_not_the_actors_opens_nothing(acting: ActingClient) -> None:
    acting.relate("p1", GP_OFFICE, "episode")
    acting.relate("p1", MUNICIPALITY, "gp_list")
    assert not sees(acting, GP)
    assert not sees(acting, JOURNAL)

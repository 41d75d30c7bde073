"""Each attack of attacks.py on each engine, and the one instrument on all of them (witness.py).

The two municipalities are built once for an engine: no attack may change them, which is what is held.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.api.auth import ACTOR
from hub.clock import FixedClock
from hub.policy import Actor
from hub.policy.relations import CareRelation, Share
from hub.security import jose
from hub.security.admission import REMEMBER_TOKEN_S
from hub.settings import read_settings
from hub.standin.actors import ACTORS, GP_OFFICE, HOME_CARE, MUNICIPALITY, SUPPLIER
from hub.store.migrate import mark_synthetic, migrate
from hub.wiring import Hub, build_hub
from tests import postgres_cluster
from tests.acting import DEVELOPER, LONG_AGO
from tests.builders import FNR_SYSTEM, Json, observation
from tests.conftest import NOON
from tests.functional.hub_client import Client
from tests.security.attacks import ATTACKS, MARKS, NUMBERS, SECRET, Attack
from tests.security.conftest import SETTINGS, Town
from tests.security.witness import Witness
from tests.tokens import Wire, make_issuer

OPEN = "åpent-0001"
OWNERS = {"mine": 1, "theirs": 1, "ended": 1, "other": 2}


class Doors:
    """The hub as it answers, or, for building the world, past its doors as somebody who may."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.actor: Actor | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.actor is None:
            await self.hub.outer(scope, receive, send)
            return
        scope[ACTOR] = self.actor
        await self.hub.app(scope, receive, send)


@dataclass
class World:
    """A town with patients of several, and its clock."""

    town: Town
    clock: FixedClock


def people(owner: str, number: str) -> Iterator[Json]:
    """Whose → all there is about them."""
    who, told = {"reference": f"Patient/{owner}"}, OPEN if owner == "mine" else SECRET
    more: dict[str, Json] = {
        "Observation": {**observation(f"Patient/{owner}"), "note": [{"text": told}]},
        "CarePlan": {"status": "active", "intent": "plan", "subject": who, "description": told},
        "Task": {"status": "ready", "intent": "order", "for": who, "description": told},
        "DetectedIssue": {"status": "final", "patient": who, "detail": told},
        "Binary": {"contentType": "text/plain", "data": b64encode(told.encode()).decode()},
        "List": {"status": "current", "mode": "working", "subject": who, "title": told},
    }
    yield {
        "resourceType": "Patient", "id": owner, "name": [{"family": "Fortrolig"}],
        "identifier": [{"system": FNR_SYSTEM, "value": number}],
    }  # fmt: skip
    for kind, body in more.items():
        tag = [{"system": "urn:test:mark", "code": told}]
        yield {**body, "resourceType": kind, "id": f"{kind}-{owner}", "meta": {"tag": tag}}


def relate(owner: str, organisation: str, kind: Any, ends: datetime) -> CareRelation:
    return CareRelation(1, owner, organisation, kind, LONG_AGO, ends)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def world(request: Any, tmp_path_factory: Any) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("attacked")
    key = folder / "key"
    key.write_text(json.dumps(jose.private_jwk(jose.new_key("ES256"))))
    key.chmod(0o600)
    if request.param == "postgres":
        url = postgres_cluster.new_database("synthetic")
    else:
        path = folder / "hub.db"
        migrate(path)
        mark_synthetic(path)
        url = f"sqlite:///{path}"
    clock = FixedClock(NOON)
    wire, issuer = Wire(), make_issuer(clock)
    wire.publish(issuer)
    more = {"HUB_RATE_PER_CLIENT": "1000000", "HUB_TOKEN_KEY_FILE": str(key)}
    settings = {**SETTINGS, "HUB_DATABASE_URL": url, **more}
    hub = build_hub(read_settings(settings), clock, outbound=wire)
    doors = Doors(hub)
    town = Town(Client(hub, doors), issuer, wire)
    for (owner, tenant), number in zip(OWNERS.items(), (*NUMBERS[:2], "", NUMBERS[2]), strict=True):
        doors.actor = replace(DEVELOPER, tenant_id=tenant)
        for body in people(owner, number or "17054026641"):
            path = f"{body['resourceType']}/{body['id']}"
            answer = town.client.put(path, body)
            assert answer.status_code == 201, answer.text
    doors.actor = None
    later = NOON + timedelta(days=30)
    kinds = (
        (GP_OFFICE, "gp_list"),
        (MUNICIPALITY, "episode"),
        (HOME_CARE, "episode"),
        (SUPPLIER, "agreement"),
    )

    def add(unit: Any) -> None:
        for organisation, kind in kinds:
            unit.relations.add(relate("mine", organisation, kind, later), LONG_AGO)
            unit.relations.add(relate("ended", organisation, kind, NOON), LONG_AGO)
        known = unit.clients.find(issuer.url, ACTORS["other-supplier"].client_id)
        unit.clients.save(replace(known, status="closed"), clock.now().timestamp())
        unit.relations.share(Share(1, GP_OFFICE, LONG_AGO), LONG_AGO)

    town.client.runner.run(hub.store.write(add))
    yield World(town, clock)
    town.client.close()
    if request.param == "postgres":
        postgres_cluster.give_back(url, "synthetic")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda each: f"{each.threat} {each.name}")
def test_an_attack_is_refused_and_nothing_is_stored_called_told_or_missing_from_the_log(
    world: World, attack: Attack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world.clock.at += timedelta(seconds=2 * REMEMBER_TOKEN_S + 1)  # refusals are counted a minute
    witness = Witness(world.town.client, world.town.wire, caplog, MARKS)
    answers = attack.attempt(world.town)
    assert answers
    witness.refused(answers, attack.statuses, told=attack.told, fewest=attack.fewest)


def test_what_is_open_is_still_open(world: World) -> None:
    """The attacks are refused because of what they are, and not because nobody gets anything."""
    for name, path in (
        ("gp", "Observation/Observation-mine"),
        ("municipality", "CarePlan/CarePlan-mine"),
        ("supplier", "Patient/mine"),
    ):
        assert world.town.get(name, path).status_code == 200
    assert OPEN in world.town.get("gp", "Observation?patient=mine").text

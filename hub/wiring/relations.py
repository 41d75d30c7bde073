"""What states care relations → watched, so that they are in force in the commit that stores it."""

from __future__ import annotations

from typing import Any

from hub.fhir.requests import Stored
from hub.flows.state_relations import state_relations
from hub.mapping.stated_relations import STATED_BY
from hub.policy import Permit
from hub.store.relations import RelationTable
from hub.store.resources import ResourceSession
from hub.store.unit import Store


def watch_relations(store: Store) -> None:
    """A store → it keeps the care relations that resources state."""

    def relate(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        state_relations(session, RelationTable(session.connection), permit, stored, resource)

    for kind in STATED_BY:
        store.watch(kind, relate)

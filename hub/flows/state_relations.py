"""A stored EpisodeOfCare, CareTeam or Patient → the care relations it states, in the same commit.

What the hub itself writes states nothing: it comes of messages, and a sender must not open a record by naming somebody in one.
"""

from __future__ import annotations

from typing import Any

from hub.fhir.models.r4.organization import Organization
from hub.fhir.reading import read_stored
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.flows.store_draft import job_actor
from hub.mapping.fhir_parts import identifier_value
from hub.mapping.stated_relations import stated_relations
from hub.mapping.urls import ENH
from hub.policy import Action, Permit, authorise
from hub.ports import Relations


def state_relations(
    session: Session, relations: Relations, permit: Permit, stored: Stored, resource: Any
) -> None:
    """A version, None for a deletion → its relations in force, those it no longer states ended."""
    if permit.actor.kind == "internal_job":
        return
    tenant = permit.filter.tenant_id

    def number_of(organization_id: str) -> str:
        own = authorise(job_actor("relate", tenant), Action("read", "Organization"))
        assert isinstance(own, Permit)
        held = session.load(own, "Organization", organization_id)
        if held is None or held.deleted:
            return ""
        found: Organization = read_stored(held.body, "Organization")
        return identifier_value(found.identifier, ENH) or ""

    source = (stored.type, stored.id, stored.patient_id or "")
    stated = (
        []
        if resource is None
        else stated_relations(resource, source, tenant, stored.updated, number_of)
    )
    relations.state(tenant, f"{stored.type}/{stored.id}", stated, stored.updated)

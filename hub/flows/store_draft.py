"""What a mapper made → stored resources, with its urn:uuid references resolved, inside the transaction of its cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from hub.fhir.codec import encode
from hub.fhir.interactions.prepare import Prepared, Setting, prepare, prepare_own, store
from hub.fhir.repository import Session
from hub.fhir.requests import AuditEntry, Stored
from hub.policy import Action, Actor, Deny, Permit, authorise
from hub.policy.decide import Interaction
from hub.problems import ProblemCode, fail

_URN: Final = re.compile(rb'"(urn:uuid:[0-9a-f-]{36})"')


@dataclass(frozen=True, slots=True)
class Desk:
    """Who stores and how. Shape: `actor` is one of the hub's own jobs."""

    actor: Actor
    setting: Setting
    new_id: Callable[[], str]

    def permit(self, interaction: Interaction, resource_type: str) -> Permit:
        """An action of the job → its Permit. Problems: FORBIDDEN."""
        verdict = _decided(self.actor, interaction, resource_type)
        if isinstance(verdict, Deny):
            raise fail(ProblemCode.FORBIDDEN, verdict.reason)
        return verdict

    def create(self, session: Session, resource: Any, resource_id: str | None = None) -> Stored:
        """A struct → stored as a new resource, with its access log entry."""
        named = replace(resource, id=resource_id or resource.id or self.new_id())
        return self._write(session, prepare_own(named, named.id, self.setting.base_url), None)

    def update(self, session: Session, resource: Any, current: Stored | None = None) -> Stored:
        """A struct with id → stored as the next version of `current`, which is looked up where it is not given.

        Problems: NOT_FOUND.
        """
        kind = type(resource).__name__
        current = current or session.head(self.permit("read", kind), kind, resource.id)
        if current is None:
            raise fail(ProblemCode.NOT_FOUND, "The resource to update is not here")
        return self._write(
            session, prepare_own(resource, resource.id, self.setting.base_url), current
        )

    def create_all(self, session: Session, created: Sequence[tuple[str, Any]]) -> dict[str, str]:
        """(urn:uuid, struct) pairs → stored; → the `Type/id` that each urn became."""
        places = {urn: f"{type(resource).__name__}/{self.new_id()}" for urn, resource in created}
        links = {urn.encode(): place.encode() for urn, place in places.items()}
        for urn, resource in created:
            kind, _, resource_id = places[urn].partition("/")
            body = _URN.sub(
                lambda m: b'"' + links.get(m.group(1), m.group(1)) + b'"', encode(resource)
            )
            prepared = prepare(body, kind, resource_id, self.setting.base_url)
            self._write(session, prepared, None)
        return places

    def _write(self, session: Session, prepared: Prepared, current: Stored | None) -> Stored:
        interaction: Interaction = "create" if current is None else "update"
        permit = self.permit(interaction, prepared.type)
        stored = store(session, permit, prepared, current, self.setting)
        session.audit(
            AuditEntry(
                actor=self.actor,
                action="C" if current is None else "U",
                interaction=interaction,
                recorded=self.setting.at,
                resource_type=prepared.type,
                resource_id=prepared.id,
                version=stored.version,
                patient_id=stored.patient_id,
                reason=permit.reason,
            )
        )
        return stored


@lru_cache(maxsize=1024)
def _decided(actor: Actor, interaction: Interaction, resource_type: str) -> Permit | Deny:
    """Jobs are few, and what they may do does not change with time."""
    return authorise(actor, Action(interaction, resource_type))


def job_actor(name: str, tenant_id: int) -> Actor:
    """A job's name and the tenant it works for → its actor; such an actor cannot come from the network."""
    return Actor("internal_job", name, f"The hub's own job {name}", tenant_id)

"""What a mapper made → stored resources, with its urn:uuid references resolved, inside the transaction of its cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from hub.fhir.codec import encode
from hub.fhir.interactions.prepare import Prepared, Setting, prepare, prepare_own, store
from hub.fhir.large import LEAST, Base64Data, to_base64
from hub.fhir.repository import Amended, Session
from hub.fhir.requests import AuditEntry, Stored
from hub.mapping.draft import Created
from hub.mapping.message_provenance import raw_to_binary
from hub.policy import Action, Actor, Deny, Permit, authorise
from hub.policy.action import Interaction
from hub.problems import ProblemCode, fail

_URN: Final = re.compile(rb'"(urn:uuid:[0-9a-f-]{36})"')


@dataclass(frozen=True, slots=True)
class Ready:
    """What a mapper made, ready to be stored. Shape: `places` are the `Type/id` that each full_url becomes."""

    places: Mapping[str, str]
    prepared: tuple[Prepared, ...]


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

    def create(
        self,
        session: Session,
        resource: Any,
        resource_id: str | None = None,
        data: Base64Data | None = None,
    ) -> Stored:
        """A struct (and the content of a large Binary) → stored as a new resource, with its access log entry."""
        named = replace(resource, id=resource_id or resource.id or self.new_id())
        prepared = prepare_own(named, named.id, self.setting.base_url, data)
        return self._write(session, prepared, None)

    def keep(
        self,
        session: Session,
        raw: bytes,
        patient_id: str | None,
        resource_id: str | None = None,
    ) -> Stored:
        """The bytes of a message as they came, and whose record guards them → stored as a Binary."""
        data = to_base64(raw) if len(raw) >= LEAST else None
        whole = raw_to_binary(raw if data is None else None, patient_id)
        return self.create(session, whole, resource_id, data)

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

    def prepare_all(self, created: Sequence[Created]) -> Ready:
        """What a mapper made → the same with ids and references, checked; nothing is stored."""
        places = {c.full_url: f"{type(c.resource).__name__}/{self.new_id()}" for c in created}
        links = {urn.encode(): place.encode() for urn, place in places.items()}
        ready: list[Prepared] = []
        for each in created:
            kind, _, resource_id = places[each.full_url].partition("/")
            body = _URN.sub(
                lambda m: b'"' + links.get(m.group(1), m.group(1)) + b'"', encode(each.resource)
            )
            prepared = prepare(body, kind, resource_id, self.setting.base_url)
            if each.data is not None:
                prepared = replace(prepared, data=each.data)
            ready.append(prepared)
        return Ready(places, tuple(ready))

    def create_all(self, session: Session, ready: Ready) -> dict[str, str]:
        """What is ready → stored; → the `Type/id` that each full_url became."""
        for prepared in ready.prepared:
            self._write(session, prepared, None)
        return dict(ready.places)

    def amend(self, session: Session, current: Stored, amended: Amended) -> Stored:
        """The next version of a resource of ours that is found as before but for a few values → stored, with its access log entry."""
        permit = self.permit("update", current.type)
        stored = session.amend(permit, current, amended)
        self._log(session, permit, stored, "update")
        return stored

    def _write(self, session: Session, prepared: Prepared, current: Stored | None) -> Stored:
        interaction: Interaction = "create" if current is None else "update"
        permit = self.permit(interaction, prepared.type)
        stored = store(session, permit, prepared, current, self.setting)
        self._log(session, permit, stored, interaction)
        return stored

    def _log(
        self, session: Session, permit: Permit, stored: Stored, interaction: Interaction
    ) -> None:
        session.audit(
            AuditEntry(
                actor=self.actor,
                action="C" if interaction == "create" else "U",
                interaction=interaction,
                recorded=self.setting.at,
                resource_type=stored.type,
                resource_id=stored.id,
                version=stored.version,
                patient_id=stored.patient_id,
                reason=permit.reason,
            )
        )


@lru_cache(maxsize=1024)
def _decided(actor: Actor, interaction: Interaction, resource_type: str) -> Permit | Deny:
    """Jobs are few, and what they may do does not change with time."""
    return authorise(actor, Action(interaction, resource_type))


def job_actor(name: str, tenant_id: int) -> Actor:
    """A job's name and the tenant it works for → its actor; such an actor cannot come from the network."""
    return Actor("internal_job", name, f"The hub's own job {name}", tenant_id)

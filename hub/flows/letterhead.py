"""Which of our services sends, and what its letterhead says: names, HER-ids in two levels, a phone.

Source: HIS 1153-2 (two-level addressing); dialogmelding.md ("Contact data").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.reading import read_stored
from hub.flows.store_draft import Desk
from hub.mapping.own_party import OwnParty as Letterhead
from hub.mapping.own_party import phone_of
from hub.mapping.urls import HER
from hub.policy import Action, Deny, authorise
from hub.ports import OwnParty, Unit


def letterhead_for(unit: Unit, desk: Desk, service: Reference | None) -> Letterhead | None:
    """The service that is to send → its letterhead; that of the first own service when none of ours is named."""
    own = unit.own_services(desk.actor.tenant_id)
    if not own:
        return None
    return _letterhead(unit, desk, _named(unit, desk, service, own) or own[0])


def is_own(unit: Unit, desk: Desk, service: Reference) -> bool:
    """A reference → whether it names a service of ours."""
    own = unit.own_services(desk.actor.tenant_id)
    return _named(unit, desk, service, own) is not None


def _named(
    unit: Unit, desk: Desk, service: Reference | None, own: Sequence[OwnParty]
) -> OwnParty | None:
    if service is None:
        return None
    found = load(unit, desk, "Organization", tail(service.reference))
    numbers = {i.value for i in found.identifier if i.system == HER} if found else set[str | None]()
    if service.identifier is not None:
        numbers.add(service.identifier.value)
    return next((o for o in own if o.service.service.value in numbers), None)


def _letterhead(unit: Unit, desk: Desk, own: OwnParty) -> Letterhead:
    """Names and phone as set up, else as the Organization resources with these HER-ids tell them."""
    service = _organization(unit, desk, own.service.service.value)
    entity = _organization(unit, desk, own.service.organisation.value)
    phone = (
        own.phone
        or (phone_of(service.telecom) if service else None)
        or (phone_of(entity.telecom) if entity else None)
    )
    return Letterhead(
        organisation_name=own.organisation_name or (entity.name if entity else "") or "Virksomhet",
        organisation_her_id=own.service.organisation.value,
        service_name=own.service_name
        or (service.name if service else "")
        or "Digital hjemmeoppfølging",
        service_her_id=own.service.service.value,
        phone=phone or None,
    )


def _organization(unit: Unit, desk: Desk, her_id: str) -> Any:
    found = unit.fhir.find_by_identifier(
        desk.permit("read", "Organization"), "Organization", HER, her_id
    )
    return load(unit, desk, "Organization", found[0]) if found else None


def load(unit: Unit, desk: Desk, kind: str, resource_id: str) -> Any:
    """A type and an id → the resource as it stands; None when it is not here, or of a type that the job does not see."""
    permit = authorise(desk.actor, Action("read", kind))
    if isinstance(permit, Deny) or not resource_id:
        return None
    stored = unit.fhir.load(permit, kind, resource_id)
    return None if stored is None or stored.deleted else read_stored(stored.body, kind)


def tail(text: str | None) -> str:
    """`Organization/123` → `123`."""
    return (text or "").rpartition("/")[2]

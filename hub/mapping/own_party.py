"""Our own service as a sender: two levels, each with HER-id and name, and how to reach it.

Source: HIS 1153-2 (two-level addressing); dialogmelding.md "Rules" (contact data).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.fhir.models.r4.datatypes import ContactPoint
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.practitioner import Practitioner
from hub.mapping import urls
from hub.mapping.fhir_parts import code_of, identifier_value
from hub.mapping.gp import PersonName, person_name
from hub.problems import Problem, ProblemCode
from hub.values import parse_her_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnParty:
    """Shape: level 1 is the entity, level 2 the service; `phone` of the service, else of the entity."""

    organisation_name: str
    organisation_her_id: str
    service_name: str
    service_her_id: str
    phone: str | None = None
    organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """The professional who answers for the message. Shape: `profession` is a code of list 9060."""

    name: PersonName
    hpr: str | None = None
    phone: str | None = None
    profession: str | None = None


def to_own_party(service: Organization, organisation: Organization) -> OwnParty | Problem:
    """Our service and the Organization it is part of → the sender, or why it cannot send.

    Problems: NO_RECIPIENT is for receivers; here OUTPUT_INVALID names what our own set-up lacks.
    """
    for name, each in (("tjenesten", service), ("virksomheten", organisation)):
        if not each.name:
            return Problem(
                ProblemCode.OUTPUT_INVALID, f"Navn mangler på {name}", "Organization.name"
            )
        if _her_id(each) is None:
            detail = f"HER-id mangler på {name}"
            return Problem(ProblemCode.OUTPUT_INVALID, detail, "Organization.identifier")
    return OwnParty(
        organisation_name=organisation.name or "",
        organisation_her_id=_her_id(organisation) or "",
        service_name=service.name or "",
        service_her_id=_her_id(service) or "",
        phone=phone_of(service.telecom) or phone_of(organisation.telecom),
        organization_id=service.id,
    )


def to_responsible(practitioner: Practitioner) -> Responsible | None:
    """A Practitioner → the responsible professional; None when no name is known."""
    name = person_name(practitioner.name)
    if name is None:
        return None
    codes = (code_of(q.code, urls.HEALTH_PERSONNEL_CATEGORY) for q in practitioner.qualification)
    return Responsible(
        name=name,
        hpr=identifier_value(practitioner.identifier, urls.HPR),
        phone=phone_of(practitioner.telecom),
        profession=next((code for code in codes if code), None),
    )


def phone_of(points: Iterable[ContactPoint]) -> str | None:
    """Contact points → the phone number to give: work before others, never an old one."""
    phones = [p for p in points if p.system == "phone" and p.value and p.use != "old"]
    return min(phones, key=lambda p: p.use != "work").value if phones else None


def _her_id(organization: Organization) -> str | None:
    text = identifier_value(organization.identifier, urls.HER)
    found = parse_her_id(text) if text else None
    return found.value if found else None

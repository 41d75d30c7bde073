"""FHIR organisations and professionals → those of e-messages: the way back of `organisation.py`.

Source: felleskomponent1.xsd, hodemelding.md (two-level addressing).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.emessage import felles, msghead
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.practitioner import Practitioner
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.mapping.fhir_parts import extensions
from hub.mapping.fhir_to_code import to_cs, to_cv
from hub.mapping.fhir_to_person import (
    ENVELOPE,
    PAYLOAD,
    Family,
    nothing_said,
    person_fields,
    to_address_block,
    to_idents,
    to_tele_coms,
)
from hub.mapping.message_urls import RESPONSIBLE
from hub.mapping.organisation import NO_NAME
from hub.mapping.record import Record


def to_msghead_organisation(
    party: Reference | None, record: Record, within: Any
) -> msghead.Organisation | None:
    """The reference to a sender or receiver → its Organisation, level 1 outermost; None when it leads nowhere."""
    role = record.find(party, within, PractitionerRole)
    inner = role.organization if role is not None else party
    levels = _levels(inner, record, within)
    persons: list[tuple[Any, PractitionerRole]] = []
    if role is not None:
        persons.append((levels[0] if levels else None, role))
    for each in extensions(party.extension if party else (), RESPONSIBLE):
        beside = record.find(each.valueReference, within, PractitionerRole)
        level = record.find(beside.organization, within, Organization) if beside else None
        if beside is not None:
            persons.append((level, beside))
    made: msghead.Organisation | None = None
    for organization in levels:
        person = next((role for level, role in persons if level is organization), None)
        made = msghead.Organisation(
            **_organization_fields(organization, ENVELOPE),
            organisation=made,
            healthcare_professional=None
            if person is None
            else to_professional(person, record, within, msghead.HealthcareProfessional, ENVELOPE),
        )
    return made


def to_felles_organisation(
    party: Reference | None, record: Record, within: Any
) -> felles.Organisation | None:
    """The reference to an organisation that a payload names → its block; None when it leads nowhere."""
    made: felles.Organisation | None = None
    for organization in _levels(party, record, within):
        made = felles.Organisation(**_organization_fields(organization, PAYLOAD), organisation=made)
    return made


def _levels(party: Reference | None, record: Record, within: Any) -> list[Organization]:
    """An organisation → itself and what it is part of, innermost first."""
    found: list[Organization] = []
    here = record.find(party, within, Organization)
    while here is not None and here not in found:
        found.append(here)
        here = record.find(here.partOf, within, Organization)
    return found


def _organization_fields(organization: Organization, family: Family) -> dict[str, Any]:
    unnamed = organization.name == NO_NAME and not organization.identifier
    empty = organization.name is None and nothing_said(organization.name_ext)
    name = None if unnamed else organization.name
    return {
        "organisation_name": "" if empty else name,
        "type_organisation": to_cv(organization.type[0]) if organization.type else None,
        "ident": to_idents(organization.identifier, family),
        "address": to_address_block(organization.address, family),
        "tele_com": to_tele_coms(organization.telecom, family),
    }


def to_professional(
    role: PractitionerRole,
    record: Record,
    within: Any,
    block: Callable[..., Any],
    family: Family,
) -> Any:
    """A PractitionerRole with its Practitioner → the HealthcareProfessional block of a namespace."""
    person = record.find(role.practitioner, within, Practitioner) or Practitioner()
    category = person.qualification[0].code if person.qualification else None
    return block(
        **person_fields(person, family),
        type_healthcare_professional=to_cs(category),
        role_to_patient=to_cv(role.code[0]) if role.code else None,
        tele_com=to_tele_coms(role.telecom, family),
    )


def to_person(person: RelatedPerson | Patient, block: Callable[..., Any], family: Family) -> Any:
    """A RelatedPerson or Patient → the block of a person in a namespace."""
    return block(**person_fields(person, family), tele_com=to_tele_coms(person.telecom, family))

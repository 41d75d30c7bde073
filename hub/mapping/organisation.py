"""Persons and organisations of e-messages (fk1 and msghead) → FHIR actors, contained or by logical reference.

No Organization or Practitioner of its own is made from a message: who speaks is said by logical reference (identifier
and name), and everything else the message tells about a party is contained where it is told. So the register of
organisations stays clean, and nothing is lost.
Source: felleskomponent1.xsd, hodemelding.md, identifiers-and-codes.md; fhir-no/no-basis.md (identifier systems).
"""

from __future__ import annotations

from typing import Final

from hub.emessage import msghead
from hub.emessage.datatypes import CS
from hub.emessage.remembered import remembered
from hub.fhir.models.r4.datatypes import CodeableConcept, Element, Reference
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.practitioner import Practitioner, PractitionerQualification
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.mapping.codes import NOTHING_SAID, content, to_concept
from hub.mapping.narrative import Contained
from hub.mapping.person import (
    AnyIdent,
    AnyOrganisation,
    AnyProfessional,
    AnyRelated,
    contained_identifiers,
    full_name,
    gender_as_sent,
    id_value,
    nationality,
    to_address,
    to_gender,
    to_identifier,
    to_identifiers,
    to_name,
    to_telecom,
)
from hub.mapping.recurring import remembered_inside
from hub.mapping.sent_times import sent_date
from hub.mapping.times import to_date
from hub.mapping.urls import HER

NO_NAME: Final = "Navn ikke oppgitt"
"""The name of an organisation that the message gives neither name nor identifier."""


def to_organization(organisation: AnyOrganisation, contained: Contained) -> Reference:
    """An Organisation with what is below it → local reference to its innermost level, all levels contained.

    Shape: level 2 (a service, or a GP as PractitionerRole) is `partOf` (or belongs to `organization`) level 1. A
    professional who stands beside an inner service is not the party: see `to_party`.
    """
    return to_party(organisation, contained)[0]


@remembered_inside
def to_party(
    organisation: AnyOrganisation, contained: Contained
) -> tuple[Reference, tuple[Reference, ...]]:
    """An Organisation → reference to the party as `to_organization` gives it, and to those who stand beside a service.

    Shape: they sign or answer; each is the role of a person at the level where the message names the person.
    """
    inner = organisation
    parent: Reference | None = None
    roles: list[Reference] = []
    while True:
        parent = _one_organization(inner, parent, contained)
        person = inner.healthcare_professional if isinstance(inner, msghead.Organisation) else None
        if person is not None:
            roles.append(to_role(person, contained, organization=parent))
        if inner.organisation is None:
            break
        inner = inner.organisation
    last = isinstance(inner, msghead.Organisation) and inner.healthcare_professional is not None
    return (roles.pop() if last else parent), tuple(roles)


def _one_organization(
    organisation: AnyOrganisation, parent: Reference | None, contained: Contained
) -> Reference:
    name = content(organisation.organisation_name)
    kind = to_concept(organisation.type_organisation, "9040")
    address = to_address(organisation.address, at_home=False)
    identifiers = contained_identifiers(organisation.ident)
    empty = name is None and organisation.organisation_name is not None
    one = Organization(
        identifier=identifiers,
        type=(kind,) if kind else (),
        # org-1: a name or an identifier
        name=name or (None if identifiers else NO_NAME),
        name_ext=Element(extension=NOTHING_SAID) if empty and identifiers else None,
        telecom=to_telecom(organisation.tele_com, at_home=False),
        address=(address,) if address else (),
        partOf=parent,
    )
    return contained.add(one, name)


def to_role(
    professional: AnyProfessional,
    contained: Contained,
    *,
    organization: Reference | None = None,
    relation: CodeableConcept | None = None,
) -> Reference:
    """A HealthcareProfessional → local reference to a contained PractitionerRole with its Practitioner.

    Shape: the role to the patient (9034) and `relation` are the role's codes, the category (9060) is the practitioner's
    qualification, telephone numbers are the role's.
    """
    name = to_name(professional)
    category = to_concept(professional.type_healthcare_professional, "9060")
    address = to_address(professional.address)
    born, beside = sent_date(professional.date_of_birth)
    person = Practitioner(
        extension=(*nationality(professional.nationality), *gender_as_sent(professional.sex)),
        identifier=contained_identifiers(professional.ident),
        name=(name,) if name else (),
        gender=to_gender(professional.sex),
        birthDate=born,
        birthDate_ext=beside,
        address=(address,) if address else (),
        qualification=(PractitionerQualification(code=category),) if category else (),
    )
    role = to_concept(professional.role_to_patient, "9034")
    codes = tuple(c for c in (role, relation) if c is not None)
    display = full_name(professional)
    practitioner = contained.add(person, display)
    return contained.add(
        PractitionerRole(
            practitioner=practitioner,
            organization=organization,
            code=codes,
            telecom=to_telecom(professional.tele_com),
        ),
        display,
    )


def to_category_role(category: CS | None, contained: Contained) -> Reference | None:
    """A category of health personnel (9060) alone → local reference to a PractitionerRole that says so, or None."""
    code = to_concept(category, "9060")
    return None if code is None else contained.add(PractitionerRole(code=(code,)), code.text)


def to_related_person(
    person: AnyRelated,
    patient: Reference,
    *,
    relationship: tuple[CodeableConcept, ...] = (),
    birth_year: str | None = None,
) -> RelatedPerson:
    """A Person around the patient → RelatedPerson."""
    name, address = to_name(person), to_address(person.address)
    born, beside = sent_date(person.date_of_birth)
    return RelatedPerson(
        extension=(*nationality(person.nationality), *gender_as_sent(person.sex)),
        identifier=to_identifiers(person.ident),
        active=True,
        patient=patient,
        relationship=relationship,
        name=(name,) if name else (),
        telecom=to_telecom(person.tele_com),
        gender=to_gender(person.sex),
        birthDate=born or to_date(birth_year),
        birthDate_ext=beside,
        address=(address,) if address else (),
    )


def logical_reference(kind: str, idents: tuple[AnyIdent, ...], display: str | None) -> Reference:
    """Identifiers and a name → a logical reference: HER-id first, then the first one that has a system."""
    known = [i for i in (to_identifier(ident) for ident in idents) if i is not None]
    best = next((i for i in known if i.system == HER), None) or next(
        (i for i in known if i.system), None
    )
    return Reference(
        type=kind, identifier=best or (known[0] if known else None), display=content(display)
    )


@remembered
def party_reference(organisation: msghead.Organisation) -> Reference:
    """A sender or receiver → logical reference to its communication party (level 2; level 1 when there is none)."""
    outer = content(organisation.organisation_name)
    person = organisation.healthcare_professional
    inner = organisation.organisation
    if inner is not None and (inner.ident or person is None):
        name = content(inner.organisation_name)
        return logical_reference(
            "Organization", inner.ident, ", ".join(n for n in (name, outer) if n)
        )
    if person is not None:
        name = full_name(person)
        return logical_reference(
            "PractitionerRole", person.ident, ", ".join(n for n in (name, outer) if n)
        )
    return logical_reference("Organization", organisation.ident, outer)


def her_id(idents: tuple[AnyIdent, ...]) -> str | None:
    """Identifiers → the HER-id among them, or None."""
    return next((id_value(i) for i in idents if i.type_id.v == "HER" and id_value(i)), None)


@remembered
def professional_reference(professional: AnyProfessional) -> Reference:
    """A HealthcareProfessional → logical reference to the Practitioner (HPR number first), with name and category."""
    hpr = tuple(i for i in professional.ident if i.type_id.v == "HPR")
    category = professional.type_healthcare_professional
    title = content(category.dn) if category else None
    display = ", ".join(p for p in (full_name(professional), title) if p)
    return logical_reference("Practitioner", hpr or professional.ident, display)

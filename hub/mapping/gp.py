"""The patient's GP as an addressee: Patient.generalPractitioner → PractitionerRole → Organization, with two HER-ids.

Source: architecture issue text on alerts out (service HER-id on the role, upper one on its Organization);
HIS 1153-2 (two-level addressing, a GP is addressed as a person); fhir-no/no-basis.md (HER-id).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hub.fhir.models.r4.datatypes import HumanName
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.practitioner import Practitioner
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.mapping import urls
from hub.mapping.fhir_parts import identifier_value, target
from hub.mapping.fhir_time import to_end
from hub.problems import Problem, ProblemCode
from hub.values import parse_her_id

MIDDLE_NAME = "http://hl7.no/fhir/StructureDefinition/no-basis-middlename"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A name in the parts that e-messages have. Shape: `family` may hold the whole name when no parts are known."""

    family: str
    given: str = ""
    middle: str = ""

    @property
    def full(self) -> str:
        """The parts in the order they are said."""
        return " ".join(part for part in (self.given, self.middle, self.family) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpReceiver:
    """Where a message to the GP goes.

    Shape: level 1 is the office, level 2 the GP (a person when `person` is known, else the service `party_name`);
    `hpr` is the person's HPR number; `role_id`, `organization_id` are the FHIR ids it was found by.
    """

    organisation_name: str
    organisation_her_id: str
    party_name: str
    party_her_id: str
    person: PersonName | None = None
    hpr: str | None = None
    role_id: str | None = None
    organization_id: str | None = None


def gp_role_id(patient: Patient) -> str | None:
    """A Patient → the id of the PractitionerRole that is its GP, when one is named."""
    for each in patient.generalPractitioner:
        found = target(each)
        if found is not None and found[0] == "PractitionerRole":
            return found[1]
    return None


def resolve_gp(
    patient: Patient,
    role: PractitionerRole | None,
    organization: Organization | None,
    practitioner: Practitioner | None,
    *,
    now: datetime,
) -> GpReceiver | Problem:
    """A patient and the resources its GP reference led to → the receiver, or why there is none.

    Shape: None for what was not found. Problems: NO_RECIPIENT, with the missing step in words for the nurse.
    """
    if not patient.generalPractitioner:
        return _nobody("Pasienten har ingen fastlege registrert", "Patient.generalPractitioner")
    if gp_role_id(patient) is None:
        detail = "Fastlegen er registrert uten rolle (PractitionerRole) som kan motta meldinger"
        return _nobody(detail, "Patient.generalPractitioner")
    if role is None:
        return _nobody("Fastlegens rolle finnes ikke i huben", "Patient.generalPractitioner")
    if role.active is False or _is_over(role, now):
        return _nobody("Fastlegens rolle er avsluttet", "PractitionerRole")
    if organization is None:
        return _nobody("Fastlegens kontor finnes ikke i huben", "PractitionerRole.organization")
    return receiver_of(role, organization, practitioner)


def receiver_of(
    role: PractitionerRole, organization: Organization, practitioner: Practitioner | None
) -> GpReceiver | Problem:
    """A role, its organisation and its person → the party in two levels, or why it cannot be written to."""
    lower, upper = _her_id(role), _her_id(organization)
    if lower is None:
        return _nobody("Fastlegens tjeneste mangler HER-id", "PractitionerRole.identifier")
    if upper is None:
        return _nobody("Fastlegekontoret mangler HER-id", "Organization.identifier")
    if not organization.name:
        return _nobody("Fastlegekontoret mangler navn", "Organization.name")
    person = _person(role, practitioner)
    hpr = identifier_value(practitioner.identifier, urls.HPR) if practitioner else None
    return GpReceiver(
        organisation_name=organization.name,
        organisation_her_id=upper,
        party_name=person.full if person else _service_name(role, organization.name),
        party_her_id=lower,
        person=person,
        hpr=hpr,
        role_id=role.id,
        organization_id=organization.id,
    )


def _her_id(resource: PractitionerRole | Organization) -> str | None:
    text = identifier_value(resource.identifier, urls.HER)
    her_id = parse_her_id(text) if text else None
    return her_id.value if her_id else None


def _is_over(role: PractitionerRole, now: datetime) -> bool:
    end = to_end(role.period.end, UTC) if role.period else None
    return end is not None and end <= now


def _person(role: PractitionerRole, practitioner: Practitioner | None) -> PersonName | None:
    name = person_name(practitioner.name) if practitioner else None
    if name is None and role.practitioner is not None and role.practitioner.display:
        return PersonName(family=role.practitioner.display)
    return name


def _service_name(role: PractitionerRole, otherwise: str) -> str:
    """A service's name as the role tells it; the office's own name is true where nothing else is said."""
    for each in role.healthcareService:
        if each.display:
            return each.display
    for code in role.code:
        text = code.text or next((c.display for c in code.coding if c.display), None)
        if text:
            return text
    return otherwise


def person_name(names: tuple[HumanName, ...]) -> PersonName | None:
    """HumanNames → the parts of the one to use: official before usual before others, never an old one."""
    order = {"official": 0, "usual": 1, None: 2}
    usable = [n for n in names if n.use not in ("old", "maiden", "nickname", "anonymous")]
    usable = [n for n in usable if n.family or n.given or n.text]
    if not usable:
        return None
    name = min(usable, key=lambda n: order.get(n.use, 3))
    given = " ".join(g for g in name.given if g)
    middle = " ".join(
        e.valueString for e in name.extension if e.url == MIDDLE_NAME and e.valueString
    )
    if name.family:
        return PersonName(family=name.family, given=given, middle=middle)
    return (
        PersonName(family=name.text or given)
        if not given or name.text
        else PersonName(family=given)
    )


def _nobody(detail: str, where: str) -> Problem:
    return Problem(ProblemCode.NO_RECIPIENT, detail, where)

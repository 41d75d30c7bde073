"""Whose resource this is: subject references, settled against the patients the hub knows.

Source: architecture D5 (a missing or unknown subject of an Observation is refused); security README §4 (compartments);
fhir-no/README (subjects are often logical references: `subject.identifier` alone).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from hub.fhir.models import struct_for
from hub.fhir.models.elements import elements_of
from hub.fhir.repository import Session
from hub.fhir.search.definitions import definitions_for
from hub.policy import Permit
from hub.problems import ProblemCode, fail

_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[A-Za-z0-9.\-]{1,64})?")
OWNERS = ("subject", "patient", "for_", "beneficiary", "individual")
"""The elements that say whose a resource is, the first that is there counts."""
# The systems of national series, with the aliases that no-basis accepts for them
SYSTEM_ALIASES = {
    "http://hl7.no/fhir/NamingSystem/FNR": "urn:oid:2.16.578.1.12.4.1.4.1",
    "http://hl7.no/fhir/NamingSystem/DNR": "urn:oid:2.16.578.1.12.4.1.4.2",
    "http://hl7.no/fhir/NamingSystem/FHNR": "urn:oid:2.16.578.1.12.4.1.4.3",
    "http://hl7.no/fhir/NamingSystem/HPR": "urn:oid:2.16.578.1.12.4.1.4.4",
    "http://hl7.no/fhir/NamingSystem/DUFN": "urn:oid:2.16.578.1.12.4.1.4.5",
    "http://hl7.no/fhir/NamingSystem/HERid": "urn:oid:2.16.578.1.12.4.1.2",
    "http://data.brreg.no/begrep/28155": "urn:oid:2.16.578.1.12.4.1.4.101",
    "http://hl7.no/fhir/NamingSystem/RESHid": "urn:oid:2.16.578.1.12.4.1.4.102",
}
_PERSONS = frozenset(SYSTEM_ALIASES[f"http://hl7.no/fhir/NamingSystem/{each}"] for each in ("FNR", "DNR", "FHNR"))  # fmt: skip
"""The systems of the numbers that people have."""


def settle_patient(
    session: Session,
    permit: Permit,
    resource: Any,
    resource_type: str,
    resource_id: str,
    base_url: str,
) -> str | None:
    """A decoded resource → the id of the patient it belongs to, or None when it has none.

    Problems: TWO_PATIENTS when reference and number of the subject name different persons; UNKNOWN_SUBJECT when the
    subject of an Observation is missing, or any subject names a patient that is not here; it is put on `[Type].subject` (or the element that holds it).
    """
    if resource_type == "Patient":
        return resource_id
    for element, reference in _references(resource):
        where = f"{resource_type}.{element.rstrip('_')}"
        found = _settle(
            session, permit, reference, where, base_url, must=resource_type == "Observation"
        )
        if found is not None:
            return found
        if resource_type == "Observation":
            return None  # a Group, Device or Location that exists
    if resource_type == "Observation":
        raise fail(
            ProblemCode.UNKNOWN_SUBJECT,
            "An Observation needs a subject that this hub knows",
            "Observation.subject",
        )
    return None


@cache
def finds_owner(resource_type: str, param: str) -> bool:
    """A search parameter → whether the patient it finds is always the one that `settle_patient` settles.

    False for those that look elsewhere (a participant of an Appointment) or into an array (Account.subject).
    """
    paths = definitions_for(resource_type)[param].paths
    if resource_type == "AuditEvent":
        return param == "patient"  # the hub writes them, with the patient beside
    if len(paths) != 1 or len(paths[0].steps) != 1 or paths[0].steps[0] not in OWNERS:
        return False
    element = elements_of(struct_for(resource_type))[paths[0].steps[0].rstrip("_")]
    return not element.many


def _references(resource: Any) -> Iterator[tuple[str, Any]]:
    for element in _owners(resource.__class__):
        reference = getattr(resource, element)
        if (
            reference is not None
            and not isinstance(reference, list | tuple)
            and hasattr(reference, "reference")
        ):
            yield element, reference


@cache
def _owners(kind: type) -> tuple[str, ...]:
    """A struct → those of its elements that may say whose it is."""
    return tuple(element for element in OWNERS if hasattr(kind, element))


@lru_cache(maxsize=4096)
def _read_local(target: str, base_url: str) -> tuple[str, str] | None:
    """A reference as written and the own base → the type and id it names here, None where it names nothing here."""
    match = _LOCAL.fullmatch(target.removeprefix(f"{base_url}/"))
    return None if match is None else (match.group(1), match.group(2))


def _settle(
    session: Session, permit: Permit, reference: Any, where: str, base_url: str, *, must: bool
) -> str | None:
    target: str | None = reference.reference
    if target is not None:
        named = _read_local(target, base_url)
        if named is None:
            if target.startswith("#") and not must:
                return None
            raise fail(
                ProblemCode.UNKNOWN_SUBJECT, "The subject is not a resource of this hub", where
            )
        found = _local(session, permit, *named, where, must=must)
        if found is not None and reference.identifier is not None:
            _refuse_another(session, permit, reference.identifier, found, where)
        return found
    identifier = reference.identifier
    if identifier is not None and identifier.value:
        system = SYSTEM_ALIASES.get(identifier.system or "", identifier.system or "")
        found = session.find_by_identifier(
            permit, "Patient", system, identifier.value.replace(" ", "")
        )
        if len(found) == 1:
            return found[0]
        if len(found) > 1 or must:
            raise fail(
                ProblemCode.UNKNOWN_SUBJECT,
                "The subject's identifier names no patient, or several",
                where,
            )
        return None
    if must:
        raise fail(
            ProblemCode.UNKNOWN_SUBJECT,
            "The subject has neither a reference nor an identifier",
            where,
        )
    return None


def _refuse_another(
    session: Session, permit: Permit, identifier: Any, patient_id: str, where: str
) -> None:
    """A national number beside the reference must be that patient's: two that differ name two persons.

    Problems: TWO_PATIENTS, whether the number is another patient's, nobody's, or of one who is not open.
    """
    system = SYSTEM_ALIASES.get(identifier.system or "", identifier.system or "")
    if system not in _PERSONS or not identifier.value:
        return
    value = identifier.value.replace(" ", "")
    if patient_id not in session.find_by_identifier(permit, "Patient", system, value):
        detail = "The number beside the reference is not that of the patient it leads to"
        raise fail(ProblemCode.TWO_PATIENTS, detail, where)


def _local(
    session: Session, permit: Permit, kind: str, target_id: str, where: str, *, must: bool
) -> str | None:
    if kind != "Patient" and not must:
        return None
    if not session.is_here(permit, kind, target_id) and not _knows(
        session, permit, kind, target_id
    ):
        raise fail(ProblemCode.UNKNOWN_SUBJECT, f"There is no {kind} with this id", where)
    return target_id if kind == "Patient" else None


def _knows(session: Session, permit: Permit, kind: str, target_id: str) -> bool:
    """Whether the hub's own work names a patient who was here: what it began about somebody it ends, also when that one is deleted.

    A red that was accepted is told and can be closed (promise 1).
    """
    return permit.actor.kind == "internal_job" and session.head(permit, kind, target_id) is not None

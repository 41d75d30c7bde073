"""Body → Draft: the way every write takes, be it a create, an update or an entry of a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.fhir.codec import Parsed, parse, splice
from hub.fhir.interactions.context import Context
from hub.fhir.repository import Draft, Session
from hub.fhir.requests import Stored, fhir_instant
from hub.fhir.search.index import IndexEntry, extract
from hub.fhir.subject import settle_patient
from hub.policy import Permit
from hub.problems import ProblemCode, fail


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked body that waits for its place. Shape: `index` are the values it will be found by."""

    type: str
    id: str
    body: bytes
    parsed: Parsed
    index: tuple[IndexEntry, ...]


def prepare(body: bytes, resource_type: str | None, resource_id: str) -> Prepared:
    """Body bytes → Prepared. Problems: everything tier 1 finds, with FHIRPaths."""
    parsed = parse(body, resource_type)
    return Prepared(parsed.type, resource_id, body, parsed, extract(parsed.resource))


def store(
    session: Session,
    permit: Permit,
    context: Context,
    prepared: Prepared,
    current: Stored | None,
    at: datetime,
    base_url: str,
) -> Stored:
    """A prepared body and the version it follows → the stored next version, inside the transaction.

    Problems: UNKNOWN_SUBJECT; SUBJECT_CHANGED when the new version would belong to another patient.
    """
    resource = prepared.parsed.resource
    patient_id = settle_patient(session, permit, resource, prepared.type, prepared.id, base_url)
    if current is not None and current.patient_id is not None and current.patient_id != patient_id:
        raise fail(
            ProblemCode.SUBJECT_CHANGED,
            "A resource cannot be moved to another patient",
            f"{prepared.type}.subject",
        )
    version = 1 if current is None else current.version + 1
    body = splice(
        prepared.body,
        prepared.parsed,
        id=prepared.id,
        version_id=str(version),
        last_updated=fhir_instant(at),
        security=context.tags,
    )
    return session.save(
        permit,
        Draft(prepared.type, prepared.id, version, at, body, resource, prepared.index, patient_id),
    )

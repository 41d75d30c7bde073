"""A death that is told as a mere fact (`deceasedBoolean`) → when the hub learnt it.

The version that stands may say it for other reasons: a new phone number, a merged address. What dates the death is the first of the versions
in a row that say it; one in between that says otherwise, or that was deleted, took it back, and what came before it counts no more.
Source: dho/thresholds.md §4.7, §8.3.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.fhir.reading import read_stored
from hub.fhir.repository import Session
from hub.policy import Permit


def death_learnt(
    session: Session, permit: Permit, patient_id: str, *, until: int | None = None
) -> datetime | None:
    """A patient, and the newest version that counts (None = the one that stands) → when its death was first said; None when it is not said.

    Shape: one look-up for each version that says it.
    """
    if until is None:
        head = session.head(permit, "Patient", patient_id)
        until = 0 if head is None else head.version
    learnt: datetime | None = None
    for version in range(until, 0, -1):
        found = session.load_version(permit, "Patient", patient_id, version)
        if found is None or found.deleted or not says_dead(read_stored(found.body, "Patient")):
            break
        learnt = found.updated
    return learnt


def says_dead(person: Any) -> bool:
    """A Patient, or None → whether it says that the patient is dead."""
    return person is not None and bool(person.deceasedBoolean or person.deceasedDateTime)

"""What an alert's change begins with: its resources as they stand, and who follows the patient up."""

from __future__ import annotations

from typing import Any

from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.reading import read_stored
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.flows.alert_shape import follows_up
from hub.flows.store_draft import Desk
from hub.mapping.alert_to_fhir import AlertPlace


def standing(
    session: Session, desk: Desk, place: AlertPlace, *, whole: bool
) -> list[Stored] | None:
    """DetectedIssue, Flag and Task as they stand; None when somebody has deleted one of them: they are then made anew.

    Shape: unless `whole`, the DetectedIssue alone comes with its body.
    """
    found: list[Stored] = []
    for kind, each in (
        ("DetectedIssue", place.issue_id),
        ("Flag", place.flag_id),
        ("Task", place.task_id),
    ):
        permit = desk.permit("read", kind)
        read = session.load if whole or not found else session.head
        stored = read(permit, kind, each)
        if stored is None or stored.deleted:
            return None
        found.append(stored)
    return found


def load(session: Session, desk: Desk, kind: str, resource_id: str) -> Any:
    """Type and id → the struct as it stands; None where it is not here any more."""
    stored = session.load(desk.permit("read", kind), kind, resource_id)
    return None if stored is None or stored.deleted else read_stored(stored.body, kind)


def owner_of(session: Session, desk: Desk, patient_id: str) -> Reference | None:
    """A patient → the organisation that follows the patient up, when it is known."""
    stored = session.load(desk.permit("read", "Patient"), "Patient", patient_id)
    return None if stored is None or stored.deleted else follows_up(stored.body)

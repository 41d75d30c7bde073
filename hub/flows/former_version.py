"""What was saved or deleted, inside its transaction → the version before it."""

from __future__ import annotations

from typing import Any

from hub.fhir.reading import read_stored
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.policy import Permit


def former_version(session: Session, permit: Permit, stored: Stored) -> Any:
    """A version as it stands now → the struct of the one before; None when there was none, or it was deleted."""
    if stored.version == 1:
        return None
    before = session.load_version(permit, stored.type, stored.id, stored.version - 1)
    return None if before is None or before.deleted else read_stored(before.body, stored.type)

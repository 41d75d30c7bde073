"""Why an organisation may see a patient, and what a tenant shares: dated facts that gates 3 and 4 ask for.

Source: security README §4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hub.policy.rights import RelationKind

NO_END: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Stands for "until further notice"."""


@dataclass(frozen=True, slots=True)
class CareRelation:
    """One organisation's relation to one patient.

    Shape: `organisation` 9 digits, of a legal entity or a unit of it; `source` the `Type/id` that states it, "" when a
    person has put it in; `basis` the decision behind it; in force from `starts` until before `ends`.
    """

    tenant_id: int
    patient_id: str
    organisation: str
    kind: RelationKind
    starts: datetime
    ends: datetime = NO_END
    source: str = ""
    basis: str = ""
    recorded_by: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What a tenant lets an organisation that is not its own see. Shape: `type` "*", `patient_id` "", `purpose` "" = any."""

    tenant_id: int
    organisation: str
    starts: datetime
    ends: datetime = NO_END
    type: str = "*"
    patient_id: str = ""
    purpose: str = ""
    recorded_by: str = ""

"""HelseID's scope names → SMART scopes; a name that is not in the table grants nothing.

HelseID's scopes are flat names that begin with the audience; SMART scopes stand as they are (our own token endpoint).
Source: security/smart.md §2 (mapping table).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

VERSION: Final = 1
"""Counted up with each change of the table: a grant can be explained by it."""
# the part behind the audience and "/" → SMART scopes
TABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "dho.observation.write": (
        "system/Observation.c",
        "system/QuestionnaireResponse.c",
        "system/Device.c",
        "system/Patient.r",
    ),
    "dho.read": (
        "system/Patient.rs",
        "system/Observation.rs",
        "system/CarePlan.rs",
        "system/QuestionnaireResponse.rs",
        "system/DetectedIssue.rs",
        "system/Flag.rs",
    ),
    "careplan.write": ("system/CarePlan.cu", "system/Task.cu", "system/ServiceRequest.cu"),
    "task": ("system/Task.rus", "system/Communication.crs"),
    "trend.read": ("patient/Patient.r", "patient/Observation.rs", "patient/CarePlan.r"),
    "subscription": ("system/Subscription.crd",),
    "audit.read": ("system/AuditEvent.rs", "user/AuditEvent.rs"),
    "operator": (),
}
_LEVELS: Final = ("system/", "user/", "patient/")


def to_smart(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes of a token → SMART scopes. Drops: names that are not in the table."""
    found: list[str] = []
    for scope in sorted(scopes):
        if scope.startswith(_LEVELS):
            found.append(scope)
        else:
            found.extend(TABLE.get(scope.rpartition("/")[2], ()))
    return tuple(found)

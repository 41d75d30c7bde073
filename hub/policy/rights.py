"""Actors × resource types × letters: what each kind may do at most, as a table.

A cell is a list of letters out of `cruds`: create, read, update, delete, search. A letter with a prime (`r'`) covers only
what the actor has written itself. An empty or missing cell is refused, whatever the scopes say.
Source: security README §3, §5; the rows for alerts (DetectedIssue, Flag), value sets and the keeping of relations are ours
(docs/adr/0018-policy-gates.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hub.policy.actor import ActorKind

RelationKind = Literal["gp_list", "care_team", "episode", "agreement", "referral", "launch"]

ACTORS: Final[tuple[ActorKind, ...]] = (
    "gp_system",
    "municipal_epj",
    "hospital",
    "dho_vendor",
    "clinician",
    "operator",
    "tenant_admin",
    "privacy_officer",
)
# type(s) → the cells in the order of ACTORS, divided by |
_MATRIX: Final = (
    ("Patient", "r s | r s | r | r | r | | r s | r s"),
    ("Observation", "r s | r s | r s | c r' s' | r s | | |"),
    ("QuestionnaireResponse", "r s | r s | r s | c r' | r s | | |"),
    ("CarePlan Goal", "r s | c r u s | r s | r | r | | |"),
    ("ServiceRequest Task", "c r s | c r u s | c r s | r' u' | | | |"),
    ("DocumentReference Binary", "r | c r | c r | | | | |"),
    ("Communication", "c r s | c r s | c r s | c | | | |"),
    ("DetectedIssue", "r s | r u s | | | r s | | |"),
    ("Flag", "r s | r s | | | r s | | |"),
    ("Device DeviceMetric", "r | r s | | c r' u' | | r | |"),
    (
        "Organization Practitioner PractitionerRole Endpoint",
        "r s | r s | r s | r | r | r s | c r u d s |",
    ),
    ("Location HealthcareService", "r s | r s | r s | r | r | r s | c r u d s |"),
    ("ValueSet Questionnaire OperationDefinition", "r s | r s | r s | r | r s | | |"),
    ("Subscription", "c r' d' | c r' d' | c r' d' | c r' d' | | r | |"),
    ("Consent", "r | c r u | | | | | |"),
    ("AuditEvent", " | r s | | | | | | r s"),
    ("Provenance", "r | r | r | r' | | | |"),
    ("EpisodeOfCare CareTeam", " | r s | | | | | c r u d s |"),
)

OPEN_IN_TENANT: Final = frozenset(
    (
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Endpoint",
        "Location",
        "HealthcareService",
        "ValueSet",
        "Questionnaire",
        "OperationDefinition",
    )
)
"""Types about no patient that all who have the right see; others without a patient are for their writer alone."""

NOT_BY_PATIENT: Final = frozenset({("operator", "Device"), ("operator", "Subscription")})
"""Where rows without a patient are all there is to see, whoever wrote them: the operator knows equipment, not patients."""

RELATIONS: Final[Mapping[str, tuple[RelationKind, ...]]] = {
    "gp_system": ("gp_list", "care_team"),
    "municipal_epj": ("episode", "care_team"),
    "hospital": ("episode", "referral"),
    "dho_vendor": ("agreement",),
    "clinician": ("launch",),
}
"""The kinds of care relation that open a patient to each kind of actor (gate 4)."""

WHOLE_TENANT: Final = frozenset({"tenant_admin", "privacy_officer"})
"""Those who see the patients of the whole tenant, as far as `VIEWS` lets them: they keep its relations and its log."""

PERSONS: Final = frozenset({"clinician", "operator", "tenant_admin", "privacy_officer"})
"""Those that a person must be behind, logged in at level 4."""

VIEWS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("dho_vendor", "Patient"): ("active",),
    ("tenant_admin", "Patient"): ("active",),
    ("privacy_officer", "Patient"): ("active",),
    ("dho_vendor", "CarePlan"): (
        "status",
        "intent",
        "category",
        "subject",
        "period",
        "created",
        "activity",
    ),
}
"""The elements that are shown, where it is not all: no name and no number, only the id; of a plan only its schedule."""

BY_IDENTIFIER: Final = frozenset(
    (
        ("gp_system", "Patient"),
        ("municipal_epj", "Patient"),
        ("tenant_admin", "Patient"),
        ("privacy_officer", "Patient"),
    )
)
"""Searches that must name an identifier, by POST, and find one patient at most."""

ROLES: Final[Mapping[tuple[str, str], str]] = {("municipal_epj", "AuditEvent"): "privacy"}
"""Cells that need a role of the person beside the kind: nobody has it through a system's token."""

TRUSTED: Final = frozenset({"development", "internal_job"})
"""The open development actor and the hub itself: all rows of their tenant, no scopes."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one kind may do with one type. Shape: `letters` at all, `own` those of them that need its own writing."""

    letters: frozenset[str]
    own: frozenset[str]


def _cells() -> dict[tuple[str, str], Cell]:
    found: dict[tuple[str, str], Cell] = {}
    for types, row in _MATRIX:
        columns = row.split("|")
        columns += [""] * (len(ACTORS) - len(columns))
        for kind, column in zip(ACTORS, columns, strict=True):
            parts = column.split()
            if parts:
                own = frozenset(p[0] for p in parts if p.endswith("'"))
                cell = Cell(frozenset(p[0] for p in parts), own)
                for each in types.split():
                    found[kind, each] = cell
    return found


CELLS: Final[Mapping[tuple[str, str], Cell]] = _cells()
"""(actor kind, resource type) → Cell; a missing one is refused."""

LETTERS: Final[Mapping[str, str]] = {
    "create": "c",
    "read": "r",
    "vread": "r",
    "history-instance": "r",
    "update": "u",
    "patch": "u",
    "delete": "d",
    "search": "s",
    "history": "s",
}
"""Interaction → the letter it needs."""

OPERATIONS: Final[Mapping[str, str]] = {
    "$lastn": "s",
    "$everything": "r",
    "$validate": "c",
    "$simulate": "r",
    "$acknowledge": "u",
    "$mitigate": "u",
    "$close": "u",
    "$snooze": "u",
    "$explain": "r",
    "$access-log": "s",
}
"""Operation → the letter it needs of its type; all others are for the trusted."""

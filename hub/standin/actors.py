"""Everybody the stand-in issuer gives tokens to: one row each, with what is registered for their systems.

Organisations and persons are invented, their numbers from synthetic series; the names of the rows are what commands take.
Source: security README §3 (actors and authentication), §5 (what each may do).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.policy.actor import ActorKind

MUNICIPALITY: Final = "999999999"
"""The demo tenant's own organisation (hub/store/migrate.py)."""
HOME_CARE: Final = "313910016"
GP_OFFICE: Final = "313910024"
OTHER_GP_OFFICE: Final = "313910032"
HOSPITAL: Final = "313910040"
WARD: Final = "313910059"
SUPPLIER: Final = "313910067"
OTHER_SUPPLIER: Final = "313910075"
OTHER_MUNICIPALITY: Final = "313910083"

_READ: Final = (
    "system/Patient.rs", "system/Observation.rs", "system/QuestionnaireResponse.rs", "system/CarePlan.rs",
    "system/DetectedIssue.rs", "system/Flag.rs", "system/Device.r", "system/Organization.rs", "system/Practitioner.rs",
    "system/PractitionerRole.rs",
)  # fmt: skip
_GP: Final = (*_READ, "system/Communication.crs", "system/Task.crs", "system/ServiceRequest.crs", "system/Subscription.crd")  # fmt: skip
_MUNICIPAL: Final = (
    *_READ, "system/CarePlan.cru", "system/Goal.crus", "system/Task.crus", "system/ServiceRequest.crus",
    "system/DocumentReference.cr", "system/Binary.cr", "system/Communication.crs", "system/Subscription.crd",
)  # fmt: skip
_HOSPITAL: Final = (*_READ, "system/ServiceRequest.crs", "system/DocumentReference.cr", "system/Binary.cr", "system/Communication.crs")  # fmt: skip
_SUPPLIER: Final = (
    "system/Observation.crs", "system/QuestionnaireResponse.cr", "system/Device.cru", "system/Patient.r", "system/CarePlan.r",
    "system/Task.ru", "system/Communication.c",
)  # fmt: skip
_CLINICIAN: Final = ("patient/Patient.r", "patient/Observation.rs", "patient/CarePlan.r", "patient/QuestionnaireResponse.rs")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Human:
    """A person who has logged in. Shape: `pid` a synthetic national number; `hpr` "" without an authorisation."""

    subject: str
    pid: str
    name: str
    hpr: str = ""


@dataclass(frozen=True, slots=True)
class StandinActor:
    """One row: a system, or a person by it, on behalf of an organisation. Shape: `scopes` what the token carries."""

    name: str
    kind: ActorKind
    client_id: str
    parent: str
    scopes: tuple[str, ...]
    about: str
    child: str = ""
    supplier: str = ""
    human: Human | None = None


_ROWS: Final = (
    StandinActor("gp", "gp_system", "standin-gp", GP_OFFICE, _GP, "A GP office's journal system"),
    StandinActor(
        "other-gp",
        "gp_system",
        "standin-other-gp",
        OTHER_GP_OFFICE,
        _GP,
        "Another GP office, without the patients of the first",
    ),
    StandinActor(
        "municipality",
        "municipal_epj",
        "standin-epj",
        MUNICIPALITY,
        _MUNICIPAL,
        "The municipality's journal system",
        child=HOME_CARE,
    ),
    StandinActor(
        "other-municipality",
        "municipal_epj",
        "standin-other-epj",
        OTHER_MUNICIPALITY,
        _MUNICIPAL,
        "The journal system of a municipality of another tenant",
    ),
    StandinActor(
        "nurse",
        "clinician",
        "standin-epj",
        MUNICIPALITY,
        _CLINICIAN,
        "A nurse of the municipality, logged in through its journal",
        child=HOME_CARE,
        human=Human("standin-nurse", "15907600669", "Kari Testsykepleier", "565900021"),
    ),
    StandinActor(
        "doctor",
        "clinician",
        "standin-gp",
        GP_OFFICE,
        _CLINICIAN,
        "A GP, logged in through the office's journal",
        human=Human("standin-doctor", "04857000574", "Rolig Testlege", "565900011"),
    ),
    StandinActor(
        "hospital",
        "hospital",
        "standin-hospital",
        HOSPITAL,
        _HOSPITAL,
        "A hospital's journal system",
        child=WARD,
    ),
    StandinActor(
        "supplier",
        "dho_vendor",
        "standin-supplier",
        MUNICIPALITY,
        _SUPPLIER,
        "A DHO supplier's backend, delegated by the municipality",
        supplier=SUPPLIER,
    ),
    StandinActor(
        "other-supplier",
        "dho_vendor",
        "standin-other-supplier",
        MUNICIPALITY,
        _SUPPLIER,
        "Another supplier of the same municipality",
        supplier=OTHER_SUPPLIER,
    ),
    StandinActor(
        "privacy-officer",
        "privacy_officer",
        "standin-console",
        MUNICIPALITY,
        ("user/AuditEvent.rs", "user/Patient.rs"),
        "The municipality's privacy officer",
        human=Human("standin-privacy", "09838100438", "Varsom Testombud"),
    ),
    StandinActor(
        "tenant-admin",
        "tenant_admin",
        "standin-admin",
        MUNICIPALITY,
        ("user/Organization.cruds", "user/Practitioner.cruds", "user/EpisodeOfCare.cruds", "user/CareTeam.cruds", "user/Patient.rs"),
        "Who keeps the municipality's users and agreements",
        human=Human("standin-admin-person", "01926800554", "Ryddig Testforvalter"),
    ),
    StandinActor(
        "operator",
        "operator",
        "standin-operator",
        MUNICIPALITY,
        ("user/Device.r", "user/Subscription.r", "user/Organization.rs"),
        "Who runs the hub: no clinical content",
        human=Human("standin-operator-person", "21879000545", "Nøktern Testdrifter"),
    ),
    StandinActor(
        "unregistered",
        "dho_vendor",
        "standin-nobody",
        MUNICIPALITY,
        _SUPPLIER,
        "A valid token of a client that the hub does not know",
        supplier=SUPPLIER,
    ),
)  # fmt: skip
ACTORS: Final[Mapping[str, StandinActor]] = {row.name: row for row in _ROWS}
"""By name, in the order they are told of."""
UNREGISTERED: Final = frozenset({"standin-nobody"})

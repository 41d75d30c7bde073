"""Who acts: the kinds of actors there are, and what their credentials have shown of each.

Source: security README §3 (actors), helseid.md §3 (claims), §4 (attest).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hub.policy.scopes import Scope

ActorKind = Literal[
    "development",
    "internal_job",
    "gp_system",
    "municipal_epj",
    "hospital",
    "dho_vendor",
    "clinician",
    "operator",
    "tenant_admin",
    "privacy_officer",
    "message_party",
    "hl7_sender",
]


@dataclass(frozen=True, slots=True)
class Organisation:
    """On whose behalf. Shape: 9-digit organisation numbers, "" where there is none; `child` is known to belong to `parent`."""

    parent: str = ""
    child: str = ""
    supplier: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """The human who has logged in.

    Shape: `id` is what the issuer calls them (`sub`), never a national number; `level` the level of assurance, 4 is the
    highest; `authorisation` a code of Volven 9060.
    """

    issuer: str
    id: str
    name: str
    level: int
    hpr: str = ""
    authorisation: str = ""


@dataclass(frozen=True, slots=True)
class Attest:
    """Why this patient's data are needed, as the caller states it.

    Shape: `purpose` of v3 PurposeOfUse; `at` when it was stated.
    """

    purpose: str = ""
    decision_id: str = ""
    decision_text: str = ""
    user_selected: bool = False
    at: datetime | None = None


NO_ORGANISATION: Final = Organisation()


NO_TENANT: Final = 0
"""The tenant whose log tells what concerns none alone: log-ins, starts, clients."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as verified credentials say.

    Shape: `id` and `name` go into the access log; `tenant_id` is the tenant whose data it works in, internal; `scopes` are
    those that the token, the client's registration and the agreement have in common; `guest` when the organisation is
    not the tenant's own, so that only what the tenant shares with it is open; `patient_id` the launched patient;
    `token_id` the token's jti, never the token; `message_types` what a sender of messages may send; `roles` what the
    person is beside, as its organisation says (`privacy`).
    """

    kind: ActorKind
    id: str
    name: str
    tenant_id: int
    client_id: str = ""
    scopes: tuple[Scope, ...] = ()
    organisation: Organisation = NO_ORGANISATION
    person: Person | None = None
    guest: bool = False
    patient_id: str = ""
    attest: Attest | None = None
    token_id: str = ""
    message_types: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

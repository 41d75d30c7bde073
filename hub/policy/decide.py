"""(actor, action, type) → Permit | Deny: pure, driven by a table.

The five gates (token, scope, tenant, relation, blocking) meet here. Today two actor kinds exist: the development
actor (all rights in the demo tenant) and the hub's own jobs; further kinds are further rows.
Source: security README §1, §3-5; architecture D9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ActorKind = Literal["development", "internal_job"]
Interaction = Literal[
    "read",
    "vread",
    "create",
    "update",
    "patch",
    "delete",
    "search",
    "history",
    "transaction",
    "operation",
    "capabilities",
    "receive",
    "send",
    "judge",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Shape: `tenant_id` is internal and comes from verified credentials only; `name` is shown in the access log."""

    kind: ActorKind
    id: str
    name: str
    tenant_id: int


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done: an interaction on a resource type ("" for the whole system)."""

    interaction: Interaction
    resource_type: str = ""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Rows the permit opens. Shape: `patient_ids` None = all patients of the tenant."""

    tenant_id: int
    patient_ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to act, with the rows it opens and the reason that goes into the access log."""

    actor: Actor
    action: Action
    filter: RowFilter
    reason: str


@dataclass(frozen=True, slots=True)
class Deny:
    """A refusal. Shape: `code` is stable and goes into the access log, `reason` is for people."""

    code: str
    reason: str


_EVERYTHING: Final = frozenset(
    (
        "read",
        "vread",
        "create",
        "update",
        "patch",
        "delete",
        "search",
        "history",
        "transaction",
        "operation",
        "capabilities",
        "receive",
        "send",
        "judge",
    )
)
# actor kind → interactions it may use, on every type
_RIGHTS: Final[dict[str, frozenset[str]]] = {
    "development": _EVERYTHING - {"receive", "send", "judge"},
    "internal_job": _EVERYTHING,
}
# Kept by the hub itself; nobody writes them through the API
_HUB_WRITES_ONLY: Final = frozenset({"AuditEvent"})
_WRITES: Final = frozenset({"create", "update", "patch", "delete"})


def is_written_by_hub_alone(resource_type: str) -> bool:
    """A resource type → whether nobody may write it through the API."""
    return resource_type in _HUB_WRITES_ONLY


def authorise(actor: Actor, action: Action) -> Permit | Deny:
    """Who and what → Permit with the row filter and the reason, or Deny. Everything not permitted is denied."""
    if action.interaction not in _RIGHTS.get(actor.kind, frozenset()):
        return Deny("interaction", f"{actor.kind} may not {action.interaction}")
    if action.interaction in _WRITES and action.resource_type in _HUB_WRITES_ONLY:
        return Deny("hub-only", f"{action.resource_type} is written by the hub alone")
    return Permit(
        actor, action, RowFilter(actor.tenant_id), f"{actor.kind}: all rights in its own tenant"
    )

"""(actor, action, time) → Permit | Deny: the one policy function; five gates, each a table or a rule of a few lines.

1 the actor is whole (what its kind needs has been shown), 2 a scope covers type and letter, 3 the tenant is its own or
shares with it, 4 its kind may do this at all, to rows of patients it has a care relation to, 5 nothing is blocked.
Gates 3 to 5 go on as conditions on rows (`opened.py`), which the store puts into every statement.
Source: security README §1, §3-5; architecture D9.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, get_args

from hub.policy.action import WRITES, Action, Interaction, letter_of
from hub.policy.actor import Actor
from hub.policy.jobs import Job, job_of
from hub.policy.opened import cell_of, scopes_for
from hub.policy.permit import Deny, Permit, RowFilter, micros_of
from hub.policy.rights import (
    BY_IDENTIFIER,
    OPEN_IN_TENANT,
    PERSONS,
    RELATIONS,
    TRUSTED,
    VIEWS,
    WHOLE_TENANT,
)
from hub.policy.rows import Block

LEVEL: Final = 4
"""The level of assurance that a person must have logged in at."""
ATTEST_MOST: Final = timedelta(minutes=60)
"""How old a statement of why data are needed may be."""
ATTEST_AHEAD: Final = timedelta(minutes=5)
"""How far ahead of ours the clock of the one who states it may be."""
_INSIDE: Final = frozenset({"receive", "send", "judge"})
"""What the hub does itself; nobody asks for it by HTTP."""
# Kept by the hub itself; nobody writes them through the API
_HUB_WRITES_ONLY: Final = frozenset({"AuditEvent"})
_READS: Final = frozenset({"read", "vread", "search", "history", "history-instance"})
_KNOWN: Final = frozenset(get_args(Interaction))


def is_written_by_hub_alone(resource_type: str) -> bool:
    """A resource type → whether nobody may write it through the API."""
    return resource_type in _HUB_WRITES_ONLY


def authorise(
    actor: Actor, action: Action, at: datetime | None = None, blocks: tuple[Block, ...] = ()
) -> Permit | Deny:
    """Who, what and when → Permit with the row filter and the reason, or Deny. Everything not permitted is denied."""
    if action.interaction not in _KNOWN:
        return Deny("interaction", "This cannot be asked for")
    if action.interaction in WRITES and action.resource_type in _HUB_WRITES_ONLY:
        return Deny("hub-only", f"{action.resource_type} is written by the hub alone")
    if actor.kind in TRUSTED:
        return _trusted(actor, action, blocks)
    return _by_gates(actor, action, at, blocks)


def _trusted(actor: Actor, action: Action, blocks: tuple[Block, ...]) -> Permit | Deny:
    """The open development actor, and the hub's own jobs: what their row of the table names, and no more."""
    if actor.kind == "internal_job":
        job = job_of(actor.id, actor.client_id)
        if job is None or not _does(actor, job, action):
            name = actor.client_id or actor.id
            return Deny("job", f"{name} may not {action.interaction} {action.resource_type}")
        opened = RowFilter(actor.tenant_id, blocks=blocks, job=job)
        return Permit(actor, action, opened, f"{actor.kind}: its row of the table of jobs")
    if action.interaction in _INSIDE:
        return Deny("interaction", f"{actor.kind} may not {action.interaction}")
    opened = RowFilter(actor.tenant_id, blocks=blocks)
    return Permit(actor, action, opened, f"{actor.kind}: all rights in its own tenant")


def _does(actor: Actor, job: Job, action: Action) -> bool:
    kind = action.resource_type
    if action.interaction in _READS:
        return job.may_see(kind)
    if action.interaction == "create":
        return kind in job.creates
    if action.interaction in ("update", "patch"):
        return kind in job.updates
    return action.interaction in _INSIDE and action.interaction == actor.id


def _by_gates(
    actor: Actor, action: Action, at: datetime | None, blocks: tuple[Block, ...]
) -> Permit | Deny:
    refused = _token(actor, at)
    if refused is not None:
        return refused
    assert at is not None
    if action.interaction in ("capabilities", "transaction"):
        reason = f"{actor.kind}: each part is decided by itself"
    else:
        found = _right(actor, action)
        if isinstance(found, Deny):
            return found
        reason = f"{actor.kind}: {found}"
    opened = RowFilter(actor.tenant_id, None, actor, micros_of(at), action, blocks)
    return Permit(actor, action, opened, reason)


def _token(actor: Actor, at: datetime | None) -> Deny | None:
    """Gate 1: what the kind needs has been shown."""
    if actor.kind not in RELATIONS and actor.kind not in PERSONS:
        return Deny("actor", "This actor has no rights here")
    if at is None or actor.tenant_id <= 0:
        return Deny("actor", "The request names no tenant or no time")
    if actor.kind in PERSONS:
        if actor.person is None or actor.person.level < LEVEL:
            return Deny("person", f"A person must be logged in at level {LEVEL}")
    elif not actor.organisation.parent:
        return Deny("organisation", "The token names no organisation")
    stated = None if actor.attest is None else actor.attest.at
    if stated is not None and not -ATTEST_AHEAD <= at - stated <= ATTEST_MOST:
        return Deny("attest", "The statement of why the data are needed is too old")
    return None


def _right(actor: Actor, action: Action) -> str | Deny:
    """Gates 2 and 4 of the action itself: a scope covers it, and the table gives it to the kind. → the reason."""
    kind, wanted = action.resource_type, letter_of(action)
    if wanted is None:
        return Deny("interaction", f"{actor.kind} may not do this")
    if not kind:
        return f"{wanted} on all types, each as far as it is open"
    cell = cell_of(actor, kind)
    if cell is None or wanted not in cell.letters:
        return Deny("right", f"{actor.kind} may not {action.interaction} {kind}")
    if action.interaction == "operation" and wanted != "c" and VIEWS.get((actor.kind, kind)):
        return Deny("right", f"{actor.kind} sees only a part of {kind}")
    if action.interaction == "history" and (actor.kind, kind) in BY_IDENTIFIER:
        return Deny("right", f"{actor.kind} finds a {kind} by its identifier only")
    scopes = scopes_for(actor, kind, wanted)
    if not scopes:
        return Deny("scope", f"No scope covers {kind}.{wanted}")
    return f"{scopes[0].text}, {_basis(actor, kind)}"


def _basis(actor: Actor, kind: str) -> str:
    if kind in OPEN_IN_TENANT:
        return "open in the tenant"
    if actor.patient_id:
        return "the launched patient"
    if actor.kind in WHOLE_TENANT:
        return "its own organisation"
    return f"relation {' or '.join(RELATIONS.get(actor.kind, ('none',)))}"

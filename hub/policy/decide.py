"""(actor, action, time) → Permit | Deny: the one policy function; five gates, each a table or a rule of a few lines.

1 the actor is whole (what its kind needs has been shown), 2 a scope covers type and letter, 3 the tenant is its own or
shares with it, 4 its kind may do this at all, to rows of patients it has a care relation to, 5 nothing is blocked.
Gates 3 to 5 go on as conditions on rows (`Rows`), which the store puts into every statement.
Source: security README §1, §3-5; architecture D9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

from msgspec import Struct

from hub.policy.actor import Actor
from hub.policy.jobs import Job, job_of
from hub.policy.rights import (
    BY_IDENTIFIER,
    CELLS,
    LETTERS,
    NOT_BY_PATIENT,
    OPEN_IN_TENANT,
    OPERATIONS,
    PERSONS,
    RELATIONS,
    ROLES,
    TRUSTED,
    VIEWS,
    WHOLE_TENANT,
    Cell,
)
from hub.policy.rows import ALL, Block, Related, Rows, Shared
from hub.policy.scopes import Scope

Interaction = Literal[
    "read",
    "vread",
    "create",
    "update",
    "patch",
    "delete",
    "search",
    "history",
    "history-instance",
    "transaction",
    "operation",
    "capabilities",
    "receive",
    "send",
    "judge",
]
LEVEL: Final = 4
"""The level of assurance that a person must have logged in at."""
ATTEST_MOST: Final = timedelta(minutes=60)
"""How old a statement of why data are needed may be."""
ATTEST_AHEAD: Final = timedelta(minutes=5)
"""How far ahead of ours the clock of the one who states it may be."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSIDE: Final = frozenset({"receive", "send", "judge"})
"""What the hub does itself; nobody asks for it by HTTP."""
# Kept by the hub itself; nobody writes them through the API
_HUB_WRITES_ONLY: Final = frozenset({"AuditEvent"})
_READS: Final = frozenset({"read", "vread", "search", "history", "history-instance"})
_WRITES: Final = frozenset({"create", "update", "patch", "delete"})
_KNOWN: Final = frozenset(get_args(Interaction))
_LISTS: Final = frozenset({"search", "history"})
_SEEN_WHOLE: Final = frozenset({"read", "vread", "search"})
"""Interactions that keep to a view; through all others a type with a view is closed."""


class Action(Struct, frozen=True):
    """What is to be done: an interaction on a resource type ("" for the whole system), the operation where it is one."""

    interaction: Interaction
    resource_type: str = ""
    operation: str = ""


class RowFilter(Struct, frozen=True):
    """Rows the permit opens.

    Shape: `patient_ids` None = not bounded to patients by id; `of` the actor whose rows they are and when, None = all of the
    tenant; `action` what for; `blocks` what patients have closed; `job` the job of the hub's own whose rows they are.
    """

    tenant_id: int
    patient_ids: frozenset[str] | None = None
    of: Actor | None = None
    at: int = 0
    action: Action | None = None
    blocks: tuple[Block, ...] = ()
    job: Job | None = None

    @property
    def asked(self) -> datetime:
        """When it was asked."""
        return _EPOCH + timedelta(microseconds=self.at)

    @property
    def whole(self) -> bool:
        """Whether all rows of the tenant are open, of every type."""
        return self.of is None and self.patient_ids is None and not self.blocks and self.job is None

    def rows(self, resource_type: str) -> Rows | None:
        """A type → the rows of it that are open, None when none is."""
        if self.job is not None and not self.job.may_see(resource_type):
            return None
        if self.of is None or self.action is None:
            if self.patient_ids is None and not self.blocks:
                return ALL
            return Rows(
                self.patient_ids,
                loose="closed" if self.patient_ids is not None else "open",
                blocks=_about(self.blocks, resource_type),
            )
        return _rows(self.of, self.action, resource_type, self.at, self.blocks)


class Permit(Struct, frozen=True):
    """Leave to act, with the rows it opens and the reason that goes into the access log."""

    actor: Actor
    action: Action
    filter: RowFilter
    reason: str

    @property
    def trusted(self) -> bool:
        """Whether it is the hub's own, or the open development actor's: nothing is hidden from it in its tenant."""
        return self.filter.of is None

    @property
    def view(self) -> tuple[str, ...]:
        """The elements that are shown of the type acted on, () = all."""
        return (
            ()
            if self.filter.of is None
            else VIEWS.get((self.actor.kind, self.action.resource_type), ())
        )

    @property
    def by_identifier(self) -> bool:
        """Whether a search must name an identifier, and may find one match at most."""
        key = (self.actor.kind, self.action.resource_type)
        return self.filter.of is not None and key in BY_IDENTIFIER

    @property
    def writer(self) -> str:
        """Whom a new row belongs to; "" for the hub and the development actor."""
        return "" if self.filter.of is None else _writer(self.actor)


@dataclass(frozen=True, slots=True)
class Deny:
    """A refusal. Shape: `code` is stable and goes into the access log, `reason` is for people."""

    code: str
    reason: str


def is_written_by_hub_alone(resource_type: str) -> bool:
    """A resource type → whether nobody may write it through the API."""
    return resource_type in _HUB_WRITES_ONLY


def authorise(
    actor: Actor, action: Action, at: datetime | None = None, blocks: tuple[Block, ...] = ()
) -> Permit | Deny:
    """Who, what and when → Permit with the row filter and the reason, or Deny. Everything not permitted is denied."""
    if action.interaction not in _KNOWN:
        return Deny("interaction", "This cannot be asked for")
    if action.interaction in _WRITES and action.resource_type in _HUB_WRITES_ONLY:
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
    opened = RowFilter(actor.tenant_id, None, actor, _micros(at), action, blocks)
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


def letter_of(action: Action) -> str | None:
    """An action → the letter it needs of a scope and of the table; None for what no token gives."""
    if action.interaction == "operation":
        return OPERATIONS.get(action.operation)
    return LETTERS.get(action.interaction)


def cell_of(actor: Actor, resource_type: str) -> Cell | None:
    """An actor and a type → what the table gives to its kind, or to the role of its person."""
    role = ROLES.get((actor.kind, resource_type))
    if role is not None and (actor.person is None or role not in actor.roles):
        return None
    return CELLS.get((actor.kind, resource_type))


def scopes_for(actor: Actor, resource_type: str, letter: str) -> tuple[Scope, ...]:
    """An actor, a type and a letter → the scopes that cover it.

    What does not fit the token grants nothing: `system/` where a person has logged in, `user/` where none has, `patient/`
    without a launched patient.
    """
    return tuple(s for s in actor.scopes if s.covers(resource_type, letter) and _fits(s, actor))


def _fits(scope: Scope, actor: Actor) -> bool:
    if scope.level == "patient":
        return bool(actor.patient_id)
    return (scope.level == "user") == (actor.person is not None)


def may_see(permit: Permit, resource_type: str) -> bool:
    """A permit and a further type (of an include, a chain, a reference) → whether anything of it can be open."""
    return permit.filter.rows(resource_type) is not None


def _rows(
    actor: Actor, action: Action, kind: str, at: int, blocks: tuple[Block, ...]
) -> Rows | None:
    """The rows of a type that an action opens: of its own type by its letter, of any other by reading or searching."""
    wanted = letter_of(action) if kind == action.resource_type else None
    cell = cell_of(actor, kind)
    if cell is None:
        return None
    letters = (wanted,) if wanted is not None else ("r", "s")
    if not action.resource_type and action.interaction in _LISTS:
        if (actor.kind, kind) in BY_IDENTIFIER:
            return None
        letters = ("s",)
    own = action.interaction in _SEEN_WHOLE and kind == action.resource_type
    if VIEWS.get((actor.kind, kind)) and not own and action.interaction not in _WRITES:
        return None
    scopes: list[Scope] = []
    primed = True
    for letter in letters:
        if letter in cell.letters:
            found = scopes_for(actor, kind, letter)
            scopes += found
            primed = primed and (letter in cell.own or not found)
    if not scopes:
        return None
    narrowed = () if any(not s.narrowed for s in scopes) else tuple(s.narrowed for s in scopes)
    launched = any(s.level == "patient" for s in scopes) or bool(actor.patient_id)
    return Rows(
        frozenset({actor.patient_id}) if launched else _nobody(actor, kind),
        _related(actor, at) if not launched else None,
        Shared(actor.organisation.parent, actor.attest.purpose if actor.attest else "", at)
        if actor.guest
        else None,
        _loose(actor, kind),
        _writer(actor) if primed else "",
        _writer(actor),
        narrowed,
        _about(blocks, kind),
        VIEWS.get((actor.kind, kind), ()),
    )


def _nobody(actor: Actor, kind: str) -> frozenset[str] | None:
    """No patients at all for those whose kind has no way to one."""
    reaches = actor.kind in WHOLE_TENANT or actor.kind in RELATIONS
    return None if reaches and (actor.kind, kind) not in NOT_BY_PATIENT else frozenset()


def _related(actor: Actor, at: int) -> Related | None:
    kinds = RELATIONS.get(actor.kind)
    if kinds is None:
        return None
    organisation = actor.organisation
    if actor.kind == "dho_vendor":
        numbers = (organisation.supplier,)
    else:
        numbers = (organisation.parent, organisation.child)
    return Related(tuple(dict.fromkeys(filter(None, numbers))), kinds, at)


def _loose(actor: Actor, kind: str) -> Literal["open", "own", "closed"]:
    if kind in OPEN_IN_TENANT or (actor.kind, kind) in NOT_BY_PATIENT:
        return "open"
    if kind == "AuditEvent":
        return "open"
    return "own"


def _about(blocks: tuple[Block, ...], kind: str) -> tuple[Block, ...]:
    return tuple(b for b in blocks if b.type in ("", kind)) if blocks else ()


def _writer(actor: Actor) -> str:
    return actor.client_id or actor.id


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)

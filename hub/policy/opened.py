"""An actor and what it wants → the rows of a type that are open to it, as conditions the store puts into every statement.

Gates 3 to 5 of the policy: the tenant is its own or shares with it, its kind may do this to patients it has a care relation to,
nothing is blocked.
Source: security README §1, §3-5; architecture D9.
"""

from __future__ import annotations

from typing import Final, Literal

from hub.policy.action import WRITES, Action, letter_of
from hub.policy.actor import Actor
from hub.policy.rights import (
    BY_IDENTIFIER,
    CELLS,
    NOT_BY_PATIENT,
    OPEN_IN_TENANT,
    RELATIONS,
    ROLES,
    VIEWS,
    WHOLE_TENANT,
    Cell,
)
from hub.policy.rows import Block, Related, Rows, Shared
from hub.policy.scopes import Scope

_LISTS: Final = frozenset({"search", "history"})
_SEEN_WHOLE: Final = frozenset({"read", "vread", "search"})
"""Interactions that keep to a view; through all others a type with a view is closed."""


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


def rows_of(
    actor: Actor, action: Action, kind: str, at: int, blocks: tuple[Block, ...]
) -> Rows | None:
    """Who, for what, of which type and when → the rows that are open, None when none is.

    Shape: of the action's own type by its letter, of any other by reading or searching.
    Units: `at` is microseconds since 1970.
    """
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
    if VIEWS.get((actor.kind, kind)) and not own and action.interaction not in WRITES:
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
        writer_of(actor) if primed else "",
        writer_of(actor),
        narrowed,
        about(blocks, kind),
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


def about(blocks: tuple[Block, ...], kind: str) -> tuple[Block, ...]:
    """What patients have closed → that of it which closes rows of a type."""
    return tuple(b for b in blocks if b.type in ("", kind)) if blocks else ()


def writer_of(actor: Actor) -> str:
    """An actor → whom a new row of its belongs to."""
    return actor.client_id or actor.id

"""What a permit opens: of each resource type, the rows that the store may look at.

The store turns it into conditions that stand in every statement; nothing is filtered afterwards.
Source: security README §4 (gates 2 to 5); smart.md §2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from hub.policy.scopes import Narrowing

Loose = Literal["open", "own", "closed"]


@dataclass(frozen=True, slots=True)
class Related:
    """Patients with a care relation to one of the organisations, of one of the kinds, at a time. Units: microseconds."""

    organisations: tuple[str, ...]
    kinds: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What the tenant shares with an organisation that is not its own, at a time, for a purpose. Units: microseconds."""

    organisation: str
    purpose: str
    at: int


@dataclass(frozen=True, slots=True)
class Block:
    """What a patient has closed (gate 5). Shape: `type` a resource type, or "" for everything of theirs."""

    patient_id: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one type that are open; all that is stated must hold.

    Shape: `patients` the patients by id, None = not bounded so; `related` those with a care relation, None = not bounded
    so; `loose` who sees rows that belong to no patient; `writer` the only one whose rows are open, "" = anybody's;
    `me` the writer that `loose` "own" means; `narrowed` ways of which one must hold (a scope with conditions); `view` the
    elements that are shown, () = all.
    """

    patients: frozenset[str] | None = None
    related: Related | None = None
    shared: Shared | None = None
    loose: Loose = "open"
    writer: str = ""
    me: str = ""
    narrowed: tuple[tuple[Narrowing, ...], ...] = ()
    blocks: tuple[Block, ...] = ()
    view: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether these are all rows of the tenant."""
        return self == ALL


ALL: Final = Rows()
"""All rows of a type in the tenant."""

"""Leave to act or a refusal, and the rows that leave opens.

Source: security README §1, §3-5; architecture D9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from hub.policy.action import Action
from hub.policy.actor import Actor
from hub.policy.jobs import Job
from hub.policy.opened import about, rows_of, writer_of
from hub.policy.rights import BY_IDENTIFIER, VIEWS
from hub.policy.rows import ALL, Block, Rows

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
                blocks=about(self.blocks, resource_type),
            )
        return rows_of(self.of, self.action, resource_type, self.at, self.blocks)


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
        return "" if self.filter.of is None else writer_of(self.actor)


@dataclass(frozen=True, slots=True)
class Deny:
    """A refusal. Shape: `code` is stable and goes into the access log, `reason` is for people."""

    code: str
    reason: str


def may_see(permit: Permit, resource_type: str) -> bool:
    """A permit and a further type (of an include, a chain, a reference) → whether anything of it can be open."""
    return permit.filter.rows(resource_type) is not None


def micros_of(at: datetime) -> int:
    """A time → microseconds since 1970, as `RowFilter.at` has it."""
    return (at - _EPOCH) // timedelta(microseconds=1)

"""Messages that nobody has answered in 96 hours (urgent types sooner) → counted as not received, and a person is told once.

Source: emessage/apprec.md, "Receiving duties"; transport/README.md (a missing AppRec becomes a task at 96 h).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub.emessage.dialogue import FactKind, State
from hub.flows.submit_message import Changed, record
from hub.ports import MessageRow, Unit, UnitOfWork

LIMIT: Final = timedelta(hours=96)
_OPEN: Final = tuple(
    str(state)
    for state in (
        State.QUEUED,
        State.SUBMITTING,
        State.SUBMITTED,
        State.WRITTEN,
        State.ON_QUEUE,
        State.TRANSPORT_ACKED,
        State.EXPIRED,
    )
)


@dataclass(frozen=True, slots=True)
class ChaseReceipts:
    """One round over what waits for an answer, whatever transport it went by or should have gone by.

    Shape: `limits` are the times of types that are waited for less long.
    """

    store: UnitOfWork
    now: Callable[[], datetime]
    changed: Changed
    limits: Mapping[str, timedelta] = field(default_factory=dict[str, timedelta])

    async def __call__(self) -> None:
        """Nothing → every overdue message is marked, each in a transaction of its own."""
        now = self.now()
        shortest = now - min((LIMIT, *self.limits.values()))
        rows = await self.store.read(
            lambda unit: unit.messages.unanswered(_OPEN, shortest), long=True
        )
        for row in rows:
            if row.created < now - self._limit(row):
                await self.store.write(lambda unit, row=row: self._mark(unit, row, now))

    def _limit(self, row: MessageRow) -> timedelta:
        return self.limits.get(row.type, LIMIT)

    def _mark(self, unit: Unit, row: MessageRow, now: datetime) -> None:
        limit = self._limit(row)
        current = unit.messages.find(row.tenant_id, row.id)
        if current is None or current.state not in _OPEN:
            return  # a receipt came while we looked
        facts = unit.messages.facts(row.tenant_id, row.id)
        if any(f.kind == FactKind.REPLAYED and f.at > now - limit for f in facts):
            return  # a person sent it again: its time runs anew
        state = record(unit, row, FactKind.APP_REC_OVERDUE, now, f"no receipt in {_hours(limit)}")
        if state == State.NO_APP_REC:
            self.changed(unit, row, state)


def _hours(limit: timedelta) -> str:
    return f"{limit.total_seconds() / 3600:g} hours"

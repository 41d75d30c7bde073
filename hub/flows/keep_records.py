"""The round of the retention: what is older than it is to be kept goes, a little at a time, and each time the log says so.

Every tenant and rule is a transaction of its own: killed in the middle, the next round goes on where this one was. What must not
be touched (a log that does not hold, one the role may not delete from) is left alone and told in the log lines.
Source: security/audit.md §3.4 no. 13, §4, §6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.fhir.requests import AuditEntry
from hub.flows.store_draft import job_actor
from hub.log import Event, log
from hub.policy.retention import RULES, Periods, Rule
from hub.ports import Unit, UnitOfWork

MOST: Final = 1000
"""How many records go in one transaction."""
TURNS: Final = 50
"""How many transactions one round makes for a tenant and a rule; the next round goes on."""


@dataclass(frozen=True, slots=True)
class KeepRecords:
    """One round. Shape: `periods` how long what is kept."""

    store: UnitOfWork
    now: Callable[[], datetime]
    periods: Periods
    most: int = MOST

    async def __call__(self) -> None:
        """Nothing → what is too old is gone, or as much of it as a round takes."""
        now = self.now()
        for tenant_id in await self.store.read(lambda unit: unit.retention.tenants()):
            for rule in RULES:
                before = self.periods.before(rule, tenant_id, now)
                if before is not None:
                    await self._apply(rule, tenant_id, before, now)

    async def _apply(self, rule: Rule, tenant_id: int, before: datetime, now: datetime) -> None:
        for _ in range(TURNS):
            gone = await self.store.write(
                lambda unit: self._take_away(unit, rule, tenant_id, before, now), long=True
            )
            if gone is None:
                log(Event.RETENTION_STOPPED, rule=rule.id, tenant=tenant_id)
            if not gone or gone < self.most:
                return

    def _take_away(
        self, unit: Unit, rule: Rule, tenant_id: int, before: datetime, now: datetime
    ) -> int | None:
        gone = unit.retention.take_away(rule.id, tenant_id, before, now, self.most)
        if gone:
            unit.fhir.audit(destroyed(rule.id, tenant_id, gone, before, now))
        return gone


def destroyed(rule: str, tenant_id: int, gone: int, before: datetime, at: datetime) -> AuditEntry:
    """What a rule has taken away → its entry: the rule, how many, and how old."""
    return AuditEntry(
        actor=job_actor("keep", tenant_id),
        action="D",
        interaction=rule,
        recorded=at,
        reason="retention",
        event="destroy",
        details=(("count", str(gone)), ("before", before.isoformat(timespec="seconds"))),
    )


@dataclass(frozen=True, slots=True)
class NoteHeads:
    """One round: where each access log stands, as a log line, which goes where the hub cannot write (audit.md §4)."""

    store: UnitOfWork

    async def __call__(self) -> None:
        """Nothing → a line for each log; `hub audit verify --noted` reads them."""
        for tenant, seq, digest in await self.store.read(lambda unit: unit.retention.heads()):
            log(Event.LOG_STANDS, tenant=tenant, seq=seq, hash=digest)

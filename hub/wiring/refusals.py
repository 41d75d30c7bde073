"""Who was not let in → the hub's own log (tenant 0), chained like all others; a flood is counted, not written out.

Source: security/audit.md §1 (stream B), §3.4 no. 7 and 8.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from hub.fhir.repository import FhirRepository
from hub.fhir.requests import AuditEntry
from hub.fhir.router import interaction_of
from hub.policy import NO_TENANT, Actor
from hub.problems import HubError

if TYPE_CHECKING:
    from hub.security.admission import Shown
    from hub.security.refusal import RefusedError

WRITTEN: Final = 20
"""How many refusals of one address are written in a window; the rest is counted."""
WINDOW: Final = timedelta(minutes=1)
MOST_ADDRESSES: Final = 10_000


@dataclass(slots=True)
class _Count:
    since: datetime
    seen: int = 0


@dataclass(slots=True)
class Refusals:
    """Keeps refusals of tokens. Shape: `counts` by network address, in this process."""

    repository: FhirRepository
    now: Callable[[], datetime]
    counts: dict[str, _Count] = field(default_factory=dict[str, _Count])

    async def __call__(self, error: RefusedError, shown: Shown, request_id: str) -> None:
        """A refusal → an entry with outcome 4, or one more in the count of its address."""
        now = self.now()
        missed = self._missed(shown.address, now)
        if missed is None:
            return
        entries = [self._entry(error, shown, request_id, now, f"refused: {error.why}")]
        if missed:
            text = f"refused: {missed} more of this address were counted and not written"
            entries.insert(0, self._entry(error, shown, request_id, now, text))

        with suppress(HubError):  # a store that is busy must not turn a refusal into a failure
            await self.repository.log(entries)

    async def token(self, why: str, client_id: str, address: str, request_id: str) -> None:
        """What our own token endpoint answered → an entry; refusals are counted as all others, `why` "" = a token was given."""
        now = self.now()
        missed = self._missed(address, now) if why else 0
        if missed is None:
            return
        client = client_id or "unknown"
        actor = Actor("internal_job", client, client, NO_TENANT, client)
        told, outcome = (f"refused: {why}", "4") if why else ("a token was given", "0")
        if missed:
            told += f"; {missed} more of this address were counted and not written"
        entry = AuditEntry(
            *(actor, "E", "operation", now),
            reason=told,
            request_id=request_id,
            outcome=outcome,
            address=address,
            event="login",
        )
        with suppress(HubError):  # as above
            await self.repository.log([entry])

    def _missed(self, address: str, now: datetime) -> int | None:
        """One more of an address → None when it is only counted, else how many were only counted before."""
        count = self.counts.get(address)
        missed = 0
        if count is None or now - count.since >= WINDOW:
            missed = 0 if count is None else max(0, count.seen - WRITTEN)
            if len(self.counts) >= MOST_ADDRESSES:
                self.counts.clear()
            count = self.counts[address] = _Count(now)
        count.seen += 1
        return missed if count.seen <= WRITTEN else None

    def _entry(
        self, error: RefusedError, shown: Shown, request_id: str, at: datetime, reason: str
    ) -> AuditEntry:
        client = error.client_id or "unknown"
        path = tuple(part for part in shown.path.removeprefix("/fhir").split("/") if part)
        return AuditEntry(
            Actor("internal_job", client, client, NO_TENANT, client),
            "E",
            interaction_of(shown.method, path),
            at,
            reason=reason,
            request_id=request_id,
            outcome="4",
            address=shown.address,
            event="login",
        )

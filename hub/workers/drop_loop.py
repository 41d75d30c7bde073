"""The file drop's rounds: files in are claimed, received and put away; files out are looked after.

Source: transport/file-drop.md, "Reading" and "Life cycle".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from hub.emessage.dialogue import FactKind, State
from hub.flows.receive_message import Arrival, ReceiveMessage
from hub.flows.submit_message import record
from hub.log import Event, log
from hub.ports import MessageRow, Unit, UnitOfWork
from hub.transport.file_drop import Drop, Trouble
from hub.transport.file_drop_in import FileDropIn, TooLarge
from hub.transport.file_drop_out import FileDropOut, OutFact
from hub.transport.file_drop_work import Claimed

PICK_UP_ALARM: Final = timedelta(minutes=15)
RECEIPT_ALARM: Final = timedelta(hours=96)


@dataclass(slots=True)
class DropLoop:
    """One drop of one tenant.

    Shape: `troubles` says in words what does not work now; it is shown by /health.
    """

    store: UnitOfWork
    drop: Drop
    incoming: FileDropIn
    outgoing: FileDropOut
    receive: ReceiveMessage
    now: Callable[[], datetime]
    tenant_id: int
    overdue: Callable[[Unit, MessageRow], None]
    troubles: dict[str, str] = field(default_factory=dict[str, str])

    async def take_in(self) -> None:
        """One round over in/: every whole file is received; one that cannot be is put into quarantine."""
        more = True
        while more:
            claims = await asyncio.to_thread(self.incoming.claim)
            self._health("in", claims.trouble)
            for gone in claims.quarantined:
                log(Event.MESSAGE_QUARANTINED, reason=gone.reason)
            for claimed in claims.claimed:
                await self._take(claimed)
            more = claims.more

    async def _take(self, claimed: Claimed) -> None:
        data = await asyncio.to_thread(self.incoming.read, claimed)
        if isinstance(data, Trouble):
            self._health("in", data)
            await asyncio.to_thread(self.incoming.release, claimed)
            return
        if isinstance(data, TooLarge):
            arrival = Arrival(
                claimed.claim_id, self.tenant_id, claimed.name, data.sha256, b"", too_large=True
            )
        else:
            digest = sha256(data).hexdigest()
            addressed = None if claimed.meta is None else claimed.meta.receiver_her_id
            arrival = Arrival(
                claimed.claim_id, self.tenant_id, claimed.name, digest, data, addressed
            )
        outcome = await self.receive(arrival)
        if outcome.quarantine:
            log(Event.MESSAGE_QUARANTINED, reason=outcome.state)
            await asyncio.to_thread(self.incoming.quarantine, claimed, outcome.reason)
        else:
            await asyncio.to_thread(self.incoming.archive, claimed)

    async def look_after(self) -> None:
        """One round over what was written: picked up, failed, or overdue."""
        waiting = [str(s) for s in (State.WRITTEN, State.TRANSPORT_ACKED)]
        rows = await self.store.read(lambda unit: unit.messages.waiting(waiting))
        named = {row.name: row for row in rows if row.name}
        facts = await asyncio.to_thread(self.outgoing.look, list(named))
        if isinstance(facts, Trouble):
            self._health("out", facts)
            return
        self._health("out", None)
        at = self.now()
        late = [
            f
            for f in facts
            if f.standing == "waiting" and at - named[f.name].created > PICK_UP_ALARM
        ]
        if late:
            self.troubles["broker"] = f"{len(late)} messages were not picked up for 15 minutes"
        else:
            self.troubles.pop("broker", None)
        for fact in facts:
            await self._note(named[fact.name], fact)
        for row in rows:
            if at - row.created > RECEIPT_ALARM and row.type != "APPREC":
                await self.store.write(lambda unit, row=row: self._overdue(unit, row))

    async def _note(self, row: MessageRow, fact: OutFact) -> None:
        kind = {
            "sent": FactKind.TRANSPORT_ACK,
            "picked-up": FactKind.TRANSPORT_ACK,
            "failed": FactKind.TRANSPORT_NACK,
        }.get(fact.standing)
        if kind is None or row.state == State.TRANSPORT_ACKED:
            return
        evidence = fact.reason or fact.standing
        await self.store.write(lambda unit: record(unit, row, kind, self.now(), evidence))

    def _overdue(self, unit: Unit, row: MessageRow) -> None:
        if (
            record(unit, row, FactKind.APP_REC_OVERDUE, self.now(), "no receipt in 96 hours")
            == State.NO_APP_REC
        ):
            self.overdue(unit, row)

    def _health(self, side: str, trouble: Trouble | None) -> None:
        if trouble is None:
            self.troubles.pop(side, None)
        elif self.troubles.get(side) != trouble.detail:
            self.troubles[side] = trouble.detail
            log(Event.DROP_UNHEALTHY, side=side, kind=trouble.kind)

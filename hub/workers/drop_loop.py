"""The file drop's rounds: files in are claimed, received and put away; files out are looked after.

Source: transport/file-drop.md, "Reading" and "Life cycle".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from time import perf_counter
from typing import Final

from hub.emessage.dialogue import FactKind, State
from hub.flows.receive_message import Arrival, ReceiveMessage
from hub.flows.submit_message import Changed, record
from hub.log import Event, log, log_failure
from hub.mapping.series import message_key
from hub.ports import MessageRow, Unit, UnitOfWork
from hub.transport.file_drop import Drop, Trouble, folder_clock
from hub.transport.file_drop_figures import figures, free_bytes
from hub.transport.file_drop_in import FileDropIn, TooLarge
from hub.transport.file_drop_keep import expire
from hub.transport.file_drop_out import FileDropOut, OutFact
from hub.transport.file_drop_receipts import load_receipts, settle_receipt
from hub.transport.file_drop_work import Claimed
from hub.workers.giving_way import REST, GivingWay

PICK_UP_ALARM: Final = timedelta(minutes=15)
EXPIRE_EVERY: Final = timedelta(hours=1)
LEAST_ROOM: Final = 256 * 1024 * 1024
CLOCK_ALARM_S: Final = 30.0
FULL: Final = 1000
"""From so many files on, they are not counted and looked for at every round."""
LONGEST_REST_S: Final = 60.0
"""However long it took to look for them, they are looked for again after so long."""
Gauge = tuple[tuple[tuple[str, str], ...], float]
"""Labels and a figure, as hub.api.figures shows them."""
_RECEIPTS: Final[dict[str, FactKind]] = {
    "acknowledged": FactKind.TRANSPORT_ACK,
    "rejected": FactKind.TRANSPORT_NACK,
    "abandoned": FactKind.TRANSPORT_GAVE_UP,
}


@dataclass(slots=True)
class DropLoop:
    """One drop of one tenant.

    Shape: `troubles` says in words what does not work now; it is shown by /health, `gauges` by /metrics. `watch_clock`
    where the hub lives by the real time. `giving_way` keeps a full drop from slowing down whoever asks the hub.
    """

    store: UnitOfWork
    drop: Drop
    incoming: FileDropIn
    outgoing: FileDropOut
    receive: ReceiveMessage
    now: Callable[[], datetime]
    tenant_id: int
    changed: Changed
    keep: timedelta = timedelta(days=90)
    watch_clock: bool = False
    giving_way: GivingWay = field(default_factory=GivingWay)
    ticks: Callable[[], float] = perf_counter
    troubles: dict[str, str] = field(default_factory=dict[str, str])
    gauges: dict[str, list[Gauge]] = field(default_factory=dict[str, list[Gauge]])
    _expired: datetime | None = None
    _picked_up: float = 0.0
    _count_again: float = 0.0
    _look_again: float = 0.0

    async def take_in(self) -> None:
        """One round over in/: every whole file is received; one that cannot be is put into quarantine."""
        more = True
        while more:
            claims = await asyncio.to_thread(self.incoming.claim)
            self._health("in", claims.trouble)
            for gone in claims.quarantined:
                log(Event.MESSAGE_QUARANTINED, reason=gone.reason)
            for claimed in claims.claimed:
                began = self.ticks()
                await self._take(claimed)
                await self.giving_way.rest(self.ticks() - began)
            more = claims.more

    async def _take(self, claimed: Claimed) -> None:
        """A claimed file → received and put away; what fails by our own fault comes again under the same claim id."""
        try:
            await self._receive(claimed)
        except Exception as error:  # noqa: BLE001 - the file is not lost and stops no other
            log_failure(Event.JOB_RETRY, error, queue="drop-in", claim=claimed.claim_id)
            await asyncio.to_thread(self.incoming.release, claimed)

    async def _receive(self, claimed: Claimed) -> None:
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
            put = await asyncio.to_thread(self.incoming.quarantine, claimed, outcome.reason)
        else:
            put = await asyncio.to_thread(self.incoming.archive, claimed)
        if put is not None:
            self._health("in", put)
            await asyncio.to_thread(self.incoming.release, claimed)

    async def look_after(self) -> None:
        """One round over what was written: picked up, failed, acknowledged by the broker, or lying there too long."""
        await asyncio.to_thread(self._keep_house)
        began = self.ticks()
        if began >= self._look_again:
            many = await self._look_out() > FULL
            ended = self.ticks()
            rest = min((ended - began) * REST, LONGEST_REST_S) if many else 0.0
            self._look_again = ended + rest
        await self._read_receipts()

    async def _look_out(self) -> int:
        """Where each message stands that nobody has picked up → how many these are."""
        rows = await self.store.read(
            lambda unit: unit.messages.waiting([str(State.WRITTEN)]), long=True
        )
        named = {row.name: row for row in rows if row.name}
        facts = await asyncio.to_thread(self.outgoing.look, list(named))
        if isinstance(facts, Trouble):
            self._health("out", facts)
            return len(named)
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
        return len(named)

    def _keep_house(self) -> None:
        """Left-over half files and old days of the archive go; the figures are taken; two clocks are compared."""
        at = self.now()
        self.outgoing.tidy()
        if self._expired is None or abs(at - self._expired) > EXPIRE_EVERY:
            self._expired = at
            expire(self.drop, at, self.keep)
        self._count_files()
        room = free_bytes(self.drop)
        self.gauges["hub_drop_free_bytes"] = [] if room is None else [((), room)]
        self.gauges["hub_drop_picked_up_seconds"] = [((), self._picked_up)]
        self._tell("room", room is not None and room < LEAST_ROOM, "the drop's disk is nearly full")
        self._tell(
            "clock", self._clock_off(at) > CLOCK_ALARM_S, "the clock and that of the drop differ"
        )

    def _count_files(self) -> None:
        """A look at every file of a full drop takes a while; the next one waits in proportion."""
        began = self.ticks()
        if began < self._count_again:
            return
        rows = figures(self.drop)
        self.gauges["hub_drop_files"] = [((("folder", r.folder),), r.count) for r in rows]
        self.gauges["hub_drop_oldest_seconds"] = [
            ((("folder", r.folder),), r.oldest_s or 0.0) for r in rows
        ]
        ended = self.ticks()
        if sum(row.count for row in rows) > FULL:
            self._count_again = ended + (ended - began) * REST

    def _clock_off(self, at: datetime) -> float:
        """Units: seconds; 0 where the drop cannot be asked."""
        try:
            return abs(folder_clock(self.drop.work) - at.timestamp()) if self.watch_clock else 0.0
        except OSError:
            return 0.0

    def _tell(self, name: str, wrong: bool, text: str) -> None:
        if wrong:
            self.troubles[name] = text
        else:
            self.troubles.pop(name, None)

    async def _note(self, row: MessageRow, fact: OutFact) -> None:
        kind = {
            "sent": FactKind.TRANSPORT_ACK,
            "picked-up": FactKind.TRANSPORT_ACK,
            "failed": FactKind.TRANSPORT_NACK,
        }.get(fact.standing)
        if kind is not None:
            self._picked_up = self.now().timestamp()
            evidence = fact.reason or fact.standing
            await self.store.write(lambda unit: self._record(unit, row, kind, evidence))

    async def _read_receipts(self) -> None:
        """The broker's own receipts, where it gives any; one that nobody understands is put away too."""
        receipts = await asyncio.to_thread(load_receipts, self.drop)
        if isinstance(receipts, Trouble):
            self._health("receipt", receipts)
            return
        self._health("receipt", None)
        for receipt in receipts:
            kind = _RECEIPTS.get(receipt.kind)
            msg_id = message_key(receipt.msg_id or "")
            if kind is not None and msg_id:
                evidence = receipt.reason or receipt.kind

                def work(
                    unit: Unit, kind: FactKind = kind, msg_id: str = msg_id, told: str = evidence
                ) -> None:
                    for row in unit.messages.sent(self.tenant_id, msg_id):
                        self._record(unit, row, kind, told)

                await self.store.write(work)
            await asyncio.to_thread(settle_receipt, self.drop, receipt, self.now())

    def _record(self, unit: Unit, row: MessageRow, kind: FactKind, evidence: str) -> None:
        current = unit.messages.find(row.tenant_id, row.id)
        if current is None:
            return
        state = record(unit, current, kind, self.now(), evidence)
        if state != current.state:
            self.changed(unit, current, state)

    def _health(self, side: str, trouble: Trouble | None) -> None:
        if trouble is None:
            self.troubles.pop(side, None)
            return
        told = f"{trouble.detail} ({trouble.folder}, of the drop)"
        if self.troubles.get(side) != told:
            self.troubles[side] = told
            log(Event.DROP_UNHEALTHY, side=side, kind=trouble.kind)

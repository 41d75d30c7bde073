"""A received message and what is wrong with it → its AppRec for each own receiver, queued in the transaction of the import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from hub.emessage.apprec import render_app_rec
from hub.emessage.read import Reading
from hub.emessage.receipt import OwnReceiver, build_receipt, decide_status
from hub.flows.submit_message import QUEUE
from hub.ports import Job, MessageRow, Unit
from hub.problems import Problem

_LOCAL = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True, slots=True)
class Receipts:
    """Builds and queues receipts. Shape: `software` is name and version of the hub."""

    new_id: Callable[[], str]
    software: tuple[str, str]

    def queue(
        self,
        unit: Unit,
        tenant_id: int,
        reading: Reading,
        own: Sequence[OwnReceiver],
        problems: Sequence[Problem],
        now: datetime,
    ) -> int:
        """A reading, our receivers in it and its problems → one receipt each in the outbox; how many."""
        count = 0
        for receiver in own:
            found = (*problems, *receiver.problems)
            if reading.envelope is None or decide_status(found) is None:
                continue
            self._queue(unit, tenant_id, reading, receiver, found, now)
            count += 1
        return count

    def _queue(
        self,
        unit: Unit,
        tenant_id: int,
        reading: Reading,
        receiver: OwnReceiver,
        problems: Sequence[Problem],
        now: datetime,
    ) -> None:
        envelope = reading.envelope
        assert envelope is not None
        assert envelope.sender is not None
        receipt_id = self.new_id()
        version = reading.app_rec_version
        receipt = build_receipt(
            envelope,
            receiver.party,
            receiver.role,
            problems,
            version,
            receipt_id,
            now.astimezone(_LOCAL),
            self.software,
        )
        raw = render_app_rec(receipt, version)
        to = envelope.sender.unit_her_id or envelope.sender.her_id
        ours = receiver.party.unit_her_id or receiver.party.her_id
        unit.messages.add(
            MessageRow(
                tenant_id=tenant_id,
                id=receipt_id,
                direction="out",
                msg_id=receipt_id,
                type="APPREC",
                sender_her=ours.value if ours else "",
                receiver_her=to.value if to else "",
                state="Queued",
                created=now,
                sent_for=envelope.msg_id,
                sha256=sha256(raw).hexdigest(),
                raw=raw,
            )
        )
        unit.outbox.add(Job(tenant_id, QUEUE, receipt_id), now)

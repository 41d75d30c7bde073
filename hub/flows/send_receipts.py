"""A received message and what is wrong with it → its AppRec for each own receiver, queued in the transaction of the import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.emessage.apprec import render_app_rec
from hub.emessage.envelope import Party
from hub.emessage.read import Reading
from hub.emessage.receipt import OwnReceiver, build_receipt, decide_status
from hub.flows.queue_message import Way, new_row, queue_message
from hub.ports import Unit
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
        received: datetime,
    ) -> int:
        """A reading, our receivers in it and its problems → one receipt each in the outbox; how many.

        Shape: `received` is when the message came. What was answered before is not answered again: a receipt is final.
        """
        if self._answered(unit, tenant_id, reading, received):
            return 0
        count = 0
        for receiver in own:
            found = (*problems, *receiver.problems)
            if reading.envelope is None or decide_status(found) is None:
                continue
            self._queue(unit, tenant_id, reading, receiver, found, now)
            count += 1
        return count

    def _answered(self, unit: Unit, tenant_id: int, reading: Reading, received: datetime) -> bool:
        """Whether the receipts to a message are made: all of them are, in one transaction, or none."""
        envelope = reading.envelope
        if envelope is None or envelope.sender is None:
            return False
        to = _her(envelope.sender)
        made = unit.messages.answers(tenant_id, envelope.msg_id, received)
        return any(row.receiver_her == to for row in made)

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
        way = Way(_her(receiver.party), _her(envelope.sender))
        row = new_row(tenant_id, receipt_id, "APPREC", way, raw, now, sent_for=envelope.msg_id)
        queue_message(unit, row)


def _her(party: Party) -> str:
    found = party.unit_her_id or party.her_id
    return found.value if found is not None else ""

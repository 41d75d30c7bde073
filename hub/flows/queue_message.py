"""A message that was made → a row with its bytes, and the job that takes it to the transport, in one transaction (D4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from hub.flows.submit_message import QUEUE
from hub.ports import Job, MessageRow, Unit


@dataclass(frozen=True, slots=True)
class Way:
    """From whom to whom. Shape: HER-ids of the services, or of the persons."""

    sender: str
    receiver: str


def new_row(
    tenant_id: int,
    msg_id: str,
    kind: str,
    way: Way,
    raw: bytes,
    now: datetime,
    *,
    sent_for: str = "",
    patient_id: str = "",
    communication_id: str = "",
) -> MessageRow:
    """A message's number, type, way and bytes, and what it is sent for → its row, which waits to be sent."""
    return MessageRow(
        tenant_id=tenant_id,
        id=msg_id,
        direction="out",
        msg_id=msg_id,
        type=kind,
        sender_her=way.sender,
        receiver_her=way.receiver,
        state="Queued",
        created=now,
        sent_for=sent_for,
        patient_id=patient_id,
        communication_id=communication_id,
        sha256=sha256(raw).hexdigest(),
        raw=raw,
    )


def queue_message(unit: Unit, row: MessageRow, due: datetime | None = None) -> None:
    """A row → stored, and sent when it is due (at once when None)."""
    unit.messages.add(row)
    unit.outbox.add(Job(row.tenant_id, QUEUE, row.id), row.created, due)

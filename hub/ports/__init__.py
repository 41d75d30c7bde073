"""What the flows need of the outside, as protocols: one transaction with its parts, and the transports."""

from __future__ import annotations

from hub.ports.jobs import LONGEST_RETRY, Job, Outbox, QueuedJob
from hub.ports.judging import (
    FOLLOWED,
    LONGEST_DELAY,
    AlertRow,
    Alerts,
    Dues,
    DueSlot,
    DueTime,
    Following,
    JudgeMark,
    Judgements,
    LoggedMark,
    LogRow,
    Making,
)
from hub.ports.messages import ImportRow, Inbox, MessageFact, MessageRow, Messages, RawMessage
from hub.ports.outside import (
    Agreement,
    Answer,
    Call,
    Client,
    ClientRegister,
    Delivery,
    OneTime,
    Outbound,
    Transport,
)
from hub.ports.unit import Claims, OwnParty, Relations, Retention, Unit, UnitOfWork

__all__ = [
    "FOLLOWED",
    "LONGEST_DELAY",
    "LONGEST_RETRY",
    "Agreement",
    "AlertRow",
    "Alerts",
    "Answer",
    "Call",
    "Claims",
    "Client",
    "ClientRegister",
    "Delivery",
    "DueSlot",
    "DueTime",
    "Dues",
    "Following",
    "ImportRow",
    "Inbox",
    "Job",
    "JudgeMark",
    "Judgements",
    "LogRow",
    "LoggedMark",
    "Making",
    "MessageFact",
    "MessageRow",
    "Messages",
    "OneTime",
    "Outbound",
    "Outbox",
    "OwnParty",
    "QueuedJob",
    "RawMessage",
    "Relations",
    "Retention",
    "Transport",
    "Unit",
    "UnitOfWork",
]

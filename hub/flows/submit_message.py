"""A queued message → handed to the transport, once: the bytes are fixed before the first try."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.emessage.dialogue import Fact, FactKind, derive
from hub.flows.log_message import log_fact
from hub.log import Event, log
from hub.ports import Delivery, Job, MessageFact, MessageRow, Transport, Unit, UnitOfWork

QUEUE = "submit_message"
Changed = Callable[[Unit, MessageRow, str], None]
"""A message and its new state → those who look at it are told (hub.flows.message_state)."""


@dataclass(frozen=True, slots=True)
class SubmitMessage:
    """Job: `subject` is our id of the message."""

    store: UnitOfWork
    transport: Transport
    now: Callable[[], datetime]
    changed: Changed

    async def __call__(self, job: Job) -> None:
        """A job → the message lies with the transport, and its state says so."""
        message, facts = await self.store.read(
            lambda unit: (
                unit.messages.find(job.tenant_id, job.subject),
                unit.messages.facts(job.tenant_id, job.subject),
            )
        )
        assert message is not None, "the job and the message were written in one transaction"
        delivery = Delivery(
            *(message.raw, message.msg_id, message.sender_her, message.receiver_her),
            lost=_lost(facts),
            made=message.created,
        )
        evidence = await asyncio.to_thread(self.transport.submit, delivery, self.now())

        def work(unit: Unit) -> None:
            unit.messages.name(message.tenant_id, message.id, evidence)
            self._note(unit, message, FactKind.WRITTEN, evidence)
            unit.outbox.done(job)

        await self.store.write(work)
        log(Event.MESSAGE_WRITTEN, type=message.type, message=message.id)

    def give_up(self, unit: Unit, job: Job, reason: str) -> None:
        """A job that was given up → the message is a dead letter, and a person is told."""
        message = unit.messages.find(job.tenant_id, job.subject)
        if message is not None:
            self._note(unit, message, FactKind.GIVEN_UP, reason)

    def _note(self, unit: Unit, message: MessageRow, kind: FactKind, evidence: str) -> None:
        state = record(unit, message, kind, self.now(), evidence)
        if state != message.state:
            self.changed(unit, message, state)


def _lost(facts: Sequence[MessageFact]) -> tuple[str, ...]:
    """The facts of a message → the evidence of hand-overs from before a person sent it again."""
    replays = [at for at, fact in enumerate(facts) if fact.kind == FactKind.REPLAYED]
    earlier = facts[: replays[-1]] if replays else ()
    return tuple(fact.evidence for fact in earlier if fact.kind == FactKind.WRITTEN)


def record(unit: Unit, message: MessageRow, kind: FactKind, at: datetime, evidence: str) -> str:
    """A message and something that happened to it → the fact is added and logged; → the state that follows from all facts."""
    facts = [
        Fact(FactKind(f.kind), f.at, f.evidence)
        for f in unit.messages.facts(message.tenant_id, message.id)
    ]
    state = str(derive([*facts, Fact(kind, at, evidence)]))
    fact = MessageFact(message.tenant_id, message.id, message.receiver_her, str(kind), at, evidence)
    unit.messages.record(fact, state)
    log_fact(unit, message, kind, at, state)
    return state

"""A queued message → handed to the transport, once: the bytes are fixed before the first try."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.emessage.dialogue import Fact, FactKind, derive
from hub.flows.log_message import log_fact
from hub.log import Event, log
from hub.ports import Delivery, Job, MessageFact, MessageRow, Transport, Unit, UnitOfWork

QUEUE = "submit_message"
_MOST_TOGETHER: Final = 1 << 20
"""How much is handed over in one piece of work. Units: bytes."""
_Found = tuple[MessageRow, Sequence[MessageFact]]
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
        await self._submit((job,), await self.store.read(lambda unit: [_message(unit, job)]))

    async def several(self, jobs: Sequence[Job]) -> bool:
        """Jobs → their messages lie with the transport, and in one transaction their states say so; False for large ones."""
        found = await self.store.read(lambda unit: _together(unit, jobs))
        if found is not None:
            await self._submit(jobs, found)
        return found is not None

    async def _submit(self, jobs: Sequence[Job], found: Sequence[_Found]) -> None:
        messages = [message for message, _ in found]
        deliveries = [_delivery(message, facts) for message, facts in found]
        names = await asyncio.to_thread(self.transport.submit, deliveries, self.now())

        def work(unit: Unit) -> None:
            before = [unit.messages.facts(each.tenant_id, each.id) for each in messages]
            for message, name, facts in zip(messages, names, before, strict=True):
                state = add_fact(unit, message, facts, (FactKind.WRITTEN, self.now(), name), name)
                if state != message.state:
                    self.changed(unit, message, state)
            for job in jobs:
                unit.outbox.done(job)

        await self.store.write(work)
        for message in messages:
            log(Event.MESSAGE_WRITTEN, type=message.type, message=message.id)

    def give_up(self, unit: Unit, job: Job, reason: str) -> None:
        """A job that was given up → the message is a dead letter, and a person is told."""
        message = unit.messages.find(job.tenant_id, job.subject)
        if message is not None:
            state = record(unit, message, FactKind.GIVEN_UP, self.now(), reason)
            if state != message.state:
                self.changed(unit, message, state)


def _together(unit: Unit, jobs: Sequence[Job]) -> list[_Found] | None:
    """Jobs → their messages; None when they are too large to be held in memory at once."""
    found: list[_Found] = []
    size = 0
    for job in jobs:
        found.append(_message(unit, job))
        size += len(found[-1][0].raw)
        if size > _MOST_TOGETHER:
            return None
    return found


def _message(unit: Unit, job: Job) -> _Found:
    message = unit.messages.find(job.tenant_id, job.subject)
    assert message is not None, "the job and the message were written in one transaction"
    return message, unit.messages.facts(job.tenant_id, job.subject)


def _delivery(message: MessageRow, facts: Sequence[MessageFact]) -> Delivery:
    return Delivery(
        *(message.raw, message.msg_id, message.sender_her, message.receiver_her),
        lost=_lost(facts),
        made=message.created,
    )


def _lost(facts: Sequence[MessageFact]) -> tuple[str, ...]:
    """The facts of a message → the evidence of hand-overs from before a person sent it again."""
    replays = [at for at, fact in enumerate(facts) if fact.kind == FactKind.REPLAYED]
    earlier = facts[: replays[-1]] if replays else ()
    return tuple(fact.evidence for fact in earlier if fact.kind == FactKind.WRITTEN)


def record(unit: Unit, message: MessageRow, kind: FactKind, at: datetime, evidence: str) -> str:
    """A message and something that happened to it → the fact is added and logged; → the state that follows from all facts."""
    facts = unit.messages.facts(message.tenant_id, message.id)
    return add_fact(unit, message, facts, (kind, at, evidence))


def add_fact(
    unit: Unit,
    message: MessageRow,
    facts: Sequence[MessageFact],
    new: tuple[FactKind, datetime, str],
    name: str = "",
) -> str:
    """A message, what is known of it and a fact that is new → as `record`; `name` is what the transport has called it."""
    known = [Fact(FactKind(f.kind), f.at, f.evidence) for f in facts]
    kind, at, evidence = new
    state = str(derive([*known, Fact(kind, at, evidence)]))
    fact = MessageFact(message.tenant_id, message.id, message.receiver_her, str(kind), at, evidence)
    unit.messages.record(fact, state, name)
    log_fact(unit, message, kind, at, state)
    return state

"""A message that arrives → raw row, then in one transaction what it says and its receipt (architecture D7; walk (b)).

Receiving is two transactions: the bytes first, whatever they are; then the one import of (sender, MsgId). Our own failure
rejects nothing: the message stays and is tried again.
Source: emessage/apprec.md; transport/file-drop.md, "Reading".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.emessage.read import Reading, read_message
from hub.emessage.receipt import OwnReceiver, own_receivers
from hub.emessage.signature import NOBODY, Trust
from hub.flows.arrival_case import Case
from hub.flows.check_signed import check_signed
from hub.flows.held_decision import Decision, Waiting, decode_payload
from hub.flows.import_message import ImportMessage
from hub.flows.log_message import log_arrival, log_decision
from hub.flows.map_message import Mapped
from hub.flows.send_receipts import Receipts
from hub.flows.track_receipt import TrackReceipt
from hub.log import Event, log, log_failure
from hub.mapping.avvik import TYPE as AVVIK
from hub.mapping.series import message_key
from hub.ports import ImportRow, Job, RawMessage, Unit, UnitOfWork
from hub.problems import Problem, ProblemCode

QUEUE: Final = "import_message"
_LATER: Final = timedelta(seconds=30)
MOST_REHEARSED: Final = 1024 * 1024
"""What is made of a larger message is not kept beside it. Units: bytes."""
_POISON: Final = frozenset(
    (
        ProblemCode.XML_NOT_WELL_FORMED,
        ProblemCode.XML_FORBIDDEN,
        ProblemCode.TOO_LARGE,
        ProblemCode.TOO_DEEP,
        ProblemCode.SENDER_UNKNOWN,
    )
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes that a transport hands over.

    Shape: `claim_id` names this arrival for ever; `addressed` the HER-id the transport's own envelope names, if any.
    """

    claim_id: str
    tenant_id: int
    name: str
    sha256: str
    raw: bytes
    addressed: str | None = None
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an arrival. Shape: `quarantine` when a person must look at the file itself; `patient_id` whose record it went to."""

    state: str
    reason: str = ""
    quarantine: bool = False
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class ReceiveMessage:
    """Receives from any transport.

    Shape: `check` is the second opinion of the official schemas, when an operator has installed them;
    `hold_unknown_receiver` keeps what no service of ours is named for, though our organisation is, for a person instead of
    answering E21; `trust` is whom an operator trusts to issue certificates.
    """

    store: UnitOfWork
    now: Callable[[], datetime]
    importer: ImportMessage
    receipts: Receipts
    track: TrackReceipt
    check: Callable[[bytes], tuple[Problem, ...]] | None = None
    hold_unknown_receiver: bool = False
    trust: Trust = NOBODY

    async def __call__(self, arrival: Arrival) -> Outcome:
        """An arrival → kept, then taken in; what fails by our own fault is tried again from the kept bytes."""
        raw = await self.store.write(lambda unit: self._keep(unit, arrival))
        if raw.state != "stored":
            return Outcome(
                raw.state, raw.reason, raw.state in ("quarantined", "conflict", "not-for-us")
            )
        try:
            return await self._take(raw, arrival.addressed)
        except Exception as error:  # noqa: BLE001 - one of the three places; the job in the outbox tries again
            log_failure(Event.JOB_RETRY, error, queue=QUEUE, claim=arrival.claim_id)
            return Outcome("stored")

    async def again(self, job: Job) -> None:
        """The outbox's try at an arrival that was kept but not taken in.

        Shape: `payload` is a person's decision on a held one, else the HER-id that the transport's envelope named, if any.
        """
        raw = await self.store.read(lambda unit: unit.inbox.find(job.subject))
        assert raw is not None, "the job and the raw row were written in one transaction"
        told = decode_payload(job.payload)
        if isinstance(told, Waiting):
            if raw.state == "stored":
                await self._take(raw, told.addressed or None)
        elif raw.state in ("stored", "held"):
            await self._take(raw, None, told)
        await self.store.write(lambda unit: unit.outbox.done(job))

    def _keep(self, unit: Unit, arrival: Arrival) -> RawMessage:
        now = self.now()
        state, reason = (
            ("quarantined", "the file is too large") if arrival.too_large else ("stored", "")
        )
        new = unit.inbox.state(arrival.claim_id) is None
        kept = unit.inbox.keep(
            RawMessage(
                arrival.claim_id,
                arrival.tenant_id,
                arrival.name,
                arrival.sha256,
                now,
                state,
                reason,
                arrival.raw,
            )
        )
        if new:
            log_arrival(unit, kept, now)
        if new and state == "stored":
            addressed = (arrival.addressed or "").encode()
            job = Job(arrival.tenant_id, QUEUE, arrival.claim_id, addressed)
            unit.outbox.add(job, now, now + _LATER)
        return kept

    async def _take(
        self, raw: RawMessage, addressed: str | None, decision: Decision | None = None
    ) -> Outcome:
        # Off the event loop: a message takes milliseconds to read, one with a large attachment a second
        reading, extra = await asyncio.to_thread(self._read, raw)
        small = decision is None and len(raw.raw) <= MOST_REHEARSED
        before = await self._rehearse(raw, reading) if small else None

        def work(unit: Unit) -> Outcome:
            if unit.inbox.state(raw.claim_id) not in ("stored", "held"):
                return Outcome("done before")
            problems = (*reading.problems, *extra)
            outcome = self._decide(unit, raw, reading, problems, addressed, decision, before)
            unit.inbox.mark(raw.claim_id, outcome.state, outcome.reason)
            log_decision(unit, raw, reading, outcome.state, outcome.patient_id, self.now())
            return outcome

        outcome = await self.store.write(work, long=True)
        kind = reading.envelope.type if reading.envelope else ""
        log(Event.MESSAGE_RECEIVED, type=kind, state=outcome.state, claim=raw.claim_id)
        return outcome

    async def _rehearse(self, raw: RawMessage, reading: Reading) -> Mapped | None:
        """What the message would become if it were taken in now: the transaction that does it is the shorter, and nobody waits for this."""
        rehearse, tenant = self.importer.rehearse, raw.tenant_id
        return await self.store.read(lambda unit: rehearse(unit, tenant, reading), long=True)

    def _read(self, raw: RawMessage) -> tuple[Reading, tuple[Problem, ...]]:
        """The bytes as they came → what they say, and what the official schemas and the signature add to it."""
        reading = read_message(raw.raw)
        extra = self.check(raw.raw) if self.check is not None and not reading.fatal else ()
        return reading, extra + check_signed(raw.raw, reading, raw.received, self.trust)

    def _decide(
        self,
        unit: Unit,
        raw: RawMessage,
        reading: Reading,
        problems: tuple[Problem, ...],
        addressed: str | None,
        decision: Decision | None,
        before: Mapped | None,
    ) -> Outcome:
        if reading.root == "AppRec":
            return self._receipt(unit, raw, reading)
        poison = [p for p in problems if p.code in _POISON]
        if poison or reading.envelope is None:
            reason = "; ".join(p.detail for p in poison) or "no message that the hub knows"
            return Outcome("quarantined", reason, quarantine=True)
        envelope = reading.envelope
        sender = _sender(reading)
        known = unit.inbox.imported(raw.tenant_id, sender, message_key(envelope.msg_id))
        if known is not None and known.claim_id != raw.claim_id:
            return self._known(unit, raw, reading, known)
        own = self._own(unit, raw.tenant_id, reading, addressed)
        if not own:
            return Outcome(
                "not-for-us", "no receiver of the message is a service of this hub", quarantine=True
            )
        case = Case(unit, raw, reading, sender, own, problems, decision, before)
        return self._judge(case.softened() if reading.handling.emergency else case)

    def _judge(self, case: Case) -> Outcome:
        """A message of ours that nobody had before → refused, held or taken in, with its receipts."""
        unit, raw, reading = case.unit, case.raw, case.reading
        refusal = case.refusal
        if refusal is not None:
            return self._refuse(case, (refusal,))
        if not case.taken:
            if self.hold_unknown_receiver and case.only_unknown_receivers:
                self.importer.hold(unit, raw, reading, case.sender, "ukjent mottaker")
                return Outcome("held", "ukjent mottaker")
            return self._refuse(case, ())
        result = self.importer(unit, raw, reading, case.sender, case.decision, case.before)
        if reading.envelope is not None and reading.envelope.type == AVVIK and not result.refused:
            self.track.taken_back(unit, raw.tenant_id, reading, raw.claim_id)
        if result.refused:
            return self._refuse(case, result.problems)
        if result.held:
            if reading.handling.emergency:  # always status 1, whoever the patient is
                self._answer(case, ())
            return Outcome("held", result.reason)
        self._answer(case, result.problems)
        return Outcome("imported", patient_id=result.patient_id)

    def _refuse(self, case: Case, more: Sequence[Problem]) -> Outcome:
        self.importer.refuse(case.unit, case.raw, case.reading, case.sender)
        problems = (*case.problems, *more)
        late = case.decision is not None and self.now() > case.deadline
        if not late:  # after 96 hours the sender counts it as refused already; only a positive receipt is of use then
            self._answer(case, more)
        found = (*problems, *(p for o in case.own for p in o.problems))
        codes = sorted({p.code.row.apprec or p.code.name for p in found if p.fatal})
        return Outcome("rejected", ", ".join(codes) + (", too late for a receipt" if late else ""))

    def _answer(self, case: Case, more: Sequence[Problem]) -> None:
        self.receipts.queue(
            case.unit,
            case.raw.tenant_id,
            case.reading,
            case.receivers,
            (*case.problems, *more),
            self.now(),
            case.raw.received,
        )

    def _receipt(self, unit: Unit, raw: RawMessage, reading: Reading) -> Outcome:
        if reading.app_rec is None:
            return Outcome("quarantined", "a receipt that does not validate", quarantine=True)
        return Outcome("receipt", self.track(unit, raw.tenant_id, reading.app_rec, raw.claim_id))

    def _known(self, unit: Unit, raw: RawMessage, reading: Reading, known: ImportRow) -> Outcome:
        """A MsgId that was here before: the same bytes change nothing, other bytes are an alarm; no receipt for either."""
        if known.sha256 == raw.sha256:
            return Outcome("duplicate", f"the same as {known.claim_id}")
        log(Event.MESSAGE_CONFLICT, type=known.type, claim=raw.claim_id, first=known.claim_id)
        self.importer.tell_conflict(unit, raw, reading)
        return Outcome(
            "conflict", f"known MsgId with other content, first {known.claim_id}", quarantine=True
        )

    def _own(
        self, unit: Unit, tenant_id: int, reading: Reading, addressed: str | None
    ) -> list[OwnReceiver]:
        """Our services among the receivers; when only the transport's envelope names us, the sender learns so by E21."""
        assert reading.envelope is not None
        services = [party.service for party in unit.own_services(tenant_id)]
        numbers = self.importer.numbers(unit, tenant_id, reading.envelope)
        own = own_receivers(reading.envelope, services, numbers)
        if own or addressed not in {s.service.value for s in services}:
            return own
        problem = Problem(
            ProblemCode.RECEIVER_UNKNOWN, "The message came to us but names another receiver"
        )
        return [
            OwnReceiver(r.party, "PRIM", None, (problem,)) for r in reading.envelope.receivers[:1]
        ]


def _sender(reading: Reading) -> str:
    """The key of a sender: the HER-id of its communication party, else of the entity, else its organisation number."""
    assert reading.envelope is not None
    assert reading.envelope.sender is not None
    return reading.envelope.sender.key

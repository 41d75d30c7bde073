"""Marks → verdicts and alerts: what is stored is judged once, in the order it came (architecture D4, D5; promise 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import thread_time
from typing import Any, Final

import msgspec

from hub.fhir.interactions.prepare import Setting
from hub.flows.alert_follow_up import NO_FOLLOW_UP, FollowUp
from hub.flows.alert_ledger import AlertLedger
from hub.flows.copies import copy_of
from hub.flows.fallen_times import tell_before
from hub.flows.mark_for_judging import taken_up
from hub.flows.neighbours import find_neighbours
from hub.flows.patient_book import Books
from hub.flows.store_draft import Desk, job_actor
from hub.flows.tell_faulty_plan import tell_faulty_plan
from hub.flows.windows import Windows
from hub.log import Event, log_failure
from hub.mapping.alert_to_fhir import firings_of
from hub.ports import LONGEST_DELAY, JudgeMark, Unit, UnitOfWork
from hub.thresholds.due import has_times
from hub.thresholds.engine import State, arrive, step
from hub.thresholds.reach import is_silent, rolling_of
from hub.thresholds.record import Record

BATCH: Final = 32
HELD_S: Final = 0.05
"""How long judging goes on in one transaction: values among thousands that touch them take long, and readers wait for the turn.
Units: seconds of the thread's own work."""
_ENCODER: Final = msgspec.msgpack.Encoder()
_FIRST_DELAY: Final = timedelta(seconds=1)


@dataclass(slots=True)
class Expected:
    """Whether marks that wait were put in since judging looked last: then it need not look before it takes the turn to write."""

    some: bool = False


@dataclass(frozen=True, slots=True)
class JudgeObservations:
    """Takes the marks that are due and settles them, many in one commit."""

    store: UnitOfWork
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()
    books: Books = field(default_factory=Books)
    windows: Windows = field(default_factory=Windows)
    follow_up: FollowUp = NO_FOLLOW_UP
    expected: Expected = field(default_factory=Expected)

    async def __call__(self) -> int:
        """Nothing → how many marks were settled. A mark that fails is tried again later and stops no other (S10)."""
        some, self.expected.some = self.expected.some, False
        if not some and not await self.store.read(self._todo):
            return 0
        used: list[Any] = []

        def due(unit: Unit) -> int:
            used[:] = [self.books.begin()]
            return self._judge_due(unit)

        try:
            settled = await self.store.write(due)
        except Exception:  # noqa: BLE001 - find the one that fails, let the others through
            return await self._singly(await self.store.read(self._todo))
        self.books.committed(used[0])
        return settled

    async def _singly(self, marks: Sequence[JudgeMark]) -> int:
        settled = 0
        for mark in marks:
            try:
                settled += await self.store.write(
                    lambda unit, mark=mark: self._judge_afresh(unit, mark)
                )
            except Exception as error:  # noqa: BLE001 - see above
                log_failure(
                    Event.JUDGE_FAILED,
                    error,
                    observation=mark.observation_id,
                    attempts=mark.attempts + 1,
                )
                delay = min(_FIRST_DELAY * 2 ** min(mark.attempts, 20), LONGEST_DELAY)
                due = self.now() + delay
                await self.store.write(
                    lambda unit, mark=mark, due=due: unit.judgements.postpone(mark, due)
                )
        return settled

    def _judge_due(self, unit: Unit) -> int:
        """What is due now, with the turn to write: another process may have judged what was seen before it."""
        return self._judge_all(unit, self._todo(unit))

    def _todo(self, unit: Unit) -> Sequence[JudgeMark]:
        return unit.judgements.todo(self.now(), BATCH)

    def _judge_afresh(self, unit: Unit, mark: JudgeMark) -> int:
        self.books.forget_all()  # one may have been made from what was undone with the batch
        return self._judge_all(unit, [mark])

    def _judge_all(self, unit: Unit, marks: Sequence[JudgeMark]) -> int:
        now = self.now()
        ledger = AlertLedger(unit, partial(self.desk, now), self.follow_up)
        settled, until = 0, thread_time() + HELD_S
        for mark in marks:
            settled += self._judge(unit, mark, ledger, now)
            if settled and thread_time() > until:
                break  # the others are due still, and come next
        ledger.write()
        return settled

    def desk(self, now: datetime, tenant_id: int) -> Desk:
        """When, and for which tenant → the desk of the judging job."""
        setting = Setting(now, self.base_url, self.tags)
        return Desk(job_actor("judge", tenant_id), setting, self.new_id)

    def _judge(self, unit: Unit, mark: JudgeMark, ledger: AlertLedger, now: datetime) -> int:
        desk = self.desk(now, mark.tenant_id)
        compiled = self.books.book(unit.fhir, desk.permit("read", "CarePlan"), mark.patient_id, now)
        tell_faulty_plan(unit, desk, mark.patient_id, compiled)
        book = compiled.book
        measurement = taken_up(book, mark)
        patient = (mark.tenant_id, mark.patient_id)
        downtime = self.books.downtime(unit.fhir, desk.permit("read", "HealthcareService"))
        told = None
        if has_times(book):
            told = tell_before(unit, ledger, book, downtime, patient, measurement.received, now)
        copied = copy_of(unit.judgements, mark, measurement)
        if copied is not None:
            return int(unit.judgements.settle(mark, now, copied.zone, _ENCODER.encode(copied)))
        neighbours = find_neighbours(unit, mark, measurement, book)
        alerts = ledger.alerts(*patient, everything=bool(neighbours))
        state = State(book, neighbours, alerts, downtime)
        rolls = not is_silent(book, mark.measure) and rolling_of(book, mark.measure) is not None
        record = Record(book, downtime) if rolls else None
        if record is None:
            changes = step(state, measurement, now, told)[1]
        else:
            record.load(neighbours)
            changes = arrive(record, alerts, measurement, now, told)
        verdict = _ENCODER.encode(changes.judgement)
        if not unit.judgements.settle(mark, now, changes.judgement.zone, verdict):
            return 0
        if record is not None:
            self.windows.learn(unit.judgements, mark, book, record.history, now)
        for judgement in changes.rejudged:
            unit.judgements.rejudge(
                mark.tenant_id, judgement.observation, judgement.zone, _ENCODER.encode(judgement)
            )
        if changes.alerts:
            firings = firings_of((changes.judgement, *changes.rejudged))
            ledger.apply(mark.tenant_id, mark.patient_id, changes.alerts, firings)
        return 1

"""What did not come in time, and plans that were not reviewed → alerts, within seconds of the deadline (thresholds.md §5.7, §5.8).

The times of the next two days are planned ahead, spread over the day; at a deadline one statement sees whose value is there, and the
engine judges the others. Each time leaves the table in the transaction of its verdict: restarts catch up, nothing counts twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from hub.flows.alert_ledger import AlertLedger
from hub.flows.fallen_times import tell_fallen
from hub.flows.judge_observations import JudgeObservations
from hub.flows.plan_times import Patient, plan_times
from hub.log import Event, log_failure
from hub.ports import PUT_OFF, DueSlot, Unit
from hub.thresholds.book import Book

PLAN_BATCH: Final = 16
LOOK: Final = 2000
JUDGE_BATCH: Final = 16
"""Patients whose value is not there, in one transaction: short, so that others may write in between."""


@dataclass(frozen=True, slots=True)
class WatchClock:
    """One round: plan for whom it is time, judge what fell due. Shape: books and desks are those of the judging."""

    judge: JudgeObservations

    async def __call__(self) -> None:
        """Until nothing is to be planned or judged. One patient who cannot be judged stops no other (S10)."""
        while await self._round():
            pass

    async def _round(self) -> bool:
        store, now = self.judge.store, self.judge.now()
        waiting, due = await store.read(
            lambda unit: (unit.dues.to_plan(now, PLAN_BATCH), unit.dues.due(now, 1))
        )
        if waiting:
            await self._singly_if_needed(
                [(tenant, patient) for tenant, patient, _ in waiting], self._plan_some
            )
        if due:
            await self._judge_some(now)
        return bool(waiting or due)

    async def _judge_some(self, now: datetime) -> None:
        passed = partial(_pass_filled, now=now)
        patients = await self.judge.store.write(passed, long=True)
        for start in range(0, len(patients), JUDGE_BATCH):
            await self._singly_if_needed(patients[start : start + JUDGE_BATCH], self._fall_due)

    async def _singly_if_needed(self, patients: Sequence[Patient], work: object) -> None:
        """Patients together in one transaction; when that fails each alone, and who fails again waits a minute."""
        assert callable(work)
        store = self.judge.store
        try:
            await store.write(lambda unit: work(unit, patients), long=True)
        except Exception:  # noqa: BLE001 - find the one that fails, let the others through
            for patient in patients:
                await self._alone(patient, work)

    async def _alone(self, patient: Patient, work: object) -> None:
        assert callable(work)
        store = self.judge.store

        def afresh(unit: Unit) -> None:
            self.judge.books.forget_all()
            work(unit, [patient])

        try:
            await store.write(afresh, long=True)
        except Exception as error:  # noqa: BLE001 - as above
            log_failure(Event.CLOCK_FAILED, error, patient=patient[1])
            until = self.judge.now() + PUT_OFF
            await store.write(lambda unit: unit.dues.postpone(*patient, until))

    def _plan_some(self, unit: Unit, patients: Sequence[Patient]) -> None:
        now = self.judge.now()
        due = {(t, p): since for t, p, since in unit.dues.to_plan(now, 10 * PLAN_BATCH)}
        for patient in patients:
            if patient in due:  # another process may have been faster
                plan_times(unit, patient, self._book(unit, patient, now), due[patient], now)

    def _fall_due(self, unit: Unit, patients: Sequence[Patient]) -> None:
        now = self.judge.now()
        ledger = AlertLedger(unit, partial(self.judge.desk, now), self.judge.follow_up)
        wanted = set(patients)
        by_patient: defaultdict[Patient, list[DueSlot]] = defaultdict(list)
        for slot in unit.dues.due(now, LOOK):
            key = (slot.tenant_id, slot.patient_id)
            if key in wanted and not slot.filled:
                by_patient[key].append(slot)
        for patient, slots in by_patient.items():
            permit = self.judge.desk(now, patient[0]).permit("read", "HealthcareService")
            downtime = self.judge.books.downtime(unit.fhir, permit)
            tell_fallen(unit, ledger, self._book(unit, patient, now), downtime, slots, now)
        ledger.write()

    def _book(self, unit: Unit, patient: Patient, now: datetime) -> Book:
        permit = self.judge.desk(now, patient[0]).permit("read", "CarePlan")
        return self.judge.books.book(unit.fhir, permit, patient[1], now).book


def _pass_filled(unit: Unit, *, now: datetime) -> list[Patient]:
    """Times whose value is there for certain → the next ones; → the patients who are left, the longest waiting first."""
    found = unit.dues.due(now, LOOK)
    unit.dues.advance([slot for slot in found if slot.filled])
    return list(dict.fromkeys((s.tenant_id, s.patient_id) for s in found if not s.filled))

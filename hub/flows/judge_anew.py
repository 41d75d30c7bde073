"""A plan that counts from a time that has passed → the values that came since are judged by it.

"Plan in force at the EFFECTIVE time decides, also for late data": what is late here is the plan. A red of last week by limits that
were approved today is a red (S1), and the result is that of the same plan and values in any other order (§8.3).
Source: dho/thresholds.md §2.4, §4.8, §8.1, §8.2, §8.3, §13 S1; docs/adr/0041-a-plan-for-the-past-judges-anew.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.flows.anew import Anew
from hub.flows.left_reds import keep_reds_without_a_plan
from hub.flows.patient_book import Books, of_patient
from hub.log import Event, log
from hub.mapping import urls
from hub.mapping.alert_to_detected_issue import OSLO
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_time import to_start
from hub.mapping.fhir_to_plan import APPROVED, is_plan, request_ids
from hub.policy import Permit
from hub.ports import Job, Judgements, Outbox, Unit, UnitOfWork
from hub.thresholds.spans import shifted

JUDGE_ANEW: Final = "judge_anew"
_ZONES: Final = timedelta(days=1)
"""How much earlier a day begins elsewhere than in Oslo, at most."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The parts of an open transaction that a plan is written in."""

    fhir: Session
    judgements: Judgements
    outbox: Outbox


def ask_anew(doors: Doors, permit: Permit, stored: Stored, resource: Any) -> None:
    """A saved plan, or a part of one → a job when values are there that it judges: approved now, for a time before."""
    patient, tenant = stored.patient_id, permit.filter.tenant_id
    if patient is None or resource is None:
        return
    starts = [_start(plan) for plan in _plans(doors, permit, stored, resource)]
    first = min((start for start in starts if start is not None), default=None)
    if first is None or shifted(first, -_ZONES) > stored.updated:
        return
    if doors.judgements.newest(tenant, patient, shifted(first, -_ZONES)):
        doors.outbox.add(Job(tenant, JUDGE_ANEW, patient), stored.updated)


def _plans(doors: Doors, permit: Permit, stored: Stored, resource: Any) -> list[CarePlan]:
    """What was saved → the plans that judge otherwise by it: itself, or those approved that name it."""
    if isinstance(resource, CarePlan):
        counts = resource.status in APPROVED or resource.status == "entered-in-error"
        return [resource] if counts and is_plan(resource) else []
    ruled = isinstance(resource, ServiceRequest) and extension(resource.extension, urls.RULE)
    if not ruled or stored.patient_id is None:
        return []
    plans = of_patient(doors.fhir, permit, "CarePlan", stored.patient_id)
    return [p for p in plans if is_plan(p) and p.status in APPROVED and stored.id in request_ids(p)]


def _start(plan: CarePlan) -> datetime | None:
    return None if plan.period is None else to_start(plan.period.start, OSLO)


@dataclass(frozen=True, slots=True)
class JudgeAnew:
    """Job: `subject` is the id of the patient. Done twice it changes nothing the second time."""

    store: UnitOfWork
    anew: Anew

    async def __call__(self, job: Job) -> None:
        """A job → verdicts and alerts as the plan has them, in one transaction with the end of the job."""
        await self.store.write(lambda unit: self._judge(unit, job), long=True)

    def _judge(self, unit: Unit, job: Job) -> None:
        found, changed = self.anew.judge(
            unit, job.tenant_id, job.subject, Books(), keep_reds_without_a_plan
        )
        if found.differences:
            log(Event.JUDGED_ANEW, values=len(found.differences), alerts=changed)
        unit.outbox.done(job)

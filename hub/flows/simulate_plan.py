"""A patient's real history under a draft of a plan → what would have fired, beside what fires today. Nothing is stored.

Source: dho/thresholds.md §8.3, §2.4; dho/requirements.md on the tuning of limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.flows.mark_for_judging import read_measurement
from hub.flows.patient_book import Books, of_patient
from hub.mapping import urls
from hub.mapping.fhir_parts import identifier_value, target
from hub.mapping.fhir_to_plan import check_plan_resources, is_plan, read_plan
from hub.policy import Permit
from hub.policy.action import Interaction
from hub.ports import Unit
from hub.problems import HubError, ProblemCode, fail
from hub.thresholds.book import Book, plans_in_force
from hub.thresholds.measurement import Measurement
from hub.thresholds.plan import PlanVersion
from hub.thresholds.plan_check import validate_plan
from hub.thresholds.simulate import Simulation, draft_book, needed_since, simulate
from hub.thresholds.spans import Span, after, at_local, before, local_time, parse_span

MOST_VALUES: Final = 200_000
"""More values of one patient are not replayed at once."""
_AHEAD: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that is not in force. Shape: `replaces` are the ids of the plans it is to stand for."""

    plan: PlanVersion
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One patient in one transaction, as somebody may see it."""

    unit: Unit
    permit: Callable[[Interaction, str], Permit]
    patient_id: str
    now: datetime

    def book(self) -> Book:
        """Nothing → the book the patient is judged by today. Problems: NOT_FOUND."""
        permit = self.permit("read", "Patient")
        stored = self.unit.fhir.load(permit, "Patient", self.patient_id)
        if stored is None or stored.deleted:
            raise fail(ProblemCode.NOT_FOUND, "There is no such patient", "Patient")
        return Books().book(self.unit.fhir, permit, self.patient_id, self.now).book

    def of_patient(self, kind: str) -> Sequence[Any]:
        """A type → the patient's resources of it."""
        return of_patient(self.unit.fhir, self.permit("read", kind), kind, self.patient_id)


@dataclass(frozen=True, slots=True)
class Replay:
    """What was found, with the books and the newest version of every value, for those who draw it."""

    simulation: Simulation
    current: Book
    draft: Book
    values: Mapping[str, Measurement]


def time_looked_at(
    period: str, until: date | None, now: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """How far back (`P1M`), the last day (None = until now) and the patient's calendar → start and end (excluded).

    Problems: BAD_PARAMETER when the period cannot be read, or the day lies more than a year ahead.
    """
    if until is not None and until > local_time(now, zone).date() + _AHEAD:
        text = "The last day lies more than a year ahead: nothing was measured then"
        raise fail(ProblemCode.BAD_PARAMETER, text, "until")
    span = parse_span(period)
    if span is None or span == Span():
        raise fail(ProblemCode.BAD_PARAMETER, "The period is written as P1M or P14D", "period")
    end = now if until is None else after(at_local(until, time(), zone), Span(days=1), zone)
    return before(end, span, zone), end


def checked_draft(plan: PlanVersion) -> Draft:
    """A plan version → the draft. Problems: every fault of it (§2.3)."""
    if faults := validate_plan(plan):
        raise HubError(*faults)
    return Draft(plan)


def resources_draft(resources: Iterable[Any], book: Book) -> Draft:
    """A CarePlan with its ServiceRequests, whatever its status → the draft.

    Problems: BAD_VALUE when there is not exactly one self-care plan; every fault of the plan.
    """
    found = list(resources)
    plans = [r for r in found if isinstance(r, CarePlan) and is_plan(r)]
    if len(plans) != 1:
        text = "Exactly one self-care plan with limits (CarePlan) is needed"
        raise fail(ProblemCode.BAD_VALUE, text, "CarePlan")
    requests = {r.id or "": r for r in found if isinstance(r, ServiceRequest)}
    faults = check_plan_resources(plans[0], requests, zone=book.zone)
    read = read_plan(plans[0], requests, book.zone)
    if faults or read.value is None:
        raise HubError(*(faults or read.problems))
    return Draft(read.value)


def standing_for(draft: Draft, book: Book, at: datetime) -> Draft:
    """A draft that names nothing it replaces → the same, in the place of the plans in force at an instant."""
    if draft.replaces or any(plan.id == draft.plan.id for plan in book.plans):
        return draft
    return Draft(draft.plan, tuple(plan.id for plan in plans_in_force(book.plans, at)))


def stored_draft(reading: Reading, plan_id: str, book: Book) -> Draft:
    """The id of a CarePlan of this patient → the draft, with the plans it replaces.

    Problems: NOT_FOUND; as `resources_draft`.
    """
    plans = {plan.id: plan for plan in reading.of_patient("CarePlan")}
    plan = plans.get(plan_id)
    if plan is None:
        raise fail(ProblemCode.NOT_FOUND, "The patient has no such CarePlan", "CarePlan")
    draft = resources_draft([plan, *reading.of_patient("ServiceRequest")], book)
    named = (target(each) for each in plan.replaces)
    replaced = [plans[found[1]] for found in named if found is not None and found[1] in plans]
    ids = (identifier_value(p.identifier, urls.PLAN_IDS) or p.id or "" for p in replaced)
    return Draft(draft.plan, tuple(ids))


def replay(reading: Reading, book: Book, draft: Draft, start: datetime, end: datetime) -> Replay:
    """A patient, its book and a draft → both plans over the values with start ≤ effective < end.

    Problems: TOO_COSTLY when the patient has more values than are replayed at once.
    """
    unit, permit = reading.unit, reading.permit("read", "ObservationDefinition")
    limits = Books().limits(unit.fhir, permit)
    downtime = Books().downtime(unit.fhir, reading.permit("read", "HealthcareService"))
    drafted = draft_book(book, draft.plan, draft.replaces, limits, start)
    measures = {name for e in (*book.entries, *drafted.entries) for name in e.triggers}
    since = needed_since((book, drafted), measures, start)
    tenant = permit.filter.tenant_id
    marks = unit.judgements.since(tenant, reading.patient_id, since)
    if len(marks) > MOST_VALUES:
        text = f"The patient has more than {MOST_VALUES} values"
        raise fail(ProblemCode.TOO_COSTLY, text, "patient")
    log = [read_measurement(mark.input) for mark in marks]
    return Replay(simulate(book, drafted, log, downtime, start, end), book, drafted, newest(log))


def newest(log: Iterable[Measurement]) -> dict[str, Measurement]:
    """Observation versions → the newest of each observation by its id."""
    return {m.id: m for m in sorted(log, key=lambda m: m.version)}

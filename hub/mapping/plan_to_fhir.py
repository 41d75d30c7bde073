"""A plan version → CarePlan, one ServiceRequest per measure or form, and a CarePlan with its Condition per zone.

Source: architecture D6; fhir-no/careplan-dbep.md model B v2, vkp-dho.md (CarePlan category 2); dho/thresholds.md §2.4, §12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.care_plan import CarePlan, CarePlanActivity, CarePlanActivityDetail
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import (
    CodeableConcept,
    Coding,
    Extension,
    Identifier,
    Meta,
    Period,
    Reference,
    Timing,
    TimingRepeat,
)
from hub.fhir.models.r4.goal import Goal
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping import urls
from hub.mapping.fhir_parts import concept, reference
from hub.mapping.fhir_time import to_fhir_time
from hub.mapping.measure_codes import codes_to_emit
from hub.mapping.plan_text import Day, PlanText, Schedule, ZoneText
from hub.mapping.rule_to_extension import rule_to_extension, to_approver
from hub.thresholds.measures import name_of
from hub.thresholds.plan import PlanVersion, Rule

_OSLO: Final = ZoneInfo("Europe/Oslo")
_ZONE_NAMES: Final = {"green": "grønn", "yellow": "gul", "red": "rød"}
_DAYS: Final[tuple[Day, ...]] = get_args(Day)
PlanStatus = Literal["draft", "active", "on-hold", "revoked", "completed"]


@dataclass(frozen=True, slots=True)
class PlanResources:
    """One plan version as resources that are stored together. Shape: every one has its id."""

    goals: tuple[Goal, ...]
    requests: tuple[ServiceRequest, ...]
    care_plan: CarePlan
    zone_conditions: tuple[Condition, ...]
    zone_plans: tuple[CarePlan, ...]

    @property
    def all(self) -> tuple[Goal | ServiceRequest | CarePlan | Condition, ...]:
        """All of them, in storing order."""
        return (
            *self.goals,
            *self.requests,
            self.care_plan,
            *self.zone_conditions,
            *self.zone_plans,
        )


def plan_to_fhir(
    plan: PlanVersion,
    patient_id: str,
    *,
    new_id: Callable[[], str],
    text: PlanText | None = None,
    status: PlanStatus = "active",
    replaces: str | None = None,
    zone: tzinfo = _OSLO,
) -> PlanResources:
    """A plan version of this patient → its resources.

    Shape: `replaces` is the CarePlan id of the version before. Rules that name no measure stand on the CarePlan itself.
    """
    words = text or PlanText()
    subject, plan_id = reference("Patient", patient_id), new_id()
    goals = tuple(_goal(each, subject, new_id()) for each in words.goals)
    schedules = {**_schedules(plan), **words.schedules}
    carried: dict[str | None, list[Extension]] = {measure: [] for measure in words.schedules}
    for sequence, rule in enumerate(plan.rules, start=1):
        extension = rule_to_extension(rule, sequence)
        carried.setdefault(measure_of(rule), []).append(extension)
    unfiled = carried.pop(None, [])
    requests = tuple(
        _request(measure, rules, schedules.get(measure), subject, plan_id, new_id())
        for measure, rules in carried.items()
        if measure is not None
    )
    care_plan = CarePlan(
        id=plan_id,
        meta=Meta(profile=(urls.PLAN_PROFILE,)),
        extension=(_version_extension(plan, zone), *unfiled),
        identifier=(Identifier(system=urls.PLAN_IDS, value=plan.id),),
        replaces=() if replaces is None else (reference("CarePlan", replaces),),
        status=status,
        intent="plan",
        category=(concept(urls.VKP_CARE_PLAN_CATEGORY, "2", "egenbehandlingsplan"),),
        title=words.title or None,
        description=words.matters or None,
        subject=subject,
        period=_period(plan, zone),
        goal=tuple(reference("Goal", each.id or "") for each in goals),
        activity=tuple(_activity(each) for each in requests),
    )
    zones = [_zone(each, plan_id, subject, new_id) for each in words.zones]
    conditions, plans = tuple(c for c, _ in zones), tuple(p for _, p in zones)
    return PlanResources(goals, requests, care_plan, conditions, plans)


def _schedules(plan: PlanVersion) -> dict[str, Schedule]:
    """The times at which a rule of kind `missing` expects a value: they are the schedule, too (§5.7)."""
    return {
        rule.measure: Schedule(rule.times, tuple(day for day in _DAYS if day in rule.days))
        for rule in plan.rules
        if rule.kind == "missing" and rule.measure and rule.times
    }


def _period(plan: PlanVersion, zone: tzinfo) -> Period:
    end = None if plan.valid_to is None else to_fhir_time(plan.valid_to, zone)
    return Period(start=to_fhir_time(plan.valid_from, zone), end=end)


def _activity(request: ServiceRequest) -> CarePlanActivity:
    return CarePlanActivity(reference=reference("ServiceRequest", request.id or ""))


def measure_of(rule: Rule) -> str | None:
    """A rule → the measure it is filed under, None where it covers no single one."""
    if rule.kind == "composite_bp":
        return "bp"
    if rule.form is not None:
        return f"form:{rule.form}"
    return rule.measure or rule.score


def _version_extension(plan: PlanVersion, zone: tzinfo) -> Extension:
    parts = [
        Extension(url="version", valueInteger=plan.version),
        Extension(url="mode", valueCode=plan.mode),
        Extension(url="safetyNet", valueBoolean=plan.safety_net),
    ]
    if plan.last_review is not None:
        parts.append(Extension(url="lastReview", valueDate=plan.last_review.isoformat()))
    if plan.review_interval is not None:
        parts.append(Extension(url="reviewInterval", valueString=plan.review_interval))
    if plan.approved_by is not None:
        parts.append(Extension(url="approvedBy", valueReference=to_approver(plan.approved_by)))
    if plan.approved_at is not None:
        at = to_fhir_time(plan.approved_at, zone)
        parts.append(Extension(url="approvedAt", valueDateTime=at))
    return Extension(url=urls.PLAN_VERSION, extension=tuple(parts))


def measure_concept(measure: str) -> CodeableConcept:
    """A measure key → CodeableConcept with every public code of it and our own key."""
    codings = tuple(Coding(system=system, code=code) for system, code in codes_to_emit(measure))
    return CodeableConcept(coding=codings, text=name_of(measure))


def _request(
    measure: str,
    rules: Iterable[Extension],
    schedule: Schedule | None,
    subject: Reference,
    plan_id: str,
    request_id: str,
) -> ServiceRequest:
    return ServiceRequest(
        id=request_id,
        meta=Meta(profile=(urls.MEASURE_REQUEST_PROFILE,)),
        extension=tuple(rules),
        basedOn=(reference("CarePlan", plan_id),),
        status="active",
        intent="plan",
        code=measure_concept(measure),
        subject=subject,
        occurrenceTiming=None if schedule is None else _timing(schedule),
    )


def _timing(schedule: Schedule) -> Timing:
    return Timing(
        repeat=TimingRepeat(
            frequency=max(len(schedule.times), 1),
            period=Decimal(1),
            periodUnit="d",
            dayOfWeek=tuple(day for day in _DAYS if day in schedule.days),
            timeOfDay=tuple(f"{each}:00" for each in schedule.times),
        )
    )


def _goal(text: str, subject: Reference, goal_id: str) -> Goal:
    return Goal(
        id=goal_id,
        lifecycleStatus="active",
        description=CodeableConcept(text=text),
        subject=subject,
    )


def _zone(
    text: ZoneText, plan_id: str, subject: Reference, new_id: Callable[[], str]
) -> tuple[Condition, CarePlan]:
    """One colour → the Condition that says how it feels, and the CarePlan that says what to do (model B v2)."""
    name = _ZONE_NAMES[text.zone]
    condition = Condition(
        id=new_id(),
        clinicalStatus=concept(
            "http://terminology.hl7.org/CodeSystem/condition-clinical", "active"
        ),
        severity=concept(urls.PLANER_ZONE_CODES, text.zone, f"{name.capitalize()} sone"),
        code=CodeableConcept(text=text.symptom),
        subject=subject,
    )
    care_plan = CarePlan(
        id=new_id(),
        meta=Meta(profile=(urls.ZONE_PLAN_PROFILE, urls.PLANER_ZONE_PLAN)),
        extension=(Extension(url=urls.ZONE, valueCode=text.zone),),
        partOf=(reference("CarePlan", plan_id),),
        status="active",
        intent="plan",
        title=f"Tiltak - {name} sone",
        subject=subject,
        addresses=(reference("Condition", condition.id or ""),),
        activity=(
            CarePlanActivity(
                detail=CarePlanActivityDetail(status="not-started", description=text.action)
            ),
        ),
    )
    return condition, care_plan

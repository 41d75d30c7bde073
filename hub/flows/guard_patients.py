"""A patient who is followed up is not deleted: what waits to be judged, taken or told would have nobody left that it is about.

Source: architecture §2, promise 1 ("every red ends in a recorded human act"); dho/thresholds.md §7; docs/adr/0053-a-followed-patient-is-not-deleted.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.repository import Session
from hub.flows.patient_book import of_patient
from hub.mapping.fhir_to_plan import APPROVED, is_plan, plans_of
from hub.policy import Permit
from hub.ports import Alerts, Judgements
from hub.problems import HubError, Problem, ProblemCode

_WHERE: Final = "Patient"


@dataclass(frozen=True, slots=True)
class Known:
    """The parts of an open transaction that know how a patient is followed up."""

    fhir: Session
    alerts: Alerts
    judgements: Judgements


def guard_patient(known: Known, permit: Permit, patient_id: str, now: datetime) -> None:
    """A patient that is about to be deleted, inside the transaction → nothing when it may be.

    Shape: `permit` is that of the hub's own job, since who deletes need not see plans.
    Problems: BUSINESS_RULE, one for each thing that is to be ended first.
    """
    problems = tuple(
        Problem(ProblemCode.BUSINESS_RULE, text, _WHERE)
        for text in _reasons(known, permit, patient_id, now)
    )
    if problems:
        raise HubError(*problems)


def _reasons(known: Known, permit: Permit, patient_id: str, now: datetime) -> Iterator[str]:
    tenant = permit.filter.tenant_id
    rows = known.alerts.of_patient(tenant, patient_id, everything=False)
    if still := [f"DetectedIssue/{row.issue_id}" for row in rows if row.open]:
        yield f"The patient has alerts that are open; close them first: {', '.join(sorted(still))}"
    if known.judgements.waits(tenant, patient_id):
        yield "Values of the patient wait to be judged; try again in a moment"
    plans: list[CarePlan] = of_patient(known.fhir, permit, "CarePlan", patient_id)
    if going := [f"CarePlan/{plan.id}" for plan in plans if _goes_on(plan, now)]:
        yield f"The patient has a self-care plan that goes on; end it first (period.end): {', '.join(sorted(going))}"


def _goes_on(plan: CarePlan, now: datetime) -> bool:
    """A CarePlan → whether it is, or will be, judged by; one that cannot be read counts as going on."""
    if not is_plan(plan) or plan.status not in APPROVED:
        return False
    read = plans_of((plan,), {}).value
    return not read or any(each.valid_to is None or each.valid_to > now for each in read)

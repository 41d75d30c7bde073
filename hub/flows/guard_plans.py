"""Plans and limits at the door: what cannot be judged by is refused, and an approved version never changes.

A plan that is wrong must not be found out by a red that stays away (promise 1).
Source: dho/thresholds.md §2.3, §2.4; architecture D6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.flows.former_version import former_version
from hub.flows.patient_book import of_patient
from hub.mapping import urls
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_to_plan import (
    APPROVED,
    SETTLED,
    check_plan_resources,
    is_plan,
    request_ids,
)
from hub.mapping.plan_change import check_plan_change, check_request_change
from hub.policy import Permit
from hub.problems import HubError, Problem, ProblemCode

GUARDED: Final = ("CarePlan", "ServiceRequest", "ObservationDefinition")
"""The types that carry rules."""


def guard_plan(session: Session, permit: Permit, stored: Stored, resource: Any) -> None:
    """A save of a guarded type (None = deleted), inside its transaction → nothing when it may stand.

    Shape: a CarePlan is checked without its requests, which may come after it in any order; what is wrong with them
    together is told by a Task when it is judged by.
    Problems: BUSINESS_RULE, NOT_SUPPORTED.
    """
    former = former_version(session, permit, stored)
    problems: Sequence[Problem] = () if resource is None else check_plan_resources(resource)
    if not problems and former is not None:
        problems = _check_change(session, permit, stored, former, resource)
    if problems:
        raise HubError(*problems)


def _check_change(
    session: Session, permit: Permit, stored: Stored, former: Any, resource: Any
) -> Sequence[Problem]:
    if isinstance(former, CarePlan):
        if resource is not None:
            return check_plan_change(former, resource)
        approved = is_plan(former) and former.status in APPROVED
        return (_kept("CarePlan"),) if approved else ()
    if isinstance(former, ServiceRequest):
        if resource is not None:
            problems = check_request_change(former, resource)
        else:
            ruled = extension(former.extension, urls.RULE) is not None
            problems = (_kept("ServiceRequest"),) if ruled else ()
        # Only a request that an approved plan judges by is approved itself
        return problems if problems and _is_settled(session, permit, stored) else ()
    return ()


def _is_settled(session: Session, permit: Permit, request: Stored) -> bool:
    """Whether a version that never changes judges by it; one that is marked as a mistake may be taken back."""
    if request.patient_id is None:
        return False
    plans = of_patient(session, permit, "CarePlan", request.patient_id)
    return any(is_plan(p) and p.status in SETTLED and request.id in request_ids(p) for p in plans)


def _kept(kind: str) -> Problem:
    text = "En godkjent planversjon kan ikke slettes. Avslutt den (period.end), eller merk den som feilført. En feilført plan slettes før målingene i den."
    return Problem(ProblemCode.BUSINESS_RULE, text, kind)

"""What is wrong with a self-care plan as a resource, whatever its rules say: links that nobody can follow, no end, one version twice.

A rule that is not found is a red that stays away, so what would be passed over is refused (promise 1).
Source: architecture D6; dho/thresholds.md §2.3, §2.4, §13 S8; FHIR R4 references.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, Final

from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping import urls
from hub.mapping.fhir_parts import extension, target
from hub.problems import Problem, ProblemCode
from hub.thresholds.plan import PlanVersion

_OVER: Final = frozenset({"completed", "revoked"})
_REQUEST: Final = "ServiceRequest"


def check_shape(care_plan: CarePlan) -> tuple[Problem, ...]:
    """A self-care plan → an end that it lacks, and activities that lead to no measure by a way that is followed.

    Problems: BUSINESS_RULE.
    """
    problems: list[Problem] = []
    if care_plan.status in _OVER and not (care_plan.period and care_plan.period.end):
        text = "En avsluttet plan må ha en sluttdato (period.end), ellers gjelder den fortsatt."
        problems.append(Problem(ProblemCode.BUSINESS_RULE, text, "CarePlan.period.end"))
    held: tuple[Any, ...] = care_plan.contained
    others = {each.id for each in held if not isinstance(each, ServiceRequest)}
    for index, activity in enumerate(care_plan.activity):
        if activity.reference is not None and _leads_nowhere(activity.reference, others):
            text = (
                "Planen må vise til målingen med referansen ServiceRequest/[id]. Innebygde målinger (contained) og"
                " referanser med bare identifikator blir ikke fulgt, og grensene i dem ville ikke gjelde."
            )
            where = f"CarePlan.activity[{index}].reference"
            problems.append(Problem(ProblemCode.BUSINESS_RULE, text, where))
    return tuple(problems)


def _leads_nowhere(reference: Reference, others: Iterable[str | None]) -> bool:
    """A link of an activity, and the ids of what is contained and no measure → whether it may mean one that is not found so."""
    if target(reference) is not None:
        return False
    if reference.reference is not None:
        return reference.reference.removeprefix("#") not in others
    return reference.identifier is not None and reference.type in (None, _REQUEST)


def check_nameless(care_plan: CarePlan) -> tuple[Problem, ...]:
    """A CarePlan that is no self-care plan → what says that it was meant as one: limits, or the version of a plan.

    Shape: a zone of a plan (`partOf`) is none.
    Problems: BUSINESS_RULE.
    """
    meant = any(extension(care_plan.extension, url) for url in (urls.PLAN_VERSION, urls.RULE))
    if care_plan.partOf or not meant:
        return ()
    text = (
        "Planen har grenser, men gjelder ikke som egenbehandlingsplan: den må ha kategorien 2 fra"
        f" {urls.VKP_CARE_PLAN_CATEGORY} og versjonsopplysninger (dho-plan-version)."
    )
    return (Problem(ProblemCode.BUSINESS_RULE, text, "CarePlan.category"),)


def said_twice(plans: Sequence[PlanVersion]) -> tuple[Problem, ...]:
    """The approved versions of a patient → those that are there twice, for the same time, and say different things (§2.4).

    Problems: BUSINESS_RULE.
    """
    twice = {
        (one.id, one.version)
        for one, other in combinations(plans, 2)
        if (one.id, one.version) == (other.id, other.version)
        if one != other and _meet(one, other)
    }
    return tuple(
        Problem(
            ProblemCode.BUSINESS_RULE,
            f"Versjon {version} av planen {name} finnes to ganger, og de sier ikke det samme. Til det er rettet gjelder begge.",
            "CarePlan",
        )
        for name, version in sorted(twice)
    )


def _meet(one: PlanVersion, other: PlanVersion) -> bool:
    return all(
        a.valid_to is None or b.valid_from < a.valid_to for a, b in ((one, other), (other, one))
    )

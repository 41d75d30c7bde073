"""CarePlan with its ServiceRequests → the plan version the engine judges by; and the checks at the door.

Source: architecture D6; dho/thresholds.md §2.3, §2.4; fhir-no/careplan-dbep.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.datatypes import Extension
from hub.fhir.models.r4.observation_definition import ObservationDefinition
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping import urls
from hub.mapping.extension_fields import (
    FieldError,
    Reader,
    boolean_of,
    from_approver,
    integer_of,
    read_field,
    text_of,
)
from hub.mapping.extension_to_rule import read_rules
from hub.mapping.fhir_parts import extension, extensions, has_code, identifier_value, target
from hub.mapping.fhir_time import to_day, to_end, to_instant, to_start
from hub.mapping.plan_shape import check_nameless, check_shape, said_twice
from hub.problems import Problem, ProblemCode, Translation
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.plan_check import validate_plan, validate_rules

_OSLO: Final = ZoneInfo("Europe/Oslo")
APPROVED: Final = frozenset({"active", "on-hold", "completed", "revoked"})
"""CarePlan statuses of versions that were approved: they count at their time, also when over (§4.8)."""
SETTLED: Final = APPROVED | {"entered-in-error"}
"""Those of versions that never change: approved ones, and mistakes."""
_DURATION: Final = re.compile(r"P(?!\Z)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+W)?(?:[0-9]+D)?")
_VERSION: Final = f"CarePlan.extension('{urls.PLAN_VERSION}')"


def is_plan(care_plan: CarePlan) -> bool:
    """A CarePlan → whether it is a self-care plan with limits: category 2, no zone plan, with our version extension."""
    return (
        not care_plan.partOf
        and has_code(care_plan.category, urls.VKP_CARE_PLAN_CATEGORY, "2")
        and extension(care_plan.extension, urls.PLAN_VERSION) is not None
    )


def request_ids(care_plan: CarePlan) -> tuple[str, ...]:
    """A CarePlan → the ids of the ServiceRequests its activities point to, in order."""
    found = (target(activity.reference) for activity in care_plan.activity)
    return tuple(each[1] for each in found if each is not None and each[0] == "ServiceRequest")


def fhir_to_plan(
    care_plan: CarePlan, requests: Mapping[str, ServiceRequest], *, zone: tzinfo = _OSLO
) -> Translation[PlanVersion | None]:
    """A CarePlan and its ServiceRequests by id → the plan version; None when the CarePlan is no approved plan.

    Shape: drafts and mistakes (draft, unknown, entered-in-error) give None, as do zone plans and plans without our
    version extension; a completed plan still counts for values of its time (§4.8). A `period.end` given as a time is
    exclusive, as a day inclusive.
    Problems: BUSINESS_RULE, NOT_FOUND for a request that is not there; what can be read still judges (S10).
    """
    if not is_plan(care_plan) or care_plan.status not in APPROVED:
        return Translation(None)
    return read_plan(care_plan, requests, zone)


def check_plan_resources(
    resource: CarePlan | ServiceRequest | ObservationDefinition,
    requests: Mapping[str, ServiceRequest] | None = None,
    *,
    zone: tzinfo = _OSLO,
) -> tuple[Problem, ...]:
    """A resource that is about to be stored → why it must be refused (422), in words for a nurse; nothing when it is well.

    Shape: `requests` are the ServiceRequests of a CarePlan by id, None when they are not at hand: then the CarePlan's
    own fields are checked alone.
    Problems: BUSINESS_RULE, NOT_SUPPORTED, NOT_FOUND.
    """
    if isinstance(resource, CarePlan):
        return _check_care_plan(resource, requests, zone)
    kind = "ServiceRequest" if isinstance(resource, ServiceRequest) else "ObservationDefinition"
    found = read_rules([(resource.extension, kind)])
    return (*found.problems, *_located(validate_rules([r for _, r in found.value]), found.value))


def _check_care_plan(
    care_plan: CarePlan, requests: Mapping[str, ServiceRequest] | None, zone: tzinfo
) -> tuple[Problem, ...]:
    if care_plan.status == "entered-in-error":
        return ()
    if not is_plan(care_plan):
        return check_nameless(care_plan)
    return _faults(care_plan, requests, read_plan(care_plan, requests, zone))


def _faults(
    care_plan: CarePlan,
    requests: Mapping[str, ServiceRequest] | None,
    read: Translation[PlanVersion | None],
) -> tuple[Problem, ...]:
    """A plan's CarePlan and what was read of it → what is wrong with it."""
    problems = [*check_shape(care_plan), *read.problems]
    if read.value is not None:
        faults = validate_plan(read.value)
        if faults:
            problems += _located(faults, _rules(care_plan, requests or {}).value)
    if care_plan.status in APPROVED and read.value is not None and not read.value.approved_by:
        text = (
            "Planen er ikke godkjent: den må ha en godkjenner (approvedBy) før den kan tas i bruk."
        )
        problems.append(Problem(ProblemCode.BUSINESS_RULE, text, _VERSION))
    return tuple(problems)


def _located(problems: Sequence[Problem], rules: Sequence[tuple[str, Rule]]) -> tuple[Problem, ...]:
    """Problems of the engine, which names rules by id → the same with the FHIRPath of the rule."""
    places = {rule.id: where for where, rule in rules}
    return tuple(
        Problem(each.code, each.detail, places.get(each.where, "CarePlan"), each.where)
        for each in problems
    )


def _rules(
    care_plan: CarePlan, requests: Mapping[str, ServiceRequest]
) -> Translation[tuple[tuple[str, Rule], ...]]:
    carriers = [(care_plan.extension, "CarePlan")]
    for each in request_ids(care_plan):
        request = requests.get(each)
        if request is not None:
            carriers.append((request.extension, f"ServiceRequest/{each}"))
    return read_rules(carriers)


def read_plan(
    care_plan: CarePlan, requests: Mapping[str, ServiceRequest] | None, zone: tzinfo
) -> Translation[PlanVersion | None]:
    """A plan's CarePlan, whatever its status, with its requests where at hand → the plan version as far as it can be read.

    Problems: BUSINESS_RULE.
    """
    problems: list[Problem] = []
    rules = _rules(care_plan, requests or {})
    problems += rules.problems
    if requests is not None:
        problems += _missing(care_plan, requests)
    version = _version_fields(care_plan)
    problems += version.problems
    start = to_start(care_plan.period.start, zone) if care_plan.period else None
    if start is None:
        text = "Planen mangler dato den gjelder fra (period.start)."
        problems.append(Problem(ProblemCode.BUSINESS_RULE, text, "CarePlan.period.start"))
    if start is None or "version" not in version.value:
        return Translation(None, problems)
    plan = PlanVersion(
        id=identifier_value(care_plan.identifier, urls.PLAN_IDS) or care_plan.id or "",
        valid_from=start,
        valid_to=to_end(care_plan.period.end, zone) if care_plan.period else None,
        rules=tuple(rule for _, rule in rules.value),
        **version.value,
    )
    return Translation(plan, problems)


def _missing(care_plan: CarePlan, requests: Mapping[str, ServiceRequest]) -> Iterable[Problem]:
    for index, activity in enumerate(care_plan.activity):
        found = target(activity.reference)
        where = f"CarePlan.activity[{index}].reference"
        if found is not None and found[0] == "ServiceRequest" and found[1] not in requests:
            text = "Planen viser til en måling (ServiceRequest) som ikke finnes."
            yield Problem(ProblemCode.BUSINESS_RULE, text, where)


def _mode(part: Extension) -> str:
    if part.valueCode not in ("active", "observe"):
        raise FieldError("må være active eller observe")
    return part.valueCode


def _day(part: Extension) -> date:
    day = to_day(part.valueDate)
    if day is None:
        raise FieldError("mangler dato")
    return day


def _interval(part: Extension) -> str:
    text = text_of(part)
    if not _DURATION.fullmatch(text):
        raise FieldError("må være en varighet som P3M")
    return text


def _moment(part: Extension) -> datetime:
    at = to_instant(part.valueDateTime, _OSLO) or to_start(part.valueDateTime, _OSLO)
    if at is None:
        raise FieldError("mangler tidspunkt")
    return at


_FIELDS: Final[dict[str, Reader]] = {
    "version": integer_of,
    "mode": _mode,
    "safetyNet": boolean_of,
    "lastReview": _day,
    "reviewInterval": _interval,
    "approvedBy": from_approver,
    "approvedAt": _moment,
}
_NAMES: Final = {
    "safetyNet": "safety_net",
    "lastReview": "last_review",
    "reviewInterval": "review_interval",
    "approvedBy": "approved_by",
    "approvedAt": "approved_at",
}


def _version_fields(care_plan: CarePlan) -> Translation[dict[str, Any]]:
    """The version extension → fields of PlanVersion, and what is wrong with them."""
    fields: dict[str, Any] = {}
    faults: list[str] = []
    carriers = list(extensions(care_plan.extension, urls.PLAN_VERSION))
    for part in carriers[0].extension if carriers else ():
        try:
            read_field(part, _FIELDS, fields)
        except FieldError as fault:
            faults.append(f"Planen: {part.url[:60]} {fault}.")
    if len(carriers) > 1:
        faults.append("Planen har flere versjonsopplysninger.")
    if "version" not in fields:
        faults.append("Planen mangler versjonsnummer (version).")
    return Translation(
        {_NAMES.get(name, name): value for name, value in fields.items()},
        [Problem(ProblemCode.BUSINESS_RULE, text, _VERSION) for text in faults],
    )


def plans_of(
    care_plans: Iterable[CarePlan],
    requests: Mapping[str, ServiceRequest],
    *,
    zone: tzinfo = _OSLO,
) -> Translation[tuple[PlanVersion, ...]]:
    """All CarePlans of a patient and their ServiceRequests by id → every approved plan version, as far as it can be read.

    Problems: what `check_plan_resources` finds wrong with each plan; one bad plan does not stop the others (S10).
    """
    plans: list[PlanVersion] = []
    problems: list[Problem] = []
    for each in care_plans:
        if is_plan(each) and each.status in APPROVED:
            read = read_plan(each, requests, zone)
            plans += () if read.value is None else (read.value,)
            problems += _faults(each, requests, read)
    return Translation(tuple(plans), (*problems, *said_twice(plans)))

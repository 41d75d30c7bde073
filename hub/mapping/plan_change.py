"""Approved plan versions never change: what may be done to their resources.

Source: architecture D6; dho/thresholds.md §2.4.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping import urls
from hub.mapping.fhir_parts import extensions
from hub.mapping.fhir_to_plan import SETTLED, is_plan, read_plan, request_ids
from hub.problems import Problem, ProblemCode

_OSLO: Final = ZoneInfo("Europe/Oslo")


def check_plan_change(old: CarePlan, new: CarePlan, *, zone: tzinfo = _OSLO) -> tuple[Problem, ...]:
    """A stored CarePlan and its next version → why the change must be refused.

    An approved plan version may be ended (status, period.end), annotated and marked as a mistake; what it judges by may not
    change: that takes a new version (§2.4). Nor does it become a draft again, or a mistake another plan: it would be changed, and
    approved once more under the same version.
    Problems: BUSINESS_RULE.
    """
    if not is_plan(old) or old.status not in SETTLED:
        return ()
    if new.status not in SETTLED:
        return (_frozen("CarePlan.status"),)
    before, after = read_plan(old, None, zone).value, read_plan(new, None, zone).value
    if before is not None and after is not None:
        same = msgspec.structs.replace(after, valid_to=before.valid_to) == before
        if same and request_ids(old) == request_ids(new) and is_plan(new):
            return ()
    elif new.status == "entered-in-error":
        return ()
    return (_frozen("CarePlan"),)


def check_request_change(old: ServiceRequest, new: ServiceRequest) -> tuple[Problem, ...]:
    """A stored ServiceRequest that an approved plan judges by, and its next version → why the change must be refused.

    Shape: whatever its own status; the plan's rules are the rules of all its requests.
    Problems: BUSINESS_RULE.
    """
    before = tuple(extensions(old.extension, urls.RULE))
    if before == tuple(extensions(new.extension, urls.RULE)):
        return ()
    return (_frozen("ServiceRequest"),)


def _frozen(kind: str) -> Problem:
    text = "En godkjent planversjon kan ikke endres. Lag en ny versjon av planen."
    return Problem(ProblemCode.BUSINESS_RULE, text, kind)

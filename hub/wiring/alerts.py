"""What the FHIR interactions ask of alerts, composed: steps of people and explanations, in the session that is open."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

import msgspec

from hub.fhir.interactions.alert_steps import AskedStep
from hub.fhir.interactions.explain import Explained
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.policy import Permit
from hub.problems import ProblemCode, fail
from hub.store.unit import StoreUnit
from hub.wiring.late import LateWork

if TYPE_CHECKING:
    from hub.store.resources import ResourceSession
    from hub.values import Language


def take_step(
    late: LateWork, session: Session, permit: Permit, stored: Stored, step: AskedStep
) -> Stored:
    """A step that a person asks for → the DetectedIssue after it. Problems: BUSINESS_RULE, NOT_SUPPORTED."""
    own = cast("ResourceSession", session)  # the repository above is this store's
    return late.now().people(own, permit, step.at).asked(permit, stored, step)


def explain(session: Session, permit: Permit, issue: str, lang: str, now: datetime) -> Explained:
    """The id of a DetectedIssue and a language → what $explain tells. Problems: NOT_SUPPORTED."""
    from hub.flows.explain_alert import explain_alert  # noqa: PLC0415 - most requests explain nothing
    from hub.flows.explain_text import render_differences, render_text, to_document  # noqa: PLC0415 - as above

    unit = StoreUnit(cast("ResourceSession", session).connection, {})
    found = explain_alert(unit, permit.filter.tenant_id, issue, now)
    if found is None:
        text = "This DetectedIssue is no alert of the hub"
        raise fail(ProblemCode.NOT_SUPPORTED, text, "DetectedIssue")
    language = cast("Language", lang)
    return Explained(
        render_text(found, language),
        found.same,
        render_differences(found, language),
        msgspec.json.encode(to_document(found)).decode(),
    )

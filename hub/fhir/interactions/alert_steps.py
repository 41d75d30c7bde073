"""POST DetectedIssue/[id]/$acknowledge, $mitigate, $close, $snooze → the alert after the step.

`If-Match` is demanded: of two who take the same alert at once, one does and the other is told (412). What is refused is told in the
language of `Accept-Language`, as `$explain` tells.
Source: http://hl7.org/fhir/R4/http.html#concurrency; RFC 6585 §3 (428); dho/thresholds.md §7.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from hub.fhir.etag import check_if_match, versions_named
from hub.fhir.interactions.context import OFFLOAD_BYTES, Context, access, permit_for
from hub.fhir.interactions.done import Done
from hub.fhir.interactions.step_texts import TAKEN, in_language
from hub.fhir.language import language_wanted
from hub.fhir.models.r4.datatypes import CodeableConcept, Reference
from hub.fhir.operations import (
    MITIGATION,
    NOTE,
    PERFORMER,
    STEP_ACTION,
    UNTIL,
    Operation,
    Parameter,
)
from hub.fhir.parameters import LONGEST_TEXT, read_parameters
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, Stored
from hub.policy import Permit
from hub.problems import HubError, ProblemCode, fail
from hub.values import Language

StepName = Literal["acknowledge", "mitigate", "close", "snooze"]


@dataclass(frozen=True, slots=True)
class AskedStep:
    """A step that a person asks for. Shape: "" and None where nothing is told; `at` when, whole milliseconds."""

    name: StepName
    at: datetime
    performer: Reference | None = None
    note: str = ""
    action: str = ""
    until: datetime | None = None


class TakeStep(Protocol):
    """What takes steps on alerts; the rooms above know alerts."""

    def __call__(
        self, session: Session, permit: Permit, stored: Stored, step: AskedStep, /
    ) -> Stored:
        """The DetectedIssue as stored, and a step → the DetectedIssue after it. Problems: BUSINESS_RULE, NOT_SUPPORTED."""
        ...


async def acknowledge(request: FhirRequest, context: Context, _: str, issue: str) -> FhirResponse:
    """`performer`, `note`, `action` → the alert is theirs. Problems: as `_step`."""
    return await _step("acknowledge", request, context, issue, PERFORMER, NOTE, STEP_ACTION)


async def mitigate(request: FhirRequest, context: Context, _: str, issue: str) -> FhirResponse:
    """`performer`, `note`, `action` (needed) → something was done about the alert. Problems: as `_step`."""
    return await _step("mitigate", request, context, issue, PERFORMER, NOTE, MITIGATION)


async def close(request: FhirRequest, context: Context, _: str, issue: str) -> FhirResponse:
    """`performer`, `note`, `action` → the alert is closed. Problems: as `_step`."""
    return await _step("close", request, context, issue, PERFORMER, NOTE, STEP_ACTION)


async def snooze(request: FhirRequest, context: Context, _: str, issue: str) -> FhirResponse:
    """`performer`, `note`, `until` → the yellow alert is put off. Problems: as `_step`."""
    return await _step("snooze", request, context, issue, PERFORMER, NOTE, UNTIL)


async def _step(
    name: StepName, request: FhirRequest, context: Context, issue: str, *wanted: Parameter
) -> FhirResponse:
    """A step → the DetectedIssue after it, with its ETag.

    Problems: NO_VERSION_NAMED (428) without If-Match; VERSION_CONFLICT; NOT_FOUND, GONE; those of the parameters;
    BUSINESS_RULE when the step is not open to the alert, NOT_SUPPORTED when the DetectedIssue is no alert of the hub.
    """
    permit = permit_for(request, "operation", "DetectedIssue", f"${name}")
    language = language_wanted(request.headers.get("accept-language", ""))
    try:
        return await _done(name, request, context, issue, permit, language, wanted)
    except HubError as error:
        raise in_language(error, language) from None


async def _done(
    name: StepName,
    request: FhirRequest,
    context: Context,
    issue: str,
    permit: Permit,
    language: Language,
    wanted: tuple[Parameter, ...],
) -> FhirResponse:
    expected = _expected(request)
    told = await _told(name, request, context, wanted)

    def work(session: Session) -> Done:
        at = context.now()
        current = session.load(permit, "DetectedIssue", issue)
        if current is None:
            raise fail(ProblemCode.NOT_FOUND, "There is no such alert")
        if current.deleted:
            raise fail(ProblemCode.GONE, "The alert was deleted")
        _check_seen(expected, current, language)
        stored = context.take_step(session, permit, current, _asked(name, at, told))
        session.audit(access(request, permit, "operation", at, stored, query=f"${name}"))
        return Done(
            200, stored, f"${name} was done: DetectedIssue/{issue}, version {stored.version}"
        )

    return (await context.repository.write(work)).answer(request)


def _check_seen(expected: str, current: Stored, language: Language) -> None:
    try:
        check_if_match(expected, current)
    except HubError as error:
        if error.problems[0].code is not ProblemCode.VERSION_CONFLICT:
            raise
        seen = ", ".join(versions_named(expected))
        text = TAKEN[language].format(seen=seen, current=current.version)
        raise fail(ProblemCode.VERSION_CONFLICT, text) from None


def _expected(request: FhirRequest) -> str:
    expected = request.headers.get("if-match", "").strip()
    if expected in ("", "*"):
        text = "Send If-Match with the version of the alert you have seen: somebody else may have taken it"
        raise fail(ProblemCode.NO_VERSION_NAMED, text)
    return expected


async def _told(
    name: StepName, request: FhirRequest, context: Context, wanted: tuple[Parameter, ...]
) -> dict[str, Any]:
    operation = Operation(name, parameters=wanted)

    def read() -> dict[str, Any]:
        return dict(read_parameters(request.body, operation))

    return await context.offload(read) if len(request.body) > OFFLOAD_BYTES else read()


def _asked(name: StepName, at: datetime, told: dict[str, Any]) -> AskedStep:
    until = told.get("until")
    return AskedStep(
        name,
        at,
        told.get("performer"),
        (told.get("note") or "").strip(),
        _said(told.get("action")),
        None if until is None else _instant(until),
    )


def _said(action: CodeableConcept | None) -> str:
    """What was done → in words: its text, or the name of its code."""
    if action is None:
        return ""
    said = action.text or next((c.display for c in action.coding if c.display), None)
    if not said or not 0 < len(said.strip()) <= LONGEST_TEXT:
        text = f"action must tell in words what was done: text or display, at most {LONGEST_TEXT} characters"
        raise fail(ProblemCode.BAD_PARAMETER, text, "action")
    return said.strip()


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        told = "until must be a time of day with its offset, such as 2026-11-21T14:00:00+01:00"
        raise fail(ProblemCode.BAD_PARAMETER, told, "until")
    return at

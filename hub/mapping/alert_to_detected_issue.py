"""An alert of the engine → DetectedIssue: what was found, why, on which evidence, by which rule and plan.

Source: architecture D6; dho/thresholds.md §3.5, §7.2, §11; fhir-no/vkp-dho.md (vkp-DetectedIssue).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from hub.fhir.models.r4.datatypes import (
    CodeableConcept,
    Coding,
    Extension,
    Identifier,
    Meta,
    Reference,
)
from hub.fhir.models.r4.detected_issue import (
    DetectedIssue,
    DetectedIssueEvidence,
    DetectedIssueMitigation,
)
from hub.mapping import urls
from hub.mapping.alert_codes import STATE_ROWS, ZONE_ROWS, alert_concept, zone_extensions
from hub.mapping.evidence import evidence_named, evidence_reference
from hub.mapping.fhir_parts import concept, extensions, reference
from hub.mapping.fhir_time import to_fhir_time
from hub.mapping.firing_to_extension import OSLO, firing_parts
from hub.mapping.rule_to_extension import to_approver
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.judgement import Firing
from hub.thresholds.measurement import Event

_OURS: Final = frozenset(
    {urls.ZONE, urls.SEVERITY_LEVEL, urls.TRIAGE, urls.ALERT, urls.EVIDENCE_COUNT}
)
HUB_NAME: Final = "DHO-hub"
_STAFF: Final = re.compile(r"(?:Practitioner|PractitionerRole)/[A-Za-z0-9\-.]{1,64}")

FiringKey = tuple[str, int]
"""(observation id, version): the firings of one rule are unique by it."""

_MOST_STEPS: Final = 50
"""How many human steps a DetectedIssue tells, the newest; the row of the alert holds all."""


def alert_to_detected_issue(
    alert: Alert,
    *,
    issue_id: str,
    patient_id: str,
    firings: Mapping[FiringKey, Firing],
    engine_version: str,
    existing: DetectedIssue | None = None,
    standing: Literal["preliminary", "amended"] = "preliminary",
) -> DetectedIssue:
    """An alert, and the resource that stands for it already → the DetectedIssue as it should stand now.

    Shape: `firings` are those of the alert's rule that are at hand; evidence that stood before keeps its details.
    `standing` is the status of an alert that nobody has dealt with; `amended` = re-scored (§7.2).
    """
    kept = _evidence_before(existing)
    return DetectedIssue(
        id=issue_id,
        meta=Meta(profile=(urls.VKP_DETECTED_ISSUE, urls.ALERT_PROFILE)),
        extension=(
            *zone_extensions(alert.zone),
            _basis(alert, engine_version),
            *_others(existing),
        ),
        identifier=(Identifier(system=urls.ALERT_IDS, value=alert.id),),
        status=STATE_ROWS[alert.state].issue or standing,
        code=alert_concept(alert),
        severity=ZONE_ROWS[alert.zone].severity,
        patient=reference("Patient", patient_id),
        identifiedDateTime=to_fhir_time(alert.raised_at, OSLO),
        author=Reference(display=HUB_NAME),
        implicated=tuple(evidence_reference(e.observation) for e in _distinct(alert.evidence)),
        evidence=tuple(_evidence(e, firings, kept) for e in alert.evidence),
        detail=alert.text or None,
        mitigation=_mitigations(alert, existing),
    )


def _others(existing: DetectedIssue | None) -> tuple[Extension, ...]:
    """Extensions that somebody else has put on the issue: they stay."""
    return tuple(e for e in existing.extension if e.url not in _OURS) if existing else ()


def _distinct(evidence: Iterable[Evidence]) -> Iterable[Evidence]:
    return {each.observation: each for each in evidence}.values()


# Evidence


def _evidence_before(existing: DetectedIssue | None) -> dict[tuple[str, int, str], Extension]:
    """The stored issue → its firing details by (observation, version, zone)."""
    found: dict[tuple[str, int, str], Extension] = {}
    for each in existing.evidence if existing else ():
        for detail in extensions(each.extension, urls.FIRING):
            parts = {part.url: part for part in detail.extension}
            version, zone = parts.get("version"), parts.get("zone")
            name = _named(each.detail)
            if version is not None and zone is not None and name:
                found[name, version.valueInteger or 0, zone.valueCode or ""] = detail
    return found


def _named(detail: Iterable[Reference]) -> str:
    """What a stored evidence points at → the observation, or the name of the slot or plan rule; "" when neither."""
    return next((name for ref in detail if (name := evidence_named(ref))), "")


def _evidence(
    evidence: Evidence,
    firings: Mapping[FiringKey, Firing],
    kept: Mapping[tuple[str, int, str], Extension],
) -> DetectedIssueEvidence:
    firing = firings.get((evidence.observation, evidence.version))
    before = kept.get((evidence.observation, evidence.version, evidence.zone))
    if firing is None and before is not None:
        return _element(evidence, before)
    return evidence_element(evidence, firing)


def evidence_element(evidence: Evidence, firing: Firing | None) -> DetectedIssueEvidence:
    """One firing that an alert rests on, with its details where they are at hand → the element that explains it."""
    more = () if firing is None else firing_parts(firing)
    return _element(
        evidence, Extension(url=urls.FIRING, extension=(*_evidence_parts(evidence), *more))
    )


def _element(evidence: Evidence, detail: Extension) -> DetectedIssueEvidence:
    return DetectedIssueEvidence(
        extension=(detail,),
        code=(
            CodeableConcept(
                coding=(Coding(system=urls.REASON_CODES, code=evidence.reason),),
                text=evidence.text or None,
            ),
        ),
        detail=(evidence_reference(evidence.observation),),
    )


def _evidence_parts(evidence: Evidence) -> tuple[Extension, ...]:
    return (
        Extension(url="version", valueInteger=evidence.version),
        Extension(url="zone", valueCode=evidence.zone),
        Extension(url="effective", valueDateTime=to_fhir_time(evidence.effective, OSLO)),
        *(Extension(url="flag", valueCode=flag) for flag in evidence.flags),
    )


def engine_of(issue: DetectedIssue) -> str | None:
    """A DetectedIssue of ours → the version of the engine that wrote it; None where it says none."""
    basis = next((each for each in issue.extension if each.url == urls.ALERT), None)
    parts = () if basis is None else basis.extension
    return next((each.valueString for each in parts if each.url == "engineVersion"), None)


def _basis(alert: Alert, engine_version: str) -> Extension:
    """What the alert as a whole rests on: rule, plan or general limits, approver, state and engine (§11)."""
    parts = [Extension(url="rule", valueString=alert.rule)]
    if alert.rule_version is not None:
        parts.append(Extension(url="ruleVersion", valueInteger=alert.rule_version))
    if alert.plan is not None:
        parts.append(Extension(url="planId", valueString=alert.plan))
    if alert.plan_version is not None:
        parts.append(Extension(url="planVersion", valueInteger=alert.plan_version))
    if alert.approved_by:
        parts.append(Extension(url="approvedBy", valueReference=to_approver(alert.approved_by)))
    parts += [
        Extension(url="state", valueCode=alert.state),
        Extension(url="waitingSince", valueDateTime=to_fhir_time(alert.waiting_since, OSLO)),
        Extension(url="audience", valueCode="technical" if alert.technical else "clinical"),
        Extension(url="engineVersion", valueString=engine_version),
        *(Extension(url="flag", valueCode=flag) for flag in alert.flags),
        *(_step(step) for step in alert.steps[-_MOST_STEPS:]),
    ]
    if alert.snoozed_until is not None:
        until = to_fhir_time(alert.snoozed_until, OSLO)
        parts.append(Extension(url="snoozedUntil", valueDateTime=until))
    if alert.ended_at is not None:
        ended = to_fhir_time(alert.ended_at, OSLO)
        parts.append(Extension(url="endedAt", valueDateTime=ended))
    return Extension(url=urls.ALERT, extension=tuple(parts))


# Human acts


def _step(step: Event) -> Extension:
    """A human step → who, when and what (§7.1)."""
    parts = [
        Extension(url="type", valueCode=step.type),
        Extension(url="at", valueDateTime=to_fhir_time(step.at, OSLO)),
        Extension(url="by", valueReference=person_of(step.by)),
    ]
    for name, text in (("action", step.action), ("note", step.note)):
        if text:
            parts.append(Extension(url=name, valueString=text))
    if step.until is not None:
        parts.append(Extension(url="until", valueDateTime=to_fhir_time(step.until, OSLO)))
    return Extension(url="step", extension=tuple(parts))


def _mitigations(
    alert: Alert, existing: DetectedIssue | None
) -> tuple[DetectedIssueMitigation, ...]:
    """What people have written on the issue itself, then the steps of the alert that do not stand there yet."""
    written = existing.mitigation if existing else ()
    told = Counter(
        m.action.text or next((c.display for c in m.action.coding), None) for m in written
    )
    missing: list[Event] = []
    for number, step in enumerate(alert.steps):
        if _is_mitigation(step, alert.steps[:number]):
            if told[_done(step)] > 0:
                told[_done(step)] -= 1
            else:
                missing.append(step)
    return (*written, *(_mitigation(step) for step in missing))


def _is_mitigation(step: Event, earlier: Iterable[Event]) -> bool:
    """Whether a step is an act; closing with no more than what an earlier act says is none."""
    if step.type == "close" and not step.action:
        return step.note is None or step.note not in {e.action for e in earlier}
    return step.type in ("mitigate", "close") or bool(step.action)


def person_of(by: str) -> Reference:
    """Who took a step, as the alert has it → Reference: a resource of staff, or a name."""
    return Reference(reference=by) if _STAFF.fullmatch(by) else Reference(display=by)


def _done(step: Event) -> str:
    said = dict.fromkeys(text for text in (step.action, step.note) if text)
    return ". ".join(said) or "Varselet er lukket"


def _mitigation(step: Event) -> DetectedIssueMitigation:
    """A human step → mitigation: what was done, with the note, by whom and when."""
    return DetectedIssueMitigation(
        action=CodeableConcept(coding=concept(urls.TASK_CODES, step.type).coding, text=_done(step)),
        date=to_fhir_time(step.at, OSLO),
        author=person_of(step.by),
    )

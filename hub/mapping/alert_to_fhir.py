"""What the engine says happened to an alert → DetectedIssue, its Flag while it is open, and the Task of its owner.

Source: architecture D6; dho/thresholds.md §3.4, §3.5, §7; walk (a) of the house.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hub.fhir.models.r4.datatypes import (
    Annotation,
    CodeableConcept,
    Coding,
    Extension,
    Identifier,
    Period,
    Reference,
)
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.models.r4.flag import Flag
from hub.fhir.models.r4.provenance import Provenance, ProvenanceAgent, ProvenanceEntity
from hub.fhir.models.r4.task import Task, TaskStatusCode
from hub.mapping import urls
from hub.mapping.alert_codes import ENDINGS, STATE_ROWS, ZONE_ROWS, alert_concept
from hub.mapping.alert_to_detected_issue import (
    HUB_NAME,
    OSLO,
    alert_to_detected_issue,
    person_of,
)
from hub.mapping.evidence import resource_name
from hub.mapping.fhir_parts import code_of, concept, reference
from hub.mapping.fhir_time import to_fhir_time
from hub.thresholds.alarm import Alert
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.spans import local_time

ChangeKind = Literal[
    "raise", "join", "upgrade", "lower", "withdraw", "auto-resolve", "update", "step"
]
"""The kinds of hub.thresholds.merge, and `step` for a human act."""

_TASK_NAMES: Final = {
    "clinical-alert": "Følg opp varsel",
    "technical-alert": "Følg opp teknisk varsel",
}
_PRIORITIES: Final[dict[tuple[str, bool], Literal["stat", "urgent", "routine"]]] = {
    ("red", False): "stat",
    ("red", True): "stat",
    ("yellow", False): "urgent",
}
_PROGRESS: Final[dict[TaskStatusCode, int]] = {
    "requested": 0,
    "received": 1,
    "ready": 1,
    "accepted": 2,
    "on-hold": 2,
    "in-progress": 3,
}
_DATA_OPERATION: Final = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_MADE: Final = ("CREATE", "create")
_CHANGED: Final = ("UPDATE", "revise")
_NOTES: Final = {
    "join": "Ny måling i samme varsel: {text}",
    "upgrade": "Varselet er oppgradert til {zone}: {text}",
    "lower": "Varselet er nedgradert til {zone} etter rettet måling: {text}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlace:
    """Whose alert it is and where its resources live.

    Shape: `owner` is who the Task goes to (the patient's managing Organization, when known); `taker` who took the last step.
    """

    patient_id: str
    issue_id: str
    flag_id: str
    task_id: str
    owner: Reference | None = None
    taker: Reference | None = None


@dataclass(frozen=True, slots=True)
class AlertResources:
    """The resources that stand for one alert."""

    issue: DetectedIssue
    flag: Flag
    task: Task


def alert_to_fhir(
    kind: ChangeKind,
    alert: Alert,
    place: AlertPlace,
    *,
    now: datetime,
    engine_version: str,
    firings: Iterable[Firing] = (),
    existing: AlertResources | None = None,
) -> AlertResources:
    """One change of an alert, and the resources as stored (None when it was just raised) → the resources to store.

    Shape: `firings` of the judgements that came with the change (`firings_of`); others of other rules do no harm.
    Evidence, notes and owner that stood before are kept.
    """
    issue = alert_to_issue(
        kind,
        alert,
        place,
        engine_version=engine_version,
        firings=firings,
        before=None if existing is None else existing.issue,
    )
    task = _task(kind, alert, place, now, None if existing is None else existing.task)
    return AlertResources(issue, _flag(alert, place), task)


def alert_to_issue(
    kind: ChangeKind,
    alert: Alert,
    place: AlertPlace,
    *,
    engine_version: str,
    firings: Iterable[Firing],
    before: DetectedIssue | None,
) -> DetectedIssue:
    """As `alert_to_fhir`, the DetectedIssue alone: all that new evidence changes."""
    return alert_to_detected_issue(
        alert,
        issue_id=place.issue_id,
        patient_id=place.patient_id,
        firings={(f.observation, f.version): f for f in firings if f.rule == alert.rule},
        engine_version=engine_version,
        existing=before,
        standing=_standing(kind, before),
    )


def _standing(kind: ChangeKind, before: DetectedIssue | None) -> Literal["preliminary", "amended"]:
    """§7.2: a correction that lowers the zone re-scores the alert; an upgrade opens it anew."""
    if kind == "lower":
        return "amended"
    still = before is not None and before.status == "amended" and kind not in ("raise", "upgrade")
    return "amended" if still else "preliminary"


def firings_of(judgements: Iterable[Judgement]) -> tuple[Firing, ...]:
    """The newcomer's judgement and the rejudged ones → their firings."""
    return tuple(firing for judgement in judgements for firing in judgement.firings)


def _flag(alert: Alert, place: AlertPlace) -> Flag:
    """The banner an EPJ shows while the alert is open."""
    row = ZONE_ROWS[alert.zone]
    level = Coding(
        system=urls.VKP_SEVERITY_EXTENSION_SYSTEM, code=row.level, display=row.level_display
    )
    category = ("admin", "Administrative") if alert.technical else ("clinical", "Clinical")
    return Flag(
        id=place.flag_id,
        extension=(
            Extension(
                url=urls.VKP_SEVERITY_EXTENSION,
                valueCodeableConcept=CodeableConcept(coding=(level,)),
            ),
            Extension(url=urls.ZONE, valueCode=alert.zone),
            Extension(
                url=urls.FLAG_DETAIL, valueReference=reference("DetectedIssue", place.issue_id)
            ),
        ),
        identifier=(Identifier(system=urls.ALERT_IDS, value=alert.id),),
        status=STATE_ROWS[alert.state].flag,
        category=(concept(urls.FLAG_CATEGORY, *category),),
        code=CodeableConcept(coding=alert_concept(alert).coding, text=alert.text or None),
        subject=reference("Patient", place.patient_id),
        period=Period(
            start=to_fhir_time(alert.raised_at, OSLO),
            end=None if alert.ended_at is None else to_fhir_time(alert.ended_at, OSLO),
        ),
        author=Reference(display=HUB_NAME),
    )


def _task(
    kind: ChangeKind, alert: Alert, place: AlertPlace, now: datetime, before: Task | None
) -> Task:
    """Who must act, how soon, and how far they have come; a person's own progress is never set back but by an upgrade."""
    code = "technical-alert" if alert.technical else "clinical-alert"
    ending = ENDINGS.get(alert.state)
    notes = before.note if before is not None else ()
    if kind in _NOTES:
        text = _NOTES[kind].format(zone=ZONE_ROWS[alert.zone].name, text=alert.text)
        notes = (*notes, Annotation(time=to_fhir_time(now, OSLO), text=text))
    owner = before.owner if before is not None and before.owner is not None else place.owner
    if kind == "step" and place.taker is not None and place.taker.reference is not None:
        owner = place.taker
    return Task(
        id=place.task_id,
        extension=(Extension(url=urls.ZONE, valueCode=alert.zone),),
        identifier=(Identifier(system=urls.ALERT_IDS, value=alert.id),),
        status=_task_status(kind, alert, before),
        statusReason=None if ending is None else CodeableConcept(text=ending),
        businessStatus=_business_status(alert, before),
        intent="order",
        priority=_PRIORITIES.get((alert.zone, alert.technical), "routine"),
        code=concept(urls.TASK_CODES, code, _TASK_NAMES[code]),
        description=alert.text or None,
        focus=reference("DetectedIssue", place.issue_id),
        for_=reference("Patient", place.patient_id),
        executionPeriod=None if before is None else before.executionPeriod,
        authoredOn=to_fhir_time(alert.raised_at, OSLO),
        lastModified=to_fhir_time(now, OSLO),
        requester=Reference(display=HUB_NAME),
        performerType=() if before is None else before.performerType,
        owner=owner,
        restriction=None if before is None else before.restriction,
        note=notes,
        input=() if before is None else before.input,
        output=() if before is None else before.output,
    )


def _business_status(alert: Alert, before: Task | None) -> CodeableConcept | None:
    """What stands beside the status: until when an alert is put off, else what was told of it last."""
    if alert.snoozed_until is not None and alert.live:
        until = f"Utsatt til {local_time(alert.snoozed_until, OSLO):%d.%m.%Y kl. %H:%M}"
        return concept(urls.TASK_CODES, "snoozed", text=until)
    kept = before.businessStatus if before is not None else None
    return None if kept is None or code_of(kept, urls.TASK_CODES) == "snoozed" else kept


def _task_status(kind: ChangeKind, alert: Alert, before: Task | None) -> TaskStatusCode:
    """The state of the alert, or how far the owner says to have come, whichever is further.

    A Task that was ended while its alert is still open is asked for again: a new red must have somebody to act.
    """
    wanted = STATE_ROWS[alert.state].task
    reached = before.status if before is not None else None
    if kind in ("raise", "upgrade") or not alert.live or reached is None:
        return wanted
    return reached if _PROGRESS.get(reached, -1) >= _PROGRESS[wanted] else wanted


def alert_to_provenance(
    kind: ChangeKind,
    resources: AlertResources,
    *,
    provenance_id: str,
    now: datetime,
    engine_version: str,
    observations: Iterable[tuple[str, int]],
    person: str | None = None,
) -> Provenance:
    """A change of an alert and the observation versions it came from → Provenance of the three resources.

    Shape: the agent is `person` where somebody took a step, else the hub itself, with the engine's version in its name.
    """
    engine = Reference(display=f"{HUB_NAME}, regelmotor {engine_version}")
    ids = (
        ("DetectedIssue", resources.issue.id),
        ("Flag", resources.flag.id),
        ("Task", resources.task.id),
    )
    return Provenance(
        id=provenance_id,
        target=tuple(reference(kind, each or "") for kind, each in ids),
        recorded=to_fhir_time(now),
        activity=concept(_DATA_OPERATION, *(_MADE if kind == "raise" else _CHANGED)),
        agent=(ProvenanceAgent(who=engine if person is None else person_of(person)),),
        entity=tuple(
            ProvenanceEntity(
                role="source",
                what=Reference(reference=f"{name}/_history/{version}"),
            )
            for evidence, version in observations
            if (name := resource_name(evidence)) is not None
        ),
    )

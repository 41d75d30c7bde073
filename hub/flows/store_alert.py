"""One change of an alert → its row, DetectedIssue, Flag, Task and Provenance in the transaction of the verdict.

A red alert, new or upgraded, also puts a job into the outbox: the GP is to be told (issue and architecture D4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from hub.fhir.models.r4.datatypes import CodeableConcept, Extension, Reference
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.models.r4.flag import Flag
from hub.fhir.models.r4.task import Task
from hub.fhir.reading import read_stored
from hub.flows.alert_follow_up import NO_FOLLOW_UP, FollowUp
from hub.flows.alert_record import (
    BUILD_ALERT_MESSAGE,
    ENGINE_VERSION,
    AlertParts,
    AlertRecord,
    parse_record,
    render_record,
)
from hub.flows.store_draft import Desk
from hub.mapping.alert_to_detected_issue import person_of
from hub.mapping.alert_to_fhir import (
    AlertPlace,
    AlertResources,
    ChangeKind,
    alert_to_fhir,
    alert_to_issue,
    alert_to_provenance,
)
from hub.mapping.evidence import evidence_reference, resource_name
from hub.mapping.urls import EVIDENCE_COUNT
from hub.ports import AlertRow, Job
from hub.thresholds.alarm import Alert
from hub.thresholds.judgement import Firing

MOST_EVIDENCE: Final = 10
"""How many firings a DetectedIssue explains: the first and the newest; the row of the alert holds all."""
MOST_TECHNICAL: Final = 200
"""How many firings the row of a technical alert holds."""
MOST_IMPLICATED: Final = 1000
"""How many observations a DetectedIssue points at."""


@dataclass(frozen=True, slots=True)
class AlertWriter:
    """Writes what happened to the alerts of one patient, by the engine (`write`) or by a person (`step`)."""

    unit: AlertParts
    desk: Desk
    patient_id: str
    rows: dict[str, AlertRow]
    follow_up: FollowUp = NO_FOLLOW_UP

    def write(
        self, kind: ChangeKind, alert: Alert, firings: Iterable[Firing], *, tell: bool
    ) -> None:
        """A change → stored; nothing about the alert is left to a later step but the message to the GP (`tell`)."""
        row = self.rows.get(alert.id)
        record = None if row is None else parse_record(row.data)
        alert, forgotten = _bounded(alert, 0 if record is None else record.forgotten)
        issue_id = self.desk.new_id() if row is None else row.issue_id
        flag_id = self.desk.new_id() if record is None else record.flag_id
        task_id = self.desk.new_id() if record is None else record.task_id
        place = AlertPlace(
            patient_id=self.patient_id,
            issue_id=issue_id,
            flag_id=flag_id,
            task_id=task_id,
            owner=None if row is not None else self._owner(),
        )
        if kind in ("join", "update") and row is not None and self._stands(place):
            self._store_evidence(kind, alert, place, firings, forgotten)
        else:
            resources = alert_to_fhir(
                "raise" if row is None and alert.live else kind,
                _shortened(alert),
                place,
                now=self.desk.setting.at,
                engine_version=ENGINE_VERSION,
                firings=firings,
                existing=None if row is None else self._existing(place),
            )
            self._store(resources, alert, forgotten, new=row is None)
            self._explain(kind, alert, resources)
        before = None if record is None else record.alert
        self._save_row(alert, issue_id, before, AlertRecord(alert, flag_id, task_id, forgotten))
        if tell:
            job = Job(self.desk.actor.tenant_id, BUILD_ALERT_MESSAGE, issue_id)
            self.unit.outbox.add(job, self.desk.setting.at)

    def step(
        self,
        row: AlertRow,
        alert: Alert,
        *,
        issue: DetectedIssue | None = None,
        task: Task | None = None,
    ) -> None:
        """A step that a person took → record, resources, Provenance and what follows.

        Shape: `issue` and `task` as the person has written them just now, where they did: what they wrote stays as it was
        written. A Flag or Task that somebody has deleted is not made anew.
        """
        record = parse_record(row.data)
        place = AlertPlace(
            patient_id=row.patient_id,
            issue_id=row.issue_id,
            flag_id=record.flag_id,
            task_id=record.task_id,
            taker=person_of(alert.steps[-1].by),
        )
        stands = issue or self._load("DetectedIssue", row.issue_id)
        flag: Flag | None = self._load("Flag", record.flag_id)
        written, task = task, task or self._load("Task", record.task_id)
        self._save_row(alert, row.issue_id, record.alert, replace(record, alert=alert))
        if stands is None:
            return
        nothing = Flag(code=CodeableConcept(), subject=Reference())
        made = alert_to_fhir(
            "step",
            _shortened(alert),
            place,
            now=self.desk.setting.at,
            engine_version=ENGINE_VERSION,
            existing=AlertResources(stands, flag or nothing, task or Task()),
        )
        self._change(
            stands,
            status=made.issue.status,
            extension=_kept(made.issue, stands),
            mitigation=made.issue.mitigation,
        )
        if not alert.live:
            self._change(flag, status=made.flag.status, period=made.flag.period)
        if written is None or not alert.live:
            self._change(
                task,
                status=made.task.status,
                owner=made.task.owner,
                businessStatus=made.task.businessStatus,
                lastModified=made.task.lastModified,
            )
        self._explain("step", alert, made)

    def _change(self, stands: Any, **changes: Any) -> None:
        if stands is not None:
            self.desk.update(self.unit.fhir, replace(stands, **changes))

    def _explain(self, kind: ChangeKind, alert: Alert, resources: AlertResources) -> None:
        provenance = alert_to_provenance(
            kind,
            resources,
            provenance_id=self.desk.new_id(),
            now=self.desk.setting.at,
            engine_version=ENGINE_VERSION,
            observations=_sources(alert),
            person=alert.steps[-1].by if kind == "step" else None,
        )
        self.desk.create(self.unit.fhir, provenance, provenance.id)

    def _store_evidence(
        self,
        kind: ChangeKind,
        alert: Alert,
        place: AlertPlace,
        firings: Iterable[Firing],
        forgotten: int,
    ) -> None:
        """More evidence, nothing else → the next version of the DetectedIssue; Flag and Task stay as they are."""
        issue = alert_to_issue(
            kind,
            _shortened(alert),
            place,
            engine_version=ENGINE_VERSION,
            firings=firings,
            before=self._load("DetectedIssue", place.issue_id),
        )
        self.desk.update(self.unit.fhir, _pointed(issue, alert, forgotten))

    def _store(self, resources: AlertResources, alert: Alert, forgotten: int, *, new: bool) -> None:
        issue = _pointed(resources.issue, alert, forgotten)
        for resource in (issue, resources.flag, resources.task):
            if new:
                self.desk.create(self.unit.fhir, resource, resource.id)
            else:
                self.desk.update(self.unit.fhir, resource)

    def _save_row(
        self, alert: Alert, issue_id: str, before: Alert | None, record: AlertRecord
    ) -> None:
        row = AlertRow(
            self.desk.actor.tenant_id,
            issue_id,
            self.patient_id,
            alert.rule,
            alert.live,
            self.desk.setting.at,
            render_record(record),
        )
        self.unit.alerts.save(row)
        self.rows[alert.id] = row
        now = self.desk.setting.at
        self.follow_up.changed(self.unit.outbox, row.tenant_id, issue_id, before, alert, now)

    def _existing(self, place: AlertPlace) -> AlertResources | None:
        """The resources as they stand; None when somebody has deleted one of them: they are then made anew."""
        if not self._stands(place):
            return None
        found = [self._load(kind, each) for kind, each in _places(place)]
        return AlertResources(found[0], found[1], found[2])

    def _stands(self, place: AlertPlace) -> bool:
        for kind, each in _places(place):
            head = self.unit.fhir.head(self.desk.permit("read", kind), kind, each)
            if head is None or head.deleted:
                return False
        return True

    def _load(self, kind: str, resource_id: str) -> Any:
        stored = self.unit.fhir.load(self.desk.permit("read", kind), kind, resource_id)
        return None if stored is None or stored.deleted else read_stored(stored.body, kind)

    def _owner(self) -> Reference | None:
        """The organisation that follows the patient up, when it is known."""
        patient = self._load("Patient", self.patient_id)
        return None if patient is None else patient.managingOrganization


def _sources(alert: Alert) -> list[tuple[str, int]]:
    """The newest observation versions that an alert rests on; slots and plans are no resources."""
    named = {(e.observation, e.version): None for e in alert.evidence[-20:]}
    return [key for key in named if resource_name(key[0]) is not None]


def _kept(made: DetectedIssue, stands: DetectedIssue) -> tuple[Extension, ...]:
    """The extensions of an issue after a step; the number of firings, which no step changes, stays."""
    here = {e.url for e in made.extension}
    return (
        *made.extension,
        *(e for e in stands.extension if e.url not in here and e.url == EVIDENCE_COUNT),
    )


def _places(place: AlertPlace) -> tuple[tuple[str, str], ...]:
    return (
        ("DetectedIssue", place.issue_id),
        ("Flag", place.flag_id),
        ("Task", place.task_id),
    )


def _pointed(issue: DetectedIssue, alert: Alert, forgotten: int) -> DetectedIssue:
    """An issue that explains some of many firings → with their number, and pointing at the observations of the newest."""
    if len(alert.evidence) <= MOST_EVIDENCE:
        return issue
    count = Extension(url=EVIDENCE_COUNT, valueInteger=len(alert.evidence) + forgotten)
    names = list(dict.fromkeys(e.observation for e in alert.evidence))
    pointed = tuple(evidence_reference(name) for name in names[-MOST_IMPLICATED:])
    return replace(issue, extension=(*issue.extension, count), implicated=pointed)


def _bounded(alert: Alert, forgotten: int) -> tuple[Alert, int]:
    """A technical alert that everything joins (no plan, a broken device) holds its first and its newest firings only.

    A clinical alert holds all: each may still be corrected, and then decides whether the alert stands.
    """
    surplus = len(alert.evidence) - MOST_TECHNICAL
    if not alert.technical or surplus <= 0:
        return alert, forgotten
    kept = (alert.evidence[0], *alert.evidence[1 - MOST_TECHNICAL :])
    return replace(alert, evidence=kept), forgotten + surplus


def _shortened(alert: Alert) -> Alert:
    if len(alert.evidence) <= MOST_EVIDENCE:
        return alert
    return replace(alert, evidence=(alert.evidence[0], *alert.evidence[1 - MOST_EVIDENCE :]))

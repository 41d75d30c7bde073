"""One change of an alert → its row, DetectedIssue, Flag, Task and Provenance in the transaction of the verdict.

A red alert, new or upgraded, also puts a job into the outbox: the GP is to be told (issue and architecture D4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from hub.fhir.models.r4.datatypes import Extension, Reference
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.reading import read_stored
from hub.flows.alert_record import (
    BUILD_ALERT_MESSAGE,
    ENGINE_VERSION,
    AlertRecord,
    parse_record,
    render_record,
)
from hub.flows.store_draft import Desk
from hub.mapping.alert_to_fhir import (
    AlertPlace,
    AlertResources,
    ChangeKind,
    alert_to_fhir,
    alert_to_issue,
    alert_to_provenance,
)
from hub.mapping.fhir_parts import reference
from hub.mapping.urls import EVIDENCE_COUNT
from hub.ports import AlertRow, Job, Unit
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
    """Writes what happened to the alerts of one patient."""

    unit: Unit
    desk: Desk
    patient_id: str
    rows: dict[str, AlertRow]

    def write(
        self, kind: ChangeKind, alert: Alert, firings: Iterable[Firing], *, tell: bool
    ) -> None:
        """A change → stored; nothing about the alert is left to a later step but the message to the GP (`tell`)."""
        row = self.rows.get(alert.id)
        record = None if row is None else parse_record(row.data)
        before = 0 if record is None else record.forgotten
        alert, forgotten = _bounded(alert, before)
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
        self._save_row(alert, issue_id, AlertRecord(alert, flag_id, task_id, forgotten))
        if tell:
            job = Job(self.desk.actor.tenant_id, BUILD_ALERT_MESSAGE, issue_id)
            self.unit.outbox.add(job, self.desk.setting.at)

    def _explain(self, kind: ChangeKind, alert: Alert, resources: AlertResources) -> None:
        provenance = alert_to_provenance(
            kind,
            resources,
            provenance_id=self.desk.new_id(),
            now=self.desk.setting.at,
            engine_version=ENGINE_VERSION,
            observations={(e.observation, e.version): None for e in alert.evidence[-20:]},
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

    def _save_row(self, alert: Alert, issue_id: str, record: AlertRecord) -> None:
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
    pointed = tuple(reference("Observation", name) for name in names[-MOST_IMPLICATED:])
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

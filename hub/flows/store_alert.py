"""One change of an alert → its row, DetectedIssue, Flag, Task and Provenance in the transaction of the verdict.

A red alert, new or upgraded, also puts a job into the outbox: the GP is to be told (issue and architecture D4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from msgspec.structs import replace

from hub.fhir.models.r4.datatypes import CodeableConcept, Reference
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.models.r4.flag import Flag
from hub.fhir.models.r4.task import Task
from hub.fhir.reading import read_stored
from hub.fhir.requests import Stored
from hub.flows.alert_follow_up import NO_FOLLOW_UP, FollowUp
from hub.flows.alert_record import (
    BUILD_ALERT_MESSAGE,
    DRAWN,
    ENGINE_VERSION,
    AlertParts,
    AlertRecord,
    parse_record,
    render_record,
)
from hub.flows.alert_shape import bounded, follows_up, kept, pointed, shortened, sources
from hub.flows.join_evidence import Joining, joining, more_evidence
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
from hub.ports import AlertRow, Job
from hub.thresholds.alarm import Alert
from hub.thresholds.judgement import Firing


@dataclass(frozen=True, slots=True)
class AlertWriter:
    """Writes what happened to the alerts of one patient, by the engine (`write`) or by a person (`step`).

    Shape: `records` are what is read of rows already, by DetectedIssue.
    """

    unit: AlertParts
    desk: Desk
    patient_id: str
    rows: dict[str, AlertRow]
    follow_up: FollowUp = NO_FOLLOW_UP
    records: Mapping[str, AlertRecord] = field(default_factory=dict[str, AlertRecord])

    def write(
        self, kind: ChangeKind, alert: Alert, firings: Iterable[Firing], *, tell: bool
    ) -> None:
        """A change → stored; nothing about the alert is left to a later step but the message to the GP (`tell`)."""
        self.ready(kind, alert, firings, tell=tell)()

    def ready(
        self, kind: ChangeKind, alert: Alert, firings: Iterable[Firing], *, tell: bool
    ) -> Callable[[], None]:
        """As `write`, in two: everything is read and built now, and stored when the result is called.

        What several alerts put in goes in together where nothing is read between.
        """
        row = self.rows.get(alert.id)
        record = None if row is None else self.records.get(row.issue_id) or parse_record(row.data)
        alert, forgotten = bounded(alert, 0 if record is None else record.forgotten)
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
        joins = kind in ("join", "update") and row is not None
        stands = None if row is None else self._found(place, whole=not joins)
        if joins and record is not None and stands is not None:
            told = tuple(firings)
            one = joining(record, alert, forgotten, told, stands[0], DRAWN)
            store = self._joined(one, stands[0]) or self._more_evidence(
                kind, alert, place, told, forgotten, stands[0]
            )
        else:
            existing = None if stands is None else AlertResources(*map(_read, stands))
            resources = alert_to_fhir(
                "raise" if row is None and alert.live else kind,
                shortened(alert),
                place,
                now=self.desk.setting.at,
                engine_version=ENGINE_VERSION,
                firings=firings,
                existing=existing,
            )
            issue = pointed(resources.issue, alert, forgotten)
            parts = (issue, resources.flag, resources.task)
            store = partial(self._store, kind, alert, resources, parts, stands, new=row is None)
        before = None if record is None else record.alert

        def write() -> None:
            version = store()
            after = AlertRecord(alert, flag_id, task_id, forgotten, version, DRAWN)
            self._save_row(alert, issue_id, before, after)
            if tell:
                job = Job(self.desk.actor.tenant_id, BUILD_ALERT_MESSAGE, issue_id)
                self.unit.outbox.add(job, self.desk.setting.at)

        return write

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
            shortened(alert),
            place,
            now=self.desk.setting.at,
            engine_version=ENGINE_VERSION,
            existing=AlertResources(stands, flag or nothing, task or Task()),
        )
        self._change(
            stands,
            status=made.issue.status,
            extension=kept(made.issue, stands),
            mitigation=made.issue.mitigation,
        )
        if not alert.live:
            self._change(flag, status=made.flag.status, period=made.flag.period)
        if written is None or not alert.live:
            self._take_over(task, made.task)
        self._explain("step", alert, made)

    def _take_over(self, task: Task | None, made: Task) -> None:
        """The Task as it stands, and what a step makes of it → changed in what the step is about."""
        self._change(
            task,
            status=made.status,
            owner=made.owner,
            businessStatus=made.businessStatus,
            lastModified=made.lastModified,
        )

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
            observations=sources(alert),
            person=alert.steps[-1].by if kind == "step" else None,
        )
        self.desk.create(self.unit.fhir, provenance, provenance.id)

    def _more_evidence(
        self,
        kind: ChangeKind,
        alert: Alert,
        place: AlertPlace,
        firings: Iterable[Firing],
        forgotten: int,
        stands: Stored,
    ) -> Callable[[], int]:
        """More evidence, nothing else → the next version of the DetectedIssue; Flag and Task stay as they are."""
        issue = alert_to_issue(
            kind,
            shortened(alert),
            place,
            engine_version=ENGINE_VERSION,
            firings=firings,
            before=_read(stands),
        )
        whole = pointed(issue, alert, forgotten)

        def store() -> int:
            return self.desk.update(self.unit.fhir, whole, stands).version

        return store

    def _joined(self, one: Joining | None, stands: Stored) -> Callable[[], int] | None:
        """As `_more_evidence` by the short way; None where it does not lead there."""
        if one is None:
            return None
        amended = more_evidence(one, stands, self.desk.setting.at, self.desk.setting.base_url)
        if amended is None:
            return None
        return lambda: self.desk.amend(self.unit.fhir, stands, amended).version

    def _store(
        self,
        kind: ChangeKind,
        alert: Alert,
        resources: AlertResources,
        parts: Sequence[Any],
        stands: Sequence[Stored] | None,
        *,
        new: bool,
    ) -> int:
        """→ the version of the DetectedIssue."""
        versions: list[int] = []
        for resource, current in zip(parts, stands or (None, None, None), strict=True):
            if new:
                stored = self.desk.create(self.unit.fhir, resource, resource.id)
            else:
                stored = self.desk.update(self.unit.fhir, resource, current)
            versions.append(stored.version)
        self._explain(kind, alert, resources)
        return versions[0]

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

    def _found(self, place: AlertPlace, *, whole: bool) -> list[Stored] | None:
        """The resources as they stand; None when somebody has deleted one of them: they are then made anew.

        Shape: unless `whole`, the DetectedIssue alone comes with its body.
        """
        found: list[Stored] = []
        for kind, each in _places(place):
            permit = self.desk.permit("read", kind)
            read = self.unit.fhir.load if whole or not found else self.unit.fhir.head
            stored = read(permit, kind, each)
            if stored is None or stored.deleted:
                return None
            found.append(stored)
        return found

    def _load(self, kind: str, resource_id: str) -> Any:
        stored = self.unit.fhir.load(self.desk.permit("read", kind), kind, resource_id)
        return None if stored is None or stored.deleted else read_stored(stored.body, kind)

    def _owner(self) -> Reference | None:
        """The organisation that follows the patient up, when it is known."""
        permit = self.desk.permit("read", "Patient")
        stored = self.unit.fhir.load(permit, "Patient", self.patient_id)
        return None if stored is None or stored.deleted else follows_up(stored.body)


def _read(stored: Stored) -> Any:
    return read_stored(stored.body, stored.type)


def _places(place: AlertPlace) -> tuple[tuple[str, str], ...]:
    return (
        ("DetectedIssue", place.issue_id),
        ("Flag", place.flag_id),
        ("Task", place.task_id),
    )

"""What people do to the resources of an alert → the alert itself: a Task that is taken, a DetectedIssue that is closed.

Ends with the same record and the same resources as the engine's own changes, in the transaction of the person's write.
Source: dho/thresholds.md §7.1, §7.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from hub.fhir.models.r4.datatypes import CodeableConcept, Reference
from hub.fhir.models.r4.detected_issue import DetectedIssue, DetectedIssueMitigation
from hub.fhir.models.r4.flag import Flag
from hub.fhir.models.r4.task import Task
from hub.fhir.reading import read_stored
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.flows.alert_record import ENGINE_VERSION, parse_record, render_record
from hub.flows.store_draft import Desk
from hub.mapping.alert_to_fhir import AlertPlace, AlertResources, alert_to_fhir
from hub.policy import Permit
from hub.ports import AlertRow, Alerts
from hub.problems import HubError, ProblemCode, fail
from hub.thresholds.alarm import Alert, take_step
from hub.thresholds.measurement import Event

_ENDED: Final = ("final", "cancelled", "entered-in-error")
_TAKEN: Final = ("accepted", "in-progress")


@dataclass(frozen=True, slots=True)
class FollowPeople:
    """Lives inside one transaction. Shape: `desk` writes what mirrors the alert."""

    session: Session
    alerts: Alerts
    desk: Desk

    def issue(self, permit: Permit, stored: Stored, issue: DetectedIssue | None) -> None:
        """A DetectedIssue that a person has written → its alert has the acts in it, and is closed when it says so.

        Problems: BUSINESS_RULE when a red alert would end without a recorded act (`mitigation`) of its own time, when a
        person ends an alert by another status than final, or deletes an open one.
        """
        row = self._row(permit, stored.id)
        if row is None or not row.open:
            return
        if issue is None:
            text = "An open alert cannot be deleted: close it"
            raise fail(ProblemCode.BUSINESS_RULE, text, "DetectedIssue")
        if issue.status in _ENDED and issue.status != "final":
            text = "Only the hub withdraws alerts, when the evidence is retracted; a person closes one with status final"
            raise fail(ProblemCode.BUSINESS_RULE, text, "DetectedIssue.status")
        alert = parse_record(row.data).alert
        acts = self._new_acts(permit, stored, issue)
        if issue.status == "final":
            step = _closing(alert, permit, stored, acts)
        elif acts:
            step = _noting(alert, permit, stored, acts)
        else:
            return
        self._mirror(row, _take(alert, step), issue, None)

    def task(self, permit: Permit, stored: Stored, task: Task | None) -> None:
        """A Task that a person has taken → its alert is acknowledged; anything else of the Task is the person's own affair."""
        if (
            task is None
            or task.status not in _TAKEN
            or task.focus is None
            or not task.focus.reference
        ):
            return
        kind, _, issue_id = task.focus.reference.partition("/")
        row = self._row(permit, issue_id) if kind == "DetectedIssue" else None
        if row is None or not row.open or parse_record(row.data).task_id != stored.id:
            return
        alert = parse_record(row.data).alert
        if alert.state == "open":
            owner = task.owner.display or task.owner.reference if task.owner is not None else None
            step = Event(stored.updated, "acknowledge", alert.rule, owner or permit.actor.name)
            self._mirror(row, _take(alert, step), None, task)

    def _row(self, permit: Permit, issue_id: str) -> AlertRow | None:
        """The alert's row, for writes of people; the hub's own writes come with a row that is already right."""
        if permit.actor.kind == "internal_job":
            return None
        return self.alerts.find(permit.filter.tenant_id, issue_id)

    def _new_acts(
        self, permit: Permit, stored: Stored, issue: DetectedIssue
    ) -> tuple[DetectedIssueMitigation, ...]:
        """The mitigations that this write added: what was there before belongs to its own time."""
        before = self.session.load_version(
            permit, "DetectedIssue", stored.id, max(stored.version - 1, 1)
        )
        if before is None or before.deleted or stored.version == 1:
            return issue.mitigation
        known: DetectedIssue = read_stored(before.body, "DetectedIssue")
        left, new = list(known.mitigation), list[DetectedIssueMitigation]()
        for act in issue.mitigation:  # the same act done again is a new one
            if act in left:
                left.remove(act)
            else:
                new.append(act)
        return tuple(new)

    def _mirror(
        self, row: AlertRow, alert: Alert, issue: DetectedIssue | None, task: Task | None
    ) -> None:
        """The alert after the step → its record, and its resources where they say otherwise.

        What the person wrote stays as it was written; a Flag or Task that somebody has deleted is not made anew.
        """
        record = msgspec.structs.replace(parse_record(row.data), alert=alert)
        at = self.desk.setting.at
        self.alerts.save(replace(row, open=alert.live, updated=at, data=render_record(record)))
        place = AlertPlace(
            patient_id=row.patient_id,
            issue_id=row.issue_id,
            flag_id=record.flag_id,
            task_id=record.task_id,
        )
        issue = issue or self._load("DetectedIssue", row.issue_id)
        task = task or self._load("Task", record.task_id)
        flag: Flag | None = self._load("Flag", record.flag_id)
        if issue is None:
            return
        nothing = Flag(code=CodeableConcept(), subject=Reference())
        made = alert_to_fhir(
            "step",
            alert,
            place,
            now=at,
            engine_version=ENGINE_VERSION,
            existing=AlertResources(issue, flag or nothing, task or Task()),
        )
        self._update(issue, extension=made.issue.extension)
        if not alert.live:
            self._update(flag, status=made.flag.status, period=made.flag.period)
            self._update(task, status=made.task.status, lastModified=made.task.lastModified)

    def _update(self, stands: Any, **changes: Any) -> None:
        if stands is not None:
            self.desk.update(self.session, msgspec.structs.replace(stands, **changes))

    def _load(self, kind: str, resource_id: str) -> Any:
        stored = self.session.load(self.desk.permit("read", kind), kind, resource_id)
        return None if stored is None or stored.deleted else read_stored(stored.body, kind)


def _closing(
    alert: Alert, permit: Permit, stored: Stored, acts: Iterable[DetectedIssueMitigation]
) -> Event:
    """The last act of this write closes; without one, what was done before since the alert last became red."""
    newest = next(reversed(tuple(acts)), None)
    if newest is None:
        done = next((s.action for s in reversed(alert.steps[alert.red_step :]) if s.action), None)
        return Event(stored.updated, "close", alert.rule, permit.actor.name, note=done)
    said = _said(newest)
    return Event(stored.updated, "close", alert.rule, _who(newest) or permit.actor.name, said, said)


def _noting(
    alert: Alert, permit: Permit, stored: Stored, acts: tuple[DetectedIssueMitigation, ...]
) -> Event:
    """An act on an alert that stays open: somebody is at it."""
    kind = "mitigate" if alert.state == "mitigated" else "acknowledge"
    newest = acts[-1]
    who = _who(newest) or permit.actor.name
    return Event(stored.updated, kind, alert.rule, who, action=_said(newest))


def _said(act: DetectedIssueMitigation) -> str | None:
    return act.action.text or next((c.display for c in act.action.coding if c.display), None)


def _who(act: DetectedIssueMitigation) -> str | None:
    return None if act.author is None else act.author.reference or act.author.display


def _take(alert: Alert, step: Event) -> Alert:
    after, problem = take_step(alert, step)
    if problem is not None:
        raise HubError(problem)
    return after

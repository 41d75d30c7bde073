"""What people do to the resources of an alert → the alert itself: a Task that is taken, a DetectedIssue that is closed.

Ends with the same record and the same resources as the engine's own changes, in the transaction of the person's write.
Source: dho/thresholds.md §7.1, §7.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hub.fhir.interactions.alert_steps import AskedStep
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.detected_issue import DetectedIssue, DetectedIssueMitigation
from hub.fhir.models.r4.task import Task
from hub.fhir.reading import read_stored
from hub.fhir.requests import Stored
from hub.flows.alert_follow_up import NO_FOLLOW_UP, FollowUp
from hub.flows.alert_record import AlertParts, parse_record
from hub.flows.store_alert import AlertWriter
from hub.flows.store_draft import Desk
from hub.mapping import urls
from hub.mapping.fhir_parts import code_of
from hub.policy import Permit
from hub.ports import AlertRow
from hub.problems import HubError, ProblemCode, fail
from hub.thresholds.alarm import Alert, take_step
from hub.thresholds.measurement import Event

_ENDED: Final = ("final", "cancelled", "entered-in-error")
_TAKEN: Final = ("accepted", "in-progress")


@dataclass(frozen=True, slots=True)
class FollowPeople:
    """Lives inside one transaction. Shape: `desk` writes what mirrors the alert."""

    parts: AlertParts
    desk: Desk
    follow_up: FollowUp = NO_FOLLOW_UP

    def asked(self, permit: Permit, stored: Stored, step: AskedStep) -> Stored:
        """A step that a person asks for by an operation → the DetectedIssue after it.

        Problems: BUSINESS_RULE when the step is not open to the alert; NOT_SUPPORTED when there is no alert behind it.
        """
        row = self._row(permit, stored.id)
        if row is None:
            text = "This DetectedIssue is no alert of the hub"
            raise fail(ProblemCode.NOT_SUPPORTED, text, "DetectedIssue")
        alert = parse_record(row.data).alert
        by = permit.actor.name if step.performer is None else _name_of(step.performer)
        event = Event(
            step.at, step.name, alert.rule, by, step.note or None, step.action or None, step.until
        )
        self._take(row, event)
        after = self.parts.fhir.load(permit, "DetectedIssue", stored.id)
        assert after is not None, "it was written just now"
        return after

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
        if alert.state == "mitigated" and issue.status != "final":
            text = (
                "Measures were taken on this alert: its status stays final until a new red opens it"
            )
            raise fail(ProblemCode.BUSINESS_RULE, text, "DetectedIssue.status")
        acts = self._new_acts(permit, stored, issue)
        if issue.status == "final" and (alert.state != "mitigated" or _closes(acts)):
            step = _closing(alert, permit, stored, acts)
        elif acts:
            step = _noting(alert, permit, stored, acts)
        else:
            return
        self._take(row, step, issue=issue)

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
            self._take(row, step, task=task)

    def left(self, permit: Permit, stored: Stored) -> None:
        """A Flag or Task that a person is about to delete → nothing when it carries no open alert: its timers would be told to nobody.

        Problems: BUSINESS_RULE.
        """
        if stored.patient_id is None:
            return
        rows = self.parts.alerts.of_patient(
            permit.filter.tenant_id, stored.patient_id, everything=False
        )
        for record in (parse_record(row.data) for row in rows if row.open):
            if stored.id in (record.flag_id, record.task_id):
                text = "It belongs to an alert that is open: close the alert (DetectedIssue) first"
                raise fail(ProblemCode.BUSINESS_RULE, text, stored.type)

    def _row(self, permit: Permit, issue_id: str) -> AlertRow | None:
        """The alert's row, for writes of people; the hub's own writes come with a row that is already right."""
        if permit.actor.kind == "internal_job":
            return None
        return self.parts.alerts.find(permit.filter.tenant_id, issue_id)

    def _new_acts(
        self, permit: Permit, stored: Stored, issue: DetectedIssue
    ) -> tuple[DetectedIssueMitigation, ...]:
        """The mitigations that this write added: what was there before belongs to its own time."""
        before = self.parts.fhir.load_version(
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

    def _take(
        self,
        row: AlertRow,
        step: Event,
        *,
        issue: DetectedIssue | None = None,
        task: Task | None = None,
    ) -> None:
        """A step → taken by the alert, and written: the one way for all people's acts. Problems: BUSINESS_RULE."""
        before = parse_record(row.data).alert
        alert, problem = take_step(before, step)
        if problem is not None:
            raise HubError(problem)
        writer = AlertWriter(
            self.parts, self.desk, row.patient_id, {before.id: row}, self.follow_up
        )
        writer.step(row, alert, issue=issue, task=task)


def _name_of(performer: Reference) -> str:
    """Who took a step → the name that the alert keeps: a reference to staff, else display or identifier."""
    named = performer.reference or performer.display
    if not named and performer.identifier is not None:
        named = performer.identifier.value
    if not named or not named.strip():
        text = "performer must name somebody: reference, identifier or display"
        raise fail(ProblemCode.BAD_PARAMETER, text, "performer")
    return named.strip()


def _closes(acts: Iterable[DetectedIssueMitigation]) -> bool:
    """Whether one of the new acts says that it closes: of an alert with measures the status is final already."""
    return any(code_of(act.action, urls.TASK_CODES) == "close" for act in acts)


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

"""What people do to the resources of an alert → the alert itself: a Task that is taken, a DetectedIssue that is closed.

Ends with the same record as the engine's own changes, in the transaction of the person's write.
Source: dho/thresholds.md §7.1, §7.2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec

from hub.fhir.requests import Stored
from hub.flows.alert_record import parse_record, render_record
from hub.policy import Permit
from hub.ports import AlertRow, Alerts
from hub.problems import HubError, ProblemCode, fail
from hub.thresholds.alarm import Alert, take_step
from hub.thresholds.measurement import Event

_ENDED: Final = ("final", "cancelled", "entered-in-error")
_TAKEN: Final = ("accepted", "in-progress")


def follow_issue(alerts: Alerts, permit: Permit, stored: Stored, issue: Any) -> None:
    """A DetectedIssue that a person has written → the alert is closed when the resource says so.

    Problems: BUSINESS_RULE when a red alert would end without a recorded act (`mitigation`), or an open alert be deleted.
    """
    row = _row(alerts, permit, stored.id)
    if row is None or not row.open:
        return
    if issue is None:
        raise fail(
            ProblemCode.BUSINESS_RULE, "An open alert cannot be deleted: close it", "DetectedIssue"
        )
    if issue.status not in _ENDED:
        return
    alert = parse_record(row.data).alert
    if issue.status != "final":
        raise fail(
            ProblemCode.BUSINESS_RULE,
            "Only the hub withdraws alerts, when the evidence is retracted; a person closes one with status final",
            "DetectedIssue.status",
        )
    done = next((m for m in issue.mitigation if m.action is not None), None)
    said = (
        None
        if done is None
        else done.action.text or next((c.display for c in done.action.coding), None)
    )
    who = (
        None
        if done is None or done.author is None
        else done.author.reference or done.author.display
    )
    step = Event(
        stored.updated, "close", alert.rule, who or permit.actor.name, note=said, action=said
    )
    _apply(alerts, row, alert, step)


def follow_task(alerts: Alerts, permit: Permit, stored: Stored, task: Any) -> None:
    """A Task that a person has taken → its alert is acknowledged; anything else of the Task is the person's own affair."""
    if task is None or task.status not in _TAKEN or task.focus is None or not task.focus.reference:
        return
    kind, _, issue_id = task.focus.reference.partition("/")
    row = _row(alerts, permit, issue_id) if kind == "DetectedIssue" else None
    if row is None or not row.open:
        return
    alert = parse_record(row.data).alert
    if alert.state == "open":
        owner = task.owner.display or task.owner.reference if task.owner is not None else None
        _apply(
            alerts,
            row,
            alert,
            Event(stored.updated, "acknowledge", alert.rule, owner or permit.actor.name),
        )


def _row(alerts: Alerts, permit: Permit, issue_id: str) -> AlertRow | None:
    """The alert's row, for writes of people; the hub's own writes come with a row that is already right."""
    if permit.actor.kind == "internal_job":
        return None
    return alerts.find(permit.filter.tenant_id, issue_id)


def _apply(alerts: Alerts, row: AlertRow, alert: Alert, step: Event) -> None:
    after, problem = take_step(alert, step)
    if problem is not None:
        raise HubError(problem)
    record = msgspec.structs.replace(parse_record(row.data), alert=after)
    alerts.save(replace(row, open=after.live, updated=step.at, data=render_record(record)))

"""When a person is told: raise, upgrade, remind, escalate.

Source: dho/thresholds.md §7.3, §7.6; field names of dho/cases/README.md (routing, notifications).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from hub.thresholds.alarm import Alert
from hub.thresholds.zones import RANK

NotificationKind = Literal["raise", "upgrade", "remind", "escalate"]


class Timer(Struct, frozen=True):
    """The waits of one zone. Shape: each None = not used; `act` counts from acknowledgement."""

    remind: timedelta | None = None
    escalate: timedelta | None = None
    act: timedelta | None = None


class Routing(Struct, frozen=True):
    """Who is told when. Shape: zone → waits."""

    timers: dict[str, Timer] = {}


class Downtime(Struct, frozen=True):
    """An announced outage: from inclusive, to exclusive."""

    start: datetime
    end: datetime


class Notification(Struct, frozen=True):
    """One thing that was told or should have been told at an instant."""

    at: datetime
    kind: NotificationKind
    rule: str
    alert: str


def notifications(
    history: Sequence[tuple[datetime, Alert]], routing: Routing | None, now: datetime
) -> tuple[Notification, ...]:
    """Every state an alert has been in, and when, → what is told until `now`, in order.

    Unacknowledged: remind and escalate count from raise or upgrade and stop at the first step. Acknowledged red that is not
    mitigated: `act` after the acknowledgement reminds, twice that escalates. A step at the very instant of a timer comes first.
    """
    stories: dict[str, list[tuple[datetime, Alert]]] = {}
    for at, alert in history:
        stories.setdefault(alert.id, []).append((at, alert))
    told = [n for story in stories.values() for n in _tell_one(story, routing, now)]
    return tuple(sorted(told, key=lambda n: (n.at, n.rule)))


def _tell_one(
    story: Sequence[tuple[datetime, Alert]], routing: Routing | None, now: datetime
) -> list[Notification]:
    told: list[Notification] = []
    last: Alert | None = None
    for number, (at, alert) in enumerate(story):
        if alert.state == "withdrawn":
            break
        if last is None:
            told.append(Notification(at, "raise", alert.rule, alert.id))
        elif RANK[alert.zone] > RANK[last.zone]:
            told.append(Notification(at, "upgrade", alert.rule, alert.id))
        starts = last is None or _phase(last) != _phase(alert)
        last = alert
        if starts:
            end = next(
                (t for t, later in story[number + 1 :] if _phase(later) != _phase(alert)), None
            )
            told += _timers(alert, at, end, routing, now)
    return told


def _phase(alert: Alert) -> tuple[str, str, datetime]:
    """What a timer runs on: a new state, zone or upgrade starts it anew."""
    return (alert.state, alert.zone, alert.waiting_since)


def _timers(
    alert: Alert, at: datetime, end: datetime | None, routing: Routing | None, now: datetime
) -> list[Notification]:
    timer = None if routing is None else routing.timers.get(alert.zone)
    if timer is None:
        return []
    waits: list[tuple[NotificationKind, timedelta | None]] = []
    if alert.state == "open":
        waits = [("remind", timer.remind), ("escalate", timer.escalate)]
    elif alert.state == "acknowledged" and alert.zone == "red" and timer.act is not None:
        waits = [("remind", timer.act), ("escalate", 2 * timer.act)]
    return [
        Notification(at + wait, kind, alert.rule, alert.id)
        for kind, wait in waits
        if wait is not None and at + wait <= now and (end is None or at + wait < end)
    ]

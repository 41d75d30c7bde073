"""When a person is told: raise, upgrade, remind, escalate.

Source: dho/thresholds.md §7.3, §7.6; field names of dho/cases/README.md (routing, notifications).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.thresholds.alarm import Alert
from hub.thresholds.spans import at_local, local_time
from hub.thresholds.zones import RANK

NotificationKind = Literal["raise", "upgrade", "remind", "escalate"]


class Timer(Struct, frozen=True):
    """The waits of one zone.

    Shape: each None = not used; `act` counts from acknowledgement; `rounds` are local times of the day at the next of which
    there is a reminder, in place of `remind`.
    """

    remind: timedelta | None = None
    escalate: timedelta | None = None
    act: timedelta | None = None
    rounds: tuple[time, ...] = ()


class Routing(Struct, frozen=True):
    """Who is told when. Shape: zone → waits; `timezone` of those who make the rounds."""

    timers: dict[str, Timer] = {}
    timezone: str = "Europe/Oslo"


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
        starts = last is None or phase_of(last) != phase_of(alert)
        last = alert
        if starts:
            end = next(
                (t for t, later in story[number + 1 :] if phase_of(later) != phase_of(alert)), None
            )
            told += _timers(alert, at, end, routing, now)
    return told


def phase_of(alert: Alert) -> tuple[str, str, datetime, datetime | None]:
    """What a timer runs on: a new state, zone, upgrade or putting off starts it anew."""
    return (alert.state, alert.zone, alert.waiting_since, alert.snoozed_until)


def _timers(
    alert: Alert, at: datetime, end: datetime | None, routing: Routing | None, now: datetime
) -> list[Notification]:
    return [
        Notification(due, kind, alert.rule, alert.id)
        for due, kind in timers_of(alert, at, routing)
        if due <= now and (end is None or due < end)
    ]


def timers_of(
    alert: Alert, at: datetime, routing: Routing | None
) -> tuple[tuple[datetime, NotificationKind], ...]:
    """An alert and since when it stands as it does → what will be told as long as it goes on standing so, in order.

    An alert that was snoozed is told of when it comes back; its waits count from then.
    """
    timer = None if routing is None else routing.timers.get(alert.zone)
    if timer is None or routing is None:
        return ()
    told: list[tuple[datetime, NotificationKind]] = []
    # Being lowered is no upgrade: what waits goes on waiting from where it began
    begin = alert.waiting_since if alert.state == "open" else at
    if alert.snoozed_until is not None and alert.live:
        begin = max(at, alert.snoozed_until)
        told.append((begin, "remind"))
    if alert.state == "open":
        if timer.rounds:
            told.append(
                (next_round(timer.rounds, max(at, begin), ZoneInfo(routing.timezone)), "remind")
            )
        elif timer.remind is not None:
            told.append((begin + timer.remind, "remind"))
        if timer.escalate is not None:
            told.append((begin + timer.escalate, "escalate"))
    elif alert.state == "acknowledged" and alert.zone == "red" and timer.act is not None:
        told.append((begin + timer.act, "remind"))
        told.append((begin + 2 * timer.act, "escalate"))
    return tuple(sorted((each for each in told if each[0] >= at), key=lambda each: each[0]))


def next_round(rounds: Sequence[time], after: datetime, zone: ZoneInfo) -> datetime:
    """Local times of the day and an instant → the first of them after it."""
    day = local_time(after, zone).date()
    days = (day, day + timedelta(days=1))
    return min(at for each in days for at in _rounds_on(each, tuple(rounds), zone) if at > after)


@lru_cache(maxsize=64)
def _rounds_on(day: date, rounds: tuple[time, ...], zone: ZoneInfo) -> tuple[datetime, ...]:
    """A day's rounds as instants: the same for every alert that is raised on it."""
    return tuple(at_local(day, clock, zone) for clock in rounds)

"""What a change of an alert leaves to be done: that it was raised is told by its Task, and is no job any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from msgspec.structs import replace

from hub.flows.alert_follow_up import FollowUp, read_telling
from hub.ports import Job, Outbox
from hub.thresholds.alarm import Alert
from hub.thresholds.timers import Routing, Timer

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
RED = Alert("r/o/1", "r", "red", "absolute.low", "tekst", "open", AT, AT, ())
TIMERS = FollowUp(Routing({"red": Timer(remind=timedelta(minutes=15))}))


@dataclass
class Noted:
    """An outbox that remembers: (kind, when it is due; None = done)."""

    told: list[tuple[str, datetime | None]] = field(default_factory=list[Any])

    def add(self, job: Job, now: datetime, due: datetime | None = None) -> None:
        self.told.append((read_telling(job.payload).kind, due or now))

    def note(self, job: Job, now: datetime) -> None:
        assert now == AT
        self.told.append((read_telling(job.payload).kind, None))


def told(before: Alert | None, after: Alert) -> list[tuple[str, datetime | None]]:
    outbox = Noted()
    TIMERS.changed(cast("Outbox", outbox), 1, "i", before, after, AT)
    return outbox.told


def test_raising_and_upgrading_are_kept_as_done_and_reminders_are_to_be_done() -> None:
    later = ("remind", AT + timedelta(minutes=15))

    assert told(None, RED) == [("raise", None), later]
    assert told(replace(RED, zone="yellow"), RED) == [("upgrade", None), later]
    assert told(RED, RED) == []

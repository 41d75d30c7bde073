"""What leaves by the outbox because an alert changed: who is to be told at once or later, and the note for the journal.

The jobs say what happened and to which alert; where they go is for whoever routes them.
Source: dho/thresholds.md §7.3, §7.6; architecture D4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from hub.ports import Job, Outbox
from hub.thresholds.alarm import Alert
from hub.thresholds.timers import NotificationKind, Routing, phase_of, timers_of
from hub.thresholds.zones import RANK

NOTIFY_ALERT: Final = "notify_alert"
"""The queue of what is to be told of alerts; `subject` is the DetectedIssue, `payload` a Telling."""
BUILD_JOURNAL_NOTE: Final = "build_journal_note"
"""The queue of closed alerts that the municipal journal is to have a document of; `subject` is the DetectedIssue."""
WRITE_JOURNAL_NOTE: Final = "write_journal_note"
PUBLISH_JOURNAL_NOTE: Final = "publish_journal_note"
"""The note on its way into the journal's folder: written beside it, then moved there; `subject` is the DetectedIssue."""


class Telling(msgspec.Struct, frozen=True):
    """Something to be told of an alert.

    Shape: `phase` is how the alert stood when the timer was set: a reminder of what has changed since is not given.
    """

    kind: NotificationKind
    at: datetime
    rule: str
    zone: str
    phase: str


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Telling)


def read_telling(payload: bytes) -> Telling:
    """The payload of a job → what is to be told."""
    return _DECODER.decode(payload)


def phase_text(alert: Alert) -> str:
    """An alert → how it stands, as text that can be compared."""
    return " ".join(
        each.isoformat() if isinstance(each, datetime) else str(each) for each in phase_of(alert)
    )


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What follows a change. Shape: `routing` None = no timers; `journal` whether a journal is written for."""

    routing: Routing | None = None
    journal: bool = False

    def changed(
        self,
        outbox: Outbox,
        tenant_id: int,
        issue_id: str,
        before: Alert | None,
        after: Alert,
        now: datetime,
    ) -> None:
        """An alert before (None = raised just now) and after a change → jobs in the transaction of the change."""
        stands_anew = before is None or phase_of(before) != phase_of(after)
        if after.live and stands_anew:  # of an upgrade, too: the zone is part of how it stands
            phase = phase_text(after)
            if before is None or RANK[after.zone] > RANK[before.zone]:
                kind: NotificationKind = "raise" if before is None else "upgrade"
                # Told by the Task, which is written in this transaction
                outbox.note(_job(tenant_id, issue_id, after, kind, now, phase), now)
            for at, kind in timers_of(after, now, self.routing):
                outbox.add(_job(tenant_id, issue_id, after, kind, at, phase), now, at)
        if self.journal and after.state == "closed" and (before is None or before.live):
            outbox.add(Job(tenant_id, BUILD_JOURNAL_NOTE, issue_id), now)


def _job(
    tenant_id: int, issue_id: str, alert: Alert, kind: NotificationKind, at: datetime, phase: str
) -> Job:
    told = Telling(kind, at, alert.rule, alert.zone, phase)
    return Job(tenant_id, NOTIFY_ALERT, issue_id, _ENCODER.encode(told))


NO_FOLLOW_UP: Final = FollowUp()

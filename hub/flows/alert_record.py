"""The engine's alert beside the resources that stand for it, as one stored record."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hub.fhir.repository import Session
from hub.ports import Alerts, Outbox
from hub.thresholds.alarm import Alert

ENGINE_VERSION = "2"
"""Goes into every alert (thresholds.md §11); raised when a change of the engine can change a verdict."""

DRAWN = f"{ENGINE_VERSION}/1"
"""How DetectedIssues are written now; the last number is raised when what they hold of the same alert changes."""

BUILD_ALERT_MESSAGE = "build_alert_message"
"""The queue of red alerts that are to be told to the GP."""


class AlertParts(Protocol):
    """The parts of a transaction that an alert is written to."""

    @property
    def fhir(self) -> Session:
        """Resources and the access log."""
        ...

    @property
    def alerts(self) -> Alerts:
        """Alerts by patient and rule."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Jobs to come."""
        ...


class AlertRecord(msgspec.Struct, frozen=True):
    """An alert and where its resources are.

    Shape: `flag_id` and `task_id` stand beside the DetectedIssue, whose id is the row's key; `forgotten` is how many
    firings of a technical alert are no longer held (their verdicts stand with their observations); `issue_version` is the version of
    the DetectedIssue that the hub wrote last, and `drawn` how, 0 and "" where that was not kept.
    """

    alert: Alert
    flag_id: str
    task_id: str
    forgotten: int = 0
    issue_version: int = 0
    drawn: str = ""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(AlertRecord)


def render_record(record: AlertRecord) -> bytes:
    """A record → bytes for the alert row."""
    return _ENCODER.encode(record)


def parse_record(data: bytes) -> AlertRecord:
    """Bytes of an alert row → the record."""
    return _DECODER.decode(data)

"""The engine's alert beside the resources that stand for it, as one stored record."""

from __future__ import annotations

import msgspec

from hub.thresholds.alarm import Alert

ENGINE_VERSION = "1"
"""Goes into every alert (thresholds.md §11); raised when a change of the engine can change a verdict."""

BUILD_ALERT_MESSAGE = "build_alert_message"
"""The queue of red alerts that are to be told to the GP."""


class AlertRecord(msgspec.Struct, frozen=True):
    """An alert and where its resources are.

    Shape: `flag_id` and `task_id` stand beside the DetectedIssue, whose id is the row's key; `forgotten` is how many
    firings of a technical alert are no longer held (their verdicts stand with their observations).
    """

    alert: Alert
    flag_id: str
    task_id: str
    forgotten: int = 0


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(AlertRecord)


def render_record(record: AlertRecord) -> bytes:
    """A record → bytes for the alert row."""
    return _ENCODER.encode(record)


def parse_record(data: bytes) -> AlertRecord:
    """Bytes of an alert row → the record."""
    return _DECODER.decode(data)

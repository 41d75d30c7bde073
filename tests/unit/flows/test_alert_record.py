"""The engine's alert keeps all it knows on the way through its row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hub.flows.alert_record import AlertRecord, parse_record, render_record
from hub.thresholds.alarm import Alert, Calm, Evidence
from hub.thresholds.measurement import Event

AT = datetime(2026, 11, 21, 8, 0, 0, 1000, tzinfo=UTC)
PLAIN = Alert("r/o/1", "r", "red", "absolute.low", "tekst", "open", AT, AT, ())
FULL = Alert(
    "r/o/1#2",
    "r",
    "red",
    "absolute.low",
    "SpO₂ 86 % er under rød grense",
    "acknowledged",
    AT,
    AT + timedelta(minutes=1),
    (Evidence("o", 1, "red", "absolute.low", AT, "tekst", ("late",)),),
    ("late", "amended"),
    (Event(AT, "acknowledge", "r", "Nina", "notat", "ringte"),),
    1,
    AT,
    "ebp",
    2,
    3,
    "Rolig Testlege",
    (Calm("o2", AT, ok=True),),
    ("o3",),
)


def test_a_record_is_read_as_it_was_written() -> None:
    for alert in (PLAIN, FULL):
        record = AlertRecord(alert, "f", "t")

        assert record == parse_record(render_record(record))


def test_an_instant_of_another_zone_stays_the_same_instant() -> None:
    oslo = AT.astimezone(timezone(timedelta(hours=1)))
    (evidence,) = FULL.evidence
    record = AlertRecord(Alert("i", "r", "red", "x", "", "open", oslo, oslo, (evidence,)), "f", "t")

    assert AT == parse_record(render_record(record)).alert.raised_at

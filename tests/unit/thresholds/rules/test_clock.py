"""What the clock alone brings: missing values and overdue reviews (thresholds.md §5.7, §5.8, §10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.thresholds.cases_text import rows, told, values


def missing(**fields: Any) -> dict[str, Any]:
    rule = {"id": "m", "kind": "missing", "measure": "spo2", "times": ["08:00"]}
    return rule | {"early": "PT2H", "grace": "PT2H", "zone": "yellow"} | fields


MARCH = {"valid_from": "2026-03-02T00:00:00+01:00"}


def story(
    *observations: dict[str, Any], now: str, rule: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    found = [
        o if "id" in o and o["id"] != "o1" else o | {"id": f"o{n}"}
        for n, o in enumerate(observations)
    ]
    at = now if "T" in now and len(now) > 8 else f"2026-03-{now}:00+01:00"
    return told([rule or missing()], found, at, **({"plan": MARCH} | more))


def spo2(at: str, **fields: Any) -> dict[str, Any]:
    return values("spo2", "%", (at, 95))[0] | fields


def slots(actual: dict[str, Any]) -> list[str]:
    return [e for a in actual["alerts"] for e in a["evidence"]]


@pytest.mark.parametrize(
    ("at", "fields", "fills"),
    [
        ("02T06:00", {}, True),
        ("02T05:59", {}, False),
        ("02T10:00", {}, True),
        ("02T10:01", {}, False),
        ("02T08:00", {"value": None, "data_absent_reason": "asked-declined"}, True),
        ("02T08:00", {"value": None, "data_absent_reason": "not-performed"}, False),
        ("02T08:00", {"unit": None}, False),
        ("02T08:00", {"value": 20}, False),
        ("02T08:00", {"device_error": "e"}, False),
        ("02T08:00", {"status": "entered-in-error"}, False),
        ("02T08:00", {"measure": "pulse", "unit": "/min"}, False),
    ],
)
def test_only_a_valid_value_in_its_time_fills_a_slot(at, fields, fills):
    actual = story(spo2(at, **fields), now="02T10:01")

    assert [a["rule"] for a in actual["alerts"] if a["rule"] == "m"] == ([] if fills else ["m"])


@pytest.mark.parametrize(("grace", "fills"), [("PT2H", False), ("PT22H", True)])
def test_a_day_alone_fills_no_slot_shorter_than_a_day(grace, fills):
    day = spo2("02T08:00", effective="2026-03-02", received="2026-03-02T12:00:00+01:00")

    actual = story(day, now="2026-03-03T07:00:00+01:00", rule=missing(early="PT4H", grace=grace))
    assert bool(actual["alerts"]) is not fills


def test_a_panel_fills_a_slot_of_its_part_and_a_form_one_of_its_form():
    panel = {"id": "b", "measure": "bp", "unit": "mm[Hg]", "components": {"systolic": 120}}
    form = {"id": "f", "measure": "form:x", "items": {"1": 1}}
    at = {"effective": "2026-03-02T08:00:00+01:00"}

    for found, measure in ((panel, "systolic"), (panel, "bp"), (form, "form:x")):
        actual = story(found | at, now="02T11:00", rule=missing(measure=measure))
        assert [a for a in actual["alerts"] if a["rule"] == "m"] == []


def test_a_late_upload_resolves_and_a_retraction_opens_the_slot_again():
    late = spo2("02T08:00", id="l", received="2026-03-02T12:00:00+01:00")
    gone = late | {"status": "entered-in-error", "received": "2026-03-02T13:00:00+01:00"}

    assert rows(story(now="02T11:00")) == [("m", "yellow", "missing", "open")]
    assert rows(story(late, now="02T12:30")) == [("m", "yellow", "missing", "auto-resolved")]
    assert rows(story(late, gone, now="02T14:00")) == [
        ("m", "yellow", "missing", "auto-resolved"),
        ("m", "yellow", "missing", "open"),
    ]


def test_misses_in_a_row_raise_the_zone_and_what_comes_late_does_not_hide_a_red():
    rule = missing(escalate={"count": 3, "zone": "red"})
    late = [
        spo2(f"0{day}T08:00", id=f"l{day}", received="2026-03-05T00:00:00+01:00")
        for day in (2, 3, 4)
    ]

    assert rows(story(now="03T11:00", rule=rule)) == [("m", "yellow", "missing", "open")]
    assert rows(story(now="04T11:00", rule=rule)) == [("m", "red", "missing", "open")]
    assert rows(story(late[1], now="05T09:00", rule=rule)) == [("m", "red", "missing", "open")]
    filled = story(*late, now="05T09:00", rule=rule)
    assert rows(filled) == [("m", "red", "missing", "open")]
    assert len(slots(filled)) == 3


def test_a_value_between_breaks_the_row():
    rule = missing(escalate={"count": 2, "zone": "red"})

    assert rows(story(spo2("03T08:00"), now="04T11:00", rule=rule)) == [
        ("m", "yellow", "missing", "open")
    ]


def test_the_row_runs_past_times_at_which_nothing_was_expected():
    rule = missing(escalate={"count": 2, "zone": "red"})
    hold = [
        {
            "status": "active",
            "from": "2026-01-01T00:00:00+01:00",
            "to": "2026-03-03T00:00:00+01:00",
        },
        {
            "status": "on-hold",
            "from": "2026-03-03T00:00:00+01:00",
            "to": "2026-03-20T00:00:00+01:00",
        },
        {"status": "active", "from": "2026-03-20T00:00:00+01:00", "to": None},
    ]

    actual = story(now="20T11:00", rule=rule, periods=hold)
    assert rows(actual) == [("m", "red", "missing", "open")]
    assert [s[5:15] for s in slots(actual)] == ["2026-03-02", "2026-03-20"]


@pytest.mark.parametrize(
    "more",
    [
        {"plan": MARCH | {"mode": "observe"}},
        {"plan": {"valid_from": "2026-03-03T00:00:00+01:00"}},
        {"plan": MARCH | {"valid_to": "2026-03-02T08:00:00+01:00"}},
        {"downtime": [{"from": "2026-03-02T08:00:00+01:00", "to": "2026-03-02T08:01:00+01:00"}]},
        {"periods": [{"status": "on-hold", "from": "2026-01-01T00:00:00+01:00", "to": None}]},
        {"periods": [{"status": "ended", "from": "2026-03-02T08:00:00+01:00", "to": None}]},
        {"rule": missing(days=["tue"])},
    ],
)
def test_nothing_is_expected_then(more):
    assert story(now="02T23:00", **more)["alerts"] == []


def test_the_end_of_a_downtime_is_outside_it():
    down = [{"from": "2026-03-02T07:00:00+01:00", "to": "2026-03-02T08:00:00+01:00"}]

    assert rows(story(now="02T10:00", downtime=down)) == [("m", "yellow", "missing", "open")]


@pytest.mark.parametrize(
    ("clock", "start", "slot"),
    [
        ("02:30", "2026-03-29", "slot:2026-03-29T03:30:00+02:00"),
        ("02:30", "2026-10-25", "slot:2026-10-25T02:30:00+02:00"),
        ("03:30", "2026-10-25", "slot:2026-10-25T03:30:00+01:00"),
    ],
)
def test_the_two_days_on_which_the_clock_is_moved(clock, start, slot):
    rule = missing(times=[clock])
    plan = {"valid_from": f"{start}T00:00:00+01:00", "valid_to": f"{start}T12:00:00+01:00"}

    assert slots(story(now=f"{start}T12:00:00+01:00", rule=rule, plan=plan)) == [slot]


def test_a_closed_alert_is_not_raised_again_for_the_same_slot_and_the_next_one_is():
    close = {"at": "2026-03-02T11:00:00+01:00", "type": "close", "rule": "m", "by": "n"}

    assert rows(story(now="03T09:00", events=[close])) == [("m", "yellow", "missing", "closed")]
    assert rows(story(now="03T10:00", events=[close])) == [
        ("m", "yellow", "missing", "closed"),
        ("m", "yellow", "missing", "open"),
    ]


def test_alerts_of_missing_values_are_told_at_the_deadline():
    routing = {"timers": {"yellow": {"remind": "PT1H"}}}
    actual = story(now="02T23:00", routing=routing)

    deadline = datetime.fromisoformat("2026-03-02T10:00:00+01:00")
    assert [
        (datetime.fromisoformat(n["at"]) - deadline, n["kind"]) for n in actual["notifications"]
    ] == [
        (timedelta(0), "raise"),
        (timedelta(hours=1), "remind"),
    ]


STALE = {"id": "s", "kind": "stale_plan", "zone": "yellow"}


@pytest.mark.parametrize(
    ("reviewed", "interval", "due"),
    [
        ("2026-03-01", "P3M", "2026-06-01T00:00:00+02:00"),
        ("2025-11-30", "P3M", "2026-02-28T00:00:00+01:00"),
        ("2026-03-01", None, "2026-06-01T00:00:00+02:00"),
        ("2026-01-31", "P1M", "2026-02-28T00:00:00+01:00"),
        ("2026-01-20", "P2W", "2026-02-03T00:00:00+01:00"),
    ],
)
def test_a_review_is_overdue_from_local_midnight(reviewed, interval, due):
    plan = {"last_review": reviewed, "review_interval": interval}
    before = (datetime.fromisoformat(due) - timedelta(seconds=1)).isoformat()

    assert told([STALE], [], before, plan=plan)["alerts"] == []
    (alert,) = told([STALE], [], due, plan=plan)["alerts"]
    assert (alert["zone"], alert["reason"], alert["evidence"]) == (
        "yellow",
        "plan.review-overdue",
        ["plan:1"],
    )


@pytest.mark.parametrize(
    "more",
    [
        {"plan": {"mode": "observe"}},
        {"plan": {"valid_to": "2026-06-01T00:00:00+02:00"}},
        {"periods": [{"status": "on-hold", "from": "2026-01-01T00:00:00+01:00", "to": None}]},
        {"periods": [{"status": "deceased", "from": "2026-01-01T00:00:00+01:00", "to": None}]},
    ],
)
def test_no_review_is_asked_for_then(more):
    assert told([STALE], [], "2026-09-01T00:00:00+02:00", **more)["alerts"] == []


def test_a_review_that_was_due_while_on_hold_is_asked_for_afterwards():
    hold = [
        {
            "status": "on-hold",
            "from": "2026-01-01T00:00:00+01:00",
            "to": "2026-07-01T00:00:00+02:00",
        },
        {"status": "active", "from": "2026-07-01T00:00:00+02:00", "to": None},
    ]
    assert told([STALE], [], "2026-06-30T00:00:00+02:00", periods=hold)["alerts"] == []
    assert rows(told([STALE], [], "2026-07-01T00:00:00+02:00", periods=hold)) == [
        ("s", "yellow", "plan.review-overdue", "open")
    ]

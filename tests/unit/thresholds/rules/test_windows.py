"""Rule kinds that look back: delta, trend, n_of_m, average (thresholds.md §5.3–5.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.thresholds.cases_text import rows, told, values


def delta(**fields: Any) -> dict[str, Any]:
    return {
        "id": "d",
        "kind": "delta",
        "measure": "weight",
        "unit": "kg",
        "window": "P3D",
        "direction": "up",
        "baseline": "min",
        "bands": [{"zone": "yellow", "gt": 2}, {"zone": "red", "gt": 3}],
    } | fields


@pytest.mark.parametrize(
    ("last", "zone"), [(82, "green"), (82.1, "yellow"), (83, "yellow"), (83.1, "red")]
)
def test_a_gain_is_measured_from_the_lowest_of_the_window(last, zone):
    series = values("weight", "kg", ("02T08:00", 81), ("03T08:00", 80), ("04T08:00", last))

    assert told([delta()], series)["zones"]["o3"] == zone


@pytest.mark.parametrize(
    ("first", "zone"), [("02T08:00", "yellow"), ("02T07:59", "green"), ("05T08:00", "green")]
)
def test_the_window_begins_at_the_same_time_of_day_and_ends_before_the_trigger(first, zone):
    series = values("weight", "kg", (first, 80), ("05T08:00", 82.5))

    assert told([delta()], series)["zones"]["o2"] == zone


@pytest.mark.parametrize(
    ("window", "first", "zone"),
    [
        # 29 March 2026 has 23 hours: the same time the day before is 23 hours ago
        ("P1D", "2026-03-28T12:00:00+01:00", "yellow"),
        ("P1D", "2026-03-28T11:30:00+01:00", "green"),
        ("PT24H", "2026-03-28T11:00:00+01:00", "yellow"),
        ("PT24H", "2026-03-28T10:59:00+01:00", "green"),
    ],
)
def test_days_are_of_the_calendar_and_hours_pass(window, first, zone):
    series = values("weight", "kg", (first, 80), ("2026-03-29T12:00:00+02:00", 82.5))

    assert told([delta(window=window)], series)["zones"]["o2"] == zone


@pytest.mark.parametrize(
    ("fields", "earlier", "last", "row"),
    [
        ({"direction": "down", "baseline": "max"}, (84, 83), 81.5, ("d", "yellow", "delta.down", "open")),
        ({"baseline": "first"}, (80, 83), 82.5, ("d", "yellow", "delta.up", "open")),
        ({"baseline": "first"}, (83, 80), 82.5, None),
        ({"baseline": "fixed", "fixed": 78}, (), 80.5, ("d", "yellow", "delta.up", "open")),
        ({"baseline": "fixed", "fixed": 78, "window": None}, (), 80, None),
        (
            {"as": "percent", "bands": [{"zone": "red", "ge": 5}]},
            (80,),
            84,
            ("d", "red", "delta.up", "open"),
        ),
    ],
)  # fmt: skip
def test_baselines_and_percent(fields, earlier, last, row):
    pairs = [(f"0{n}T08:00", value) for n, value in enumerate((*earlier, last), start=2)]

    assert rows(told([delta(**fields)], values("weight", "kg", *pairs))) == ([row] if row else [])


def test_a_value_in_another_unit_is_compared_in_the_unit_of_the_rule():
    series = [
        *values("weight", "kg", ("02T08:00", 80)),
        values("weight", "g", ("04T08:00", 82500))[0] | {"id": "o2"},
    ]

    assert told([delta()], series)["zones"]["o2"] == "yellow"


def test_a_meter_reading_beyond_its_range_is_left_out():
    series = [
        *values("weight", "kg", ("02T08:00", 70), comparator="<"),
        values("weight", "kg", ("04T08:00", 82.5))[0] | {"id": "o2"},
    ]

    assert told([delta()], series)["zones"] == {"o1": "none", "o2": "green"}


def test_a_late_low_value_raises_what_it_should_have_and_a_retraction_takes_it_back():
    series = values("weight", "kg", ("04T08:00", 82.5), ("02T08:00", 80))
    series[1]["received"] = "2026-03-04T10:00:00+01:00"
    gone = series[1] | {"status": "entered-in-error", "received": "2026-03-04T11:00:00+01:00"}

    assert rows(told([delta()], series)) == [("d", "yellow", "delta.up", "open")]
    assert rows(told([delta()], [*series, gone])) == [("d", "yellow", "delta.up", "withdrawn")]


def test_what_somebody_has_acknowledged_is_flagged_instead():
    series = values("weight", "kg", ("02T08:00", 80), ("04T08:00", 82.5))
    gone = series[0] | {"status": "entered-in-error", "received": "2026-03-04T11:00:00+01:00"}
    step = {"at": "2026-03-04T10:00:00+01:00", "type": "acknowledge", "rule": "d", "by": "n"}

    (alert,) = told([delta()], [*series, gone], events=[step])["alerts"]

    assert (alert["state"], alert["flags"]) == ("acknowledged", ["recomputed"])


def trend(**fields: Any) -> dict[str, Any]:
    return {
        "id": "t",
        "kind": "trend",
        "measure": "weight",
        "unit": "kg",
        "window": "P7D",
        "min_points": 3,
        "min_span": "P2D",
        "direction": "up",
        "bands": [{"zone": "yellow", "ge": 0.3}],
    } | fields


@pytest.mark.parametrize(
    ("fields", "numbers", "zone"),
    [
        ({}, (80, 80.3, 80.6), "yellow"),
        ({}, (80, 80.3, 80.59), "green"),
        ({"min_points": 4}, (80, 81, 82), "green"),
        ({"min_span": "P3D"}, (80, 81, 82), "green"),
        ({"min_span": None}, (80, 81, 82), "yellow"),
        ({"direction": "down"}, (80.6, 80.3, 80), "yellow"),
        ({"direction": "down"}, (80, 80.3, 80.6), "green"),
    ],
)
def test_a_slope_of_exactly_the_limit_fires(fields, numbers, zone):
    pairs = [(f"0{n}T08:00", value) for n, value in enumerate(numbers, start=2)]

    assert told([trend(**fields)], values("weight", "kg", *pairs))["zones"]["o3"] == zone


def test_values_of_one_instant_have_no_slope():
    series = [
        o | {"device": str(n)}
        for n, o in enumerate(values("weight", "kg", *[("02T08:00", 80 + n) for n in range(4)]))
    ]

    actual = told([trend(min_span=None)], series)
    assert set(actual["zones"].values()) == {"green"}


def n_of_m(**fields: Any) -> dict[str, Any]:
    rule = {"id": "n", "kind": "n_of_m", "measure": "spo2", "unit": "%", "n": 2, "m": 3}
    return rule | {"where": {"lt": 90}, "zone": "red"} | fields


@pytest.mark.parametrize(
    ("fields", "numbers", "zone"),
    [
        ({}, (89, 95, 89), "red"),
        ({}, (89, 95, 95, 89), "green"),
        ({}, (89, 89), "red"),
        ({}, (89, 89, 90), "green"),
        ({"window": "PT48H"}, (89, 95, 89), "red"),
        ({"window": "PT24H"}, (89, 95, 89), "green"),
        ({"where": {"ge": 88, "lt": 90}}, (87, 89), "green"),
        ({"where": {"gt": 88, "le": 90}}, (90, 89), "red"),
    ],
)
def test_n_of_the_last_m_values_and_the_trigger_itself(fields, numbers, zone):
    pairs = [(f"0{n}T08:00", value) for n, value in enumerate(numbers, start=2)]

    assert told([n_of_m(**fields)], values("spo2", "%", *pairs))["zones"][f"o{len(pairs)}"] == zone


@pytest.mark.parametrize(
    ("comparator", "value", "where", "zone"),
    [
        ("<", 91, {"lt": 90}, "red"),
        (">", 89, {"lt": 90}, "red"),
        (">", 90, {"lt": 90}, "green"),
        (">=", 90, {"le": 90}, "red"),
        (">", 90, {"le": 90}, "green"),
        ("<", 90, {"ge": 90}, "green"),
        ("<=", 90, {"ge": 90}, "red"),
        ("<", 91, {"gt": 90}, "red"),
    ],
)
def test_an_interval_counts_when_any_part_of_it_does(comparator, value, where, zone):
    series = values("spo2", "%", ("02T08:00", value), comparator=comparator)

    assert told([n_of_m(n=1, m=1, where=where)], series)["zones"]["o1"] == zone


def average(**fields: Any) -> dict[str, Any]:
    bands = {"systolic": [{"zone": "green", "lt": 135}, {"zone": "yellow", "ge": 135}]}
    rule = {"id": "a", "kind": "average", "measure": "bp", "unit": "mm[Hg]", "bands": bands}
    return rule | {"window_days": 3, "min_readings": 2, "min_days": 2} | fields


def pressures(*pairs: tuple[str, int | None, int]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"o{n}",
            "measure": "bp",
            "unit": "mm[Hg]",
            "components": {"systolic": high, "diastolic": low},
            "effective": at if "-" in at else f"2026-03-{at}:00+01:00",
        }
        for n, (at, high, low) in enumerate(pairs, start=1)
    ]


@pytest.mark.parametrize(
    ("fields", "pairs", "zone"),
    [
        ({}, [("02T08:00", 134, 80), ("03T08:00", 136, 80)], "yellow"),
        ({}, [("02T08:00", 134, 80), ("03T08:00", 135, 80)], "green"),
        ({"min_readings": 3}, [("02T08:00", 150, 80), ("03T08:00", 150, 80)], "green"),
        ({}, [("03T07:00", 150, 80), ("03T08:00", 150, 80)], "green"),
        ({"drop_first_day": True}, [("02T08:00", 150, 80), ("03T08:00", 150, 80)], "green"),
        (
            {"window_days": 1, "min_days": 1},
            [("02T23:59", 150, 80), ("03T00:00", 134, 80)],
            "green",
        ),
        ({}, [("01T00:00", 170, 80), ("03T23:00", 120, 80)], "yellow"),
        ({}, [("2026-02-28T23:59:00+01:00", 170, 80), ("03T23:00", 120, 80)], "green"),
        ({}, [("02T08:00", None, 80), ("03T08:00", 150, 80)], "green"),
    ],
)
def test_the_mean_of_local_days_compared_unrounded(fields, pairs, zone):
    actual = told([average(**fields)], pressures(*pairs))

    assert actual["zones"][f"o{len(pairs)}"] == zone


def test_the_average_of_one_measure_needs_no_component():
    rule = average(
        measure="glucose",
        unit="mmol/L",
        bands={"glucose": [{"zone": "green", "lt": 10}, {"zone": "red", "ge": 10}]},
    )
    series = values("glucose", "mmol/L", ("02T08:00", 9), ("03T08:00", 11))

    assert rows(told([rule], series)) == [("a", "red", "average.glucose.high", "open")]


def test_every_firing_names_the_values_it_rests_on():
    series = values("weight", "kg", ("02T08:00", 80), ("04T08:00", 82.5))

    (firing,) = told([delta()], series)["explained"]["firings"]

    assert [operand["observation"] for operand in firing["operands"]] == ["o1"]
    assert firing["text"] == (
        "Vekt har økt 2,5 kg (fra 80 kg, laveste siste 3 døgn, til 82,5 kg): gul grense (> 2,0 kg), EBP v1"
    )

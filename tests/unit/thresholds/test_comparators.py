"""What lies beyond the scale of a meter, decided from the text by hand: each number of a panel has its own comparator (§4.5).

Source: dho/thresholds.md §4.5, §4.6, §5.2–5.6, §5.11, §11; dho/cases/README.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.mapping.message_words import shown_value
from hub.thresholds.measurement import Component, Measurement
from hub.thresholds.versions import is_same
from tests.unit.thresholds.cases_text import rows, told

Json = dict[str, Any]


def bands(*ends: float) -> list[Json]:
    """Four limits → red, yellow, green, yellow, red."""
    low, under, over, high = ends
    return [
        {"zone": "red", "lt": low},
        {"zone": "yellow", "ge": low, "lt": under},
        {"zone": "green", "ge": under, "lt": over},
        {"zone": "yellow", "ge": over, "lt": high},
        {"zone": "red", "ge": high},
    ]


SYSTOLIC = bands(90, 100, 140, 180)
DIASTOLIC = bands(50, 60, 90, 110)
DIFFERENCE = bands(20, 30, 60, 90)
BOTH = {"id": "r", "kind": "composite_bp", "unit": "mm[Hg]", "bands": {"systolic": SYSTOLIC, "diastolic": DIASTOLIC}}  # fmt: skip
PULSE_PRESSURE = BOTH | {"bands": {"pulse_pressure": DIFFERENCE}}


def bp(systolic: float | None, diastolic: float | None, at: str = "02T08:00", **more: Any) -> Json:
    given = {"systolic": systolic, "diastolic": diastolic}
    found = {"id": "o1", "measure": "bp", "unit": "mm[Hg]", "effective": f"2026-03-{at}:00+01:00"}
    parts = {name: number for name, number in given.items() if number is not None}
    return found | {"status": "final", "components": parts} | more


def alone(name: str, scale: list[Json]) -> Json:
    return {"id": "r", "kind": "absolute", "measure": name, "unit": "mm[Hg]", "bands": scale}


@pytest.mark.parametrize(
    ("rule", "systolic", "diastolic", "signs", "zone", "reason"),
    [
        # Each component by its own interval
        (BOTH, 150, 60, {"systolic": ">", "diastolic": "<"}, "red", "bp.systolic.high"),
        (BOTH, 150, 60, {"diastolic": "<"}, "red", "bp.diastolic.low"),
        (BOTH, 150, 60, {"systolic": ">"}, "red", "bp.systolic.high"),
        (BOTH, 139, 80, {"diastolic": ">"}, "red", "bp.diastolic.high"),
        (BOTH, 139, 80, {"systolic": "<"}, "red", "bp.systolic.low"),
        (BOTH, 100, 60, {"systolic": "<", "diastolic": ">"}, "red", "bp.systolic.low"),
        (BOTH, 150, 80, {}, "yellow", "bp.systolic.high"),
        # The end of the interval counts where the sign says so
        (alone("systolic", [*SYSTOLIC[:3], {"zone": "red", "ge": 140}]), 140, 80, {"systolic": "<"}, "red", "absolute.low"),
        (alone("systolic", [*SYSTOLIC[:2], {"zone": "green", "ge": 100}]), 90, 60, {"systolic": "<="}, "red", "absolute.low"),
        (alone("systolic", [{"zone": "green", "le": 140}, {"zone": "red", "gt": 140}]), 140, 80, {"systolic": "<="}, "green", ""),
        (alone("systolic", [{"zone": "green", "le": 140}, {"zone": "red", "gt": 140}]), 140, 80, {"systolic": ">="}, "red", "absolute.high"),
        # A rule on one component is not touched by the comparator of the other
        (alone("systolic", SYSTOLIC), 120, 60, {"diastolic": "<"}, "green", ""),
        (alone("diastolic", DIASTOLIC), 120, 60, {"diastolic": "<"}, "red", "absolute.low"),
        (alone("diastolic", DIASTOLIC), 120, 60, {"systolic": ">"}, "green", ""),
        # A comparator that is given for the whole panel is that of each
        (BOTH, 120, 60, "<", "red", "bp.systolic.low"),
        (BOTH, 120, 80, ">", "red", "bp.systolic.high"),
        # Pulse pressure is the interval of the difference
        (PULSE_PRESSURE, 120, 70, {"systolic": ">"}, "red", "bp.pulse_pressure.high"),
        (PULSE_PRESSURE, 120, 70, {"diastolic": "<"}, "red", "bp.pulse_pressure.high"),
        (PULSE_PRESSURE, 120, 70, {"systolic": ">", "diastolic": "<="}, "red", "bp.pulse_pressure.high"),
        (PULSE_PRESSURE, 120, 70, {"systolic": "<"}, "red", "bp.pulse_pressure.low"),
        (PULSE_PRESSURE, 120, 70, {"systolic": "<=", "diastolic": ">"}, "red", "bp.pulse_pressure.low"),
        (PULSE_PRESSURE, 120, 70, {}, "green", ""),
        # Over 150 may lie above 150: not impossible (§4.6)
        (alone("systolic", SYSTOLIC), 150, 150, {"systolic": ">"}, "red", "absolute.high"),
        (alone("systolic", SYSTOLIC), 150, 160, {"diastolic": "<"}, "yellow", "absolute.high"),
        (alone("systolic", SYSTOLIC), 150, 150, {"systolic": "<"}, "invalid", "technical.implausible"),
        (alone("systolic", SYSTOLIC), 150, 160, {"diastolic": ">"}, "invalid", "technical.implausible"),
    ],
)  # fmt: skip
def test_each_number_of_a_panel_is_judged_by_its_own_comparator(
    rule: Json, systolic: float, diastolic: float, signs: Any, zone: str, reason: str
) -> None:
    actual = told([rule], [bp(systolic, diastolic, comparator=signs)])

    assert {"o1": zone} == actual["zones"]
    assert [reason] * bool(reason) == [alert["reason"] for alert in actual["alerts"]]


@pytest.mark.parametrize("signs", [{"systolic": ">", "diastolic": ">"}, {"systolic": "<", "diastolic": "<="}])  # fmt: skip
def test_a_difference_of_which_nothing_is_known_is_told_as_missing(signs: Json) -> None:
    actual = told([PULSE_PRESSURE], [bp(120, 70, comparator=signs)])

    assert [("sys.incomplete", "yellow", "technical.incomplete", "open")] == rows(actual)


def test_a_part_whose_comparator_is_none_is_not_read_and_the_other_is() -> None:
    actual = told([BOTH], [bp(190, 70, comparator={"diastolic": "~"})])

    assert {"o1": "red"} == actual["zones"]
    assert ("sys.incomplete", "yellow", "technical.incomplete", "open") in rows(actual)


def test_the_text_shows_the_comparator_of_the_component_it_is_about_and_of_no_other() -> None:
    one = told([BOTH], [bp(150, 85, comparator={"diastolic": ">"})])["explained"]
    two = told([alone("systolic", SYSTOLIC)], [bp(150, 60, comparator={"diastolic": "<"})])["explained"]  # fmt: skip

    (first,), (second,) = one["firings"], two["firings"]
    assert "> 85 mmHg kan være over rød grense (≥ 110 mmHg)" in first["text"]
    assert "Systolisk blodtrykk 150 mmHg er over gul grense (≥ 140 mmHg)" in second["text"]


def test_in_the_average_a_component_beyond_the_meter_is_left_out_and_the_other_is_not() -> None:
    scale = [{"zone": "green", "lt": 135}, {"zone": "red", "ge": 135}]
    lower = [{"zone": "green", "lt": 85}, {"zone": "yellow", "ge": 85}]
    mean = {"id": "r", "kind": "average", "measure": "bp", "unit": "mm[Hg]", "window_days": 3, "min_readings": 2, "min_days": 2,
            "bands": {"systolic": scale, "diastolic": lower}}  # fmt: skip
    series = [
        bp(130, 86, "02T08:00"),
        bp(130, 86, "03T08:00", id="o2"),
        bp(150, 86, "04T08:00", id="o3", comparator={"systolic": ">"}),
    ]

    actual = told([mean], series)

    assert {"o1": "green", "o2": "yellow", "o3": "yellow"} == actual["zones"]
    counted = actual["explained"]["firings"][-1]["operands"]
    assert ["o1", "o2", "o3"] == [one["observation"] for one in counted]


def test_in_n_of_m_a_component_counts_by_its_own_interval() -> None:
    rule = {"id": "r", "kind": "n_of_m", "measure": "systolic", "unit": "mm[Hg]", "n": 2, "m": 3, "where": {"ge": 160}, "zone": "red"}  # fmt: skip
    series = [
        bp(150, 60, "02T08:00", comparator={"diastolic": ">"}),
        bp(150, 60, "03T08:00", id="o2", comparator={"systolic": ">"}),
        bp(165, 60, "04T08:00", id="o3", comparator={"diastolic": "<"}),
    ]

    actual = told([rule], series)

    assert {"o1": "green", "o2": "green", "o3": "red"} == actual["zones"]
    (firing,) = actual["explained"]["firings"]
    assert ["o2", "o3"] == [one["observation"] for one in firing["operands"]]


@pytest.mark.parametrize(("sign", "zone"), [(None, "yellow"), ("<", "none"), (">", "none")])
def test_a_change_of_a_component_is_not_told_of_an_interval(sign: str | None, zone: str) -> None:
    rule = {"id": "r", "kind": "delta", "measure": "systolic", "unit": "mm[Hg]", "window": "P3D", "direction": "up", "bands": [{"zone": "yellow", "ge": 20}]}  # fmt: skip
    signs = {"diastolic": "<"} | ({"systolic": sign} if sign else {})

    actual = told([rule], [bp(120, 60), bp(145, 60, "03T08:00", id="o2", comparator=signs)])

    assert zone == actual["zones"]["o2"]


@pytest.mark.parametrize(("signs", "zone"), [({"diastolic": "<"}, "green"), ({"systolic": "<"}, "yellow")])  # fmt: skip
def test_news2_takes_the_comparator_of_the_systolic_pressure_alone(signs: Json, zone: str) -> None:
    rule = {"id": "r", "kind": "score", "score": "news2", "spo2_scale": 1, "within": "PT1H", "bands": [{"zone": "green", "lt": 5}, {"zone": "yellow", "ge": 5}]}  # fmt: skip

    assert {"o1": zone} == told([rule], [bp(120, 60, comparator=signs)])["zones"]


def test_panels_that_differ_in_one_comparator_are_not_copies(build: Any) -> None:
    def panel(name: str, sign: str | None) -> Measurement:
        parts = (Component("systolic", "280", "mm[Hg]", sign), Component("diastolic", "120", "mm[Hg]"))  # fmt: skip
        return Measurement(name, "bp", build.morning, build.morning, components=parts)

    assert not is_same(panel("a", None), panel("b", ">"))
    assert is_same(panel("a", ">"), panel("b", ">"))


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ((("systolic", "150", ">"), ("diastolic", "60", "<=")), "> 150/≤ 60 mmHg"),
        ((("systolic", "150", None), ("diastolic", "60", "<")), "150/< 60 mmHg"),
        ((("systolic", "150", ">"),), "overtrykk > 150 mmHg"),
    ],
)
def test_a_letter_shows_each_comparator_at_its_own_number(
    build: Any, parts: Any, shown: str
) -> None:
    made = tuple(Component(name, value, "mm[Hg]", sign) for name, value, sign in parts)

    assert shown == shown_value(
        Measurement("o", "bp", build.morning, build.morning, components=made)
    )

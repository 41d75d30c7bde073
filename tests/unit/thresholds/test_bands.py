"""Bands → scale (§2.3, §4.5)."""

from decimal import Decimal

import pytest

from hub.thresholds.bands import band_faults, compile_bands
from hub.thresholds.plan import Band


def D(text: str) -> Decimal:  # noqa: N802 - reads as the literal it stands for
    return Decimal(text)


RED = Band("red", lt=D("3.0"))
YELLOW = Band("yellow", ge=D("3.0"), lt=D("3.9"))
GREEN = Band("green", ge=D("3.9"), le=D("10.0"))
HIGH = Band("yellow", gt=D("10.0"), le=D("20.0"))
TOP = Band("red", gt=D("20.0"))
GLUCOSE = (RED, YELLOW, GREEN, HIGH, TOP)


@pytest.mark.parametrize(
    ("value", "zone", "side"),
    [
        ("-1", "red", "low"),
        ("2.9999", "red", "low"),
        ("3.0", "yellow", "low"),
        ("3.00", "yellow", "low"),
        ("3.8999999999999999999999999999999999", "yellow", "low"),
        ("3.9", "green", ""),
        ("10.0", "green", ""),
        ("10.0000000000000000000000000000000001", "yellow", "high"),
        ("20.0", "yellow", "high"),
        ("20.1", "red", "high"),
    ],
)
def test_every_number_has_the_zone_its_bounds_say(value: str, zone: str, side: str):
    cell = compile_bands(GLUCOSE).find(D(value))

    assert (zone, side) == (cell.zone, cell.side)


def test_the_order_in_which_bands_are_written_does_not_matter():
    assert compile_bands(GLUCOSE).cells == compile_bands(GLUCOSE[::-1]).cells


def test_a_limit_of_zero_is_a_limit():
    scale = compile_bands((Band("red", lt=D("0")), Band("green", ge=D("0"))))

    assert [scale.find(D(v)).zone for v in ("-0.1", "0")] == ["red", "green"]


@pytest.mark.parametrize(
    ("comparator", "value", "zone", "side"),
    [
        ("<", "3.0", "red", "low"),
        ("<", "25", "red", "low"),
        ("<=", "3.0", "red", "low"),
        (">", "20.0", "red", "high"),
        (">=", "20.0", "red", "high"),
        (">", "9.0", "red", "high"),
        (">", "33.3", "red", "high"),
    ],
)
def test_an_interval_takes_the_worst_zone_it_touches(
    comparator: str, value: str, zone: str, side: str
):
    cell = compile_bands(GLUCOSE).find(D(value), comparator)

    assert (zone, side) == (cell.zone, cell.side)


@pytest.mark.parametrize(
    ("comparator", "value", "zone"),
    [("<", "100", "green"), ("<=", "100", "yellow"), (">", "99", "red"), (">=", "200", "red")],
)
def test_an_interval_ends_where_its_comparator_says(comparator: str, value: str, zone: str):
    scale = compile_bands(
        (
            Band("green", lt=D("100")),
            Band("yellow", ge=D("100"), lt=D("200")),
            Band("red", ge=D("200")),
        )
    )

    assert zone == scale.find(D(value), comparator).zone


def test_overlap_takes_the_worst_zone():
    scale = compile_bands((Band("red", lt=D("90")), Band("green", ge=D("88"))))

    assert [scale.find(D(v)).zone for v in ("87", "89", "90")] == ["red", "red", "green"]


def test_a_gap_is_yellow_and_says_so():
    cell = compile_bands((Band("red", lt=D("88")), Band("green", gt=D("92")))).find(D("90"))

    assert (cell.zone, cell.side) == ("yellow", "gap")


def test_a_hole_of_one_point_is_a_gap():
    cell = compile_bands((Band("red", lt=D("88")), Band("green", gt=D("88")))).find(D("88"))

    assert (cell.zone, cell.side) == ("yellow", "gap")


def test_without_green_the_open_end_tells_the_side():
    scale = compile_bands((Band("red", lt=D("88")), Band("yellow", ge=D("88"), lt=D("92"))))

    assert [scale.find(D(v)).side for v in ("80", "90", "95")] == ["low", "low", "gap"]


@pytest.mark.parametrize(
    ("value", "margin", "inside"),
    [("3.9", "0", True), ("4.3", "0.5", False), ("4.4", "0.5", True), ("9.5", "0.5", True),
     ("9.6", "0.5", False), ("3.5", "0", False)],
)  # fmt: skip
def test_well_inside_counts_the_margin_from_both_ends(value: str, margin: str, inside: bool):
    assert inside == compile_bands(GLUCOSE).well_inside(D(value), D(margin))


def test_sound_bands_have_no_fault():
    assert band_faults(GLUCOSE) == ()


@pytest.mark.parametrize(
    ("bands", "word"),
    [
        ((Band("red", lt=D("90")), Band("green", ge=D("88"))), "overlapper"),
        ((Band("red", lt=D("88")), Band("green", ge=D("92"))), "hull"),
        ((Band("green", lt=D("88")), Band("red", ge=D("88"), lt=D("92")), Band("yellow", ge=D("92"))), "ytterst"),
        ((Band("red", lt=D("88"), le=D("88")), Band("green", gt=D("88"))), "to øvre"),
        ((Band("red", lt=D("88")), Band("green", ge=D("88")), Band("green", ge=D("99"), lt=D("95"))), "tomt"),
    ],
)  # fmt: skip
def test_faults_are_named_in_words_for_a_nurse(bands: tuple[Band, ...], word: str):
    assert any(word in fault for fault in band_faults(bands))

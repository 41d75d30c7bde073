"""The only conversions there are (§4.4)."""

from decimal import Decimal

import pytest

from hub.thresholds.measures import BY_CODE, MEASURES
from hub.thresholds.units import CONVERSIONS, is_unit


@pytest.mark.parametrize(
    ("measure", "value", "unit", "to", "expected"),
    [
        ("glucose", "54", "mg/dL", "mmol/L", "3.0"),
        ("glucose", "53", "mg/dL", "mmol/L", "2.9"),
        ("glucose", "3.0", "mmol/L", "mg/dL", "54"),
        ("systolic", "21.3", "kPa", "mm[Hg]", "160"),
        ("systolic", "160", "mm[Hg]", "kPa", "21.3"),
        ("temperature", "100.4", "[degF]", "Cel", "38.0"),
        ("temperature", "38.0", "Cel", "[degF]", "100.4"),
        ("temperature", "311.15", "K", "Cel", "38.00"),
        ("temperature", "311.15", "K", "[degF]", "100.4"),
        ("weight", "80049", "g", "kg", "80.049"),
        ("weight", "176.4", "[lb_av]", "kg", "80.0"),
        ("weight", "80", "kg", "[lb_av]", "176.4"),
        ("height", "1.705", "m", "cm", "170.5"),
        ("height", "67", "[in_i]", "cm", "170"),
        ("spo2", "0.875", "1", "%", "87.5"),
        ("pef", "5", "L/s", "L/min", "300"),
        ("pulse", "1.5", "Hz", "/min", "90"),
        ("crp", "1.05", "mg/dL", "mg/L", "10.5"),
        ("hba1c", "7.0", "%", "mmol/mol", "53"),
        ("hba1c", "53", "mmol/mol", "%", "7.0"),
        ("inr", "2.5", "1", "{INR}", "2.5"),
    ],
)
def test_converts_with_the_factors_of_the_table(
    measure: str, value: str, unit: str, to: str, expected: str
):
    assert Decimal(expected) == CONVERSIONS[measure, unit, to](Decimal(value))


def test_rounds_half_up():
    assert Decimal("0.1") == CONVERSIONS["temperature", "[degF]", "Cel"](Decimal("32.09"))


@pytest.mark.parametrize("value", ["94.505050505050505050505050505050505050505050", "1E+2", "0.10"])
def test_a_value_in_the_unit_of_the_rule_is_never_touched(value: str):
    assert value == str(CONVERSIONS["spo2", "%", "%"](Decimal(value)))


def test_an_absurd_exponent_does_not_stop_the_engine():
    assert CONVERSIONS["weight", "g", "kg"](Decimal("1e9999")) > MEASURES["weight"].plausible_max  # type: ignore[operator]


@pytest.mark.parametrize(
    ("measure", "unit"),
    [("glucose", "mmol/l"), ("glucose", None), ("spo2", ""), ("weight", "lb"), ("nope", "kg"), ("spo2", "furlong")],
)  # fmt: skip
def test_what_is_not_in_the_table_is_not_a_unit(measure: str, unit: str | None):
    assert not is_unit(measure, unit)


def test_there_and_back_is_the_same_for_every_unrounded_conversion():
    for (measure, a, b), conversion in CONVERSIONS.items():
        if conversion.quantum is None:
            back = CONVERSIONS[measure, b, a](conversion(Decimal("37.5")))
            assert abs(back - Decimal("37.5")) < Decimal("1e-100"), (measure, a, b)


def test_no_code_means_two_measures():
    assert len(BY_CODE) == sum(len(measure.codes) for measure in MEASURES.values())

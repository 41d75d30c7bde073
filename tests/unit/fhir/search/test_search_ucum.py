"""Units of UCUM convert exactly, and what is none is left alone."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.search.ucum import convertible, to_base
from hub.fhir.search.ucum_units import ARBITRARY, BASES, DEFINED, PREFIXES, SAME


@pytest.mark.parametrize(
    ("one", "unit", "other", "same"),
    [
        ("0.5", "kg", "500", "g"),
        ("120", "mm[Hg]", "15.99864", "kPa"),
        ("37", "Cel", "98.6", "[degF]"),
        ("37", "Cel", "310.15", "K"),
        ("60", "/min", "1", "Hz"),
        ("60", "{beats}/min", "3600", "/h"),
        ("5.5", "mmol/L", "5500", "umol/l"),
        ("4", "10*9/L", "4", "10^3/uL"),
        ("150", "g/L", "15", "g/dL"),
        ("94", "%", "0.94", "1"),
        ("70", "kg/m2", "7", "g/cm2"),
        ("1", "[lb_av]", "453.59237", "g"),
        ("6", "L/min", "100", "mL/s"),
        ("1", "mL/min/{1.73_m2}", "1", "mL/min"),
        ("1", "N", "1", "kg.m/s2"),
        ("1", "kcal", "4.184", "kJ"),
        ("1", "[Cal]", "1", "kcal"),
        ("2", "wk", "14", "d"),
        ("1", "a", "12", "mo"),
        ("1000", "m[iU]/L", "1", "[IU]/L"),
        ("1", "J/(kg.K)", "1", "J/kg/K"),
        ("1", "KiBy", "8192", "bit"),
        ("1", "cm[H2O]", "98.0665", "Pa"),
        ("3", "[tsp_us]", "1", "[tbs_us]"),
        ("2", "4.m", "8", "m"),
    ],
)
def test_the_same_amount_is_the_same_in_base_units(
    one: str, unit: str, other: str, same: str
) -> None:
    first, second = to_base(unit), to_base(same)

    assert first is not None
    assert second is not None
    assert first.unit == second.unit
    assert first.apply(Decimal(one)) == second.apply(Decimal(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("mmol/L", "/L"), ("mmol/L", "mg/dL"), ("[iU]/L", "U/L"), ("kg", "L"), ("[CFU]", "[PFU]"), ("Cel", "J")],
)  # fmt: skip
def test_what_cannot_be_compared_has_other_base_units(one: str, other: str) -> None:
    first, second = to_base(one), to_base(other)

    assert first is not None
    assert second is not None
    assert first.unit != second.unit


@pytest.mark.parametrize(
    "unit",
    ["", "bpm", "steps", "m//s", "/", "(kg", "kg)", "m-1000", "Ym20.Ym20", "[pH]", "dB", "Cel/s", "mCel", "kkg", "kmin", "m\n",
     "ø", "[in_i", "{", "m" * 65, "((((((((((m))))))))))", "mg mg", "Ki", "ka", "."],
)  # fmt: skip
def test_what_is_no_unit_that_converts_has_no_scale(unit: str) -> None:
    assert to_base(unit) is None


def test_every_unit_of_the_table_has_a_scale() -> None:
    names = [line.split()[0] for line in DEFINED.strip().splitlines()]
    plain = [name[:-1] if name.endswith("*") and name != "10*" else name for name in names]

    assert len(plain) == len(set(plain))
    for unit in [*plain, *BASES, *ARBITRARY, *SAME]:
        scale = to_base(unit)
        assert scale is not None, unit
        assert scale.factor > 0


@given(st.sampled_from(sorted(PREFIXES)), st.sampled_from(["g", "m", "L", "mol", "Pa", "m[Hg]"]))
def test_a_prefix_is_a_power_of_ten(prefix: str, unit: str) -> None:
    plain, prefixed = to_base(unit), to_base(prefix + unit)

    assert plain is not None
    assert prefixed is not None
    assert prefixed.factor == plain.factor * Fraction(10) ** PREFIXES[prefix]


@given(st.text(max_size=70))
def test_no_text_is_an_accident(text: str) -> None:
    scale = to_base(text)

    assert scale is None or scale.factor > 0


def test_only_sizes_that_something_can_have_are_converted() -> None:
    assert convertible(Decimal("0.000"))
    assert convertible(Decimal("-1e299"))
    assert not convertible(Decimal("1e301"))
    assert not convertible(Decimal("1e-400"))

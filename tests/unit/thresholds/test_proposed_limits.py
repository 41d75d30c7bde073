"""General limits that can be proposed: sound as rules, and no published bound is judged milder than it says (thresholds.md §2.3, §15)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.thresholds.judge import judge
from hub.thresholds.limits_table import LINES
from hub.thresholds.measurement import Measurement
from hub.thresholds.plan import Band
from hub.thresholds.plan_check import validate_rules
from hub.thresholds.proposed_limits import SETS, find_lines, populations, proposed_limits
from hub.thresholds.spans import parse_span
from hub.thresholds.zones import RANK
from tests.unit.thresholds.conftest import MORNING, Build

CHOICES = [(each, population) for each in SETS for population in populations(each)]

BANDS = [line for line in LINES if not line.kind.startswith("n_of_m")]
"""Lines that are bands; the repeat rule of glucose has a test of its own."""


def bands_of(of: str, population: str, measure: str) -> tuple[Band, ...]:
    rules = proposed_limits(of, population)
    return next(
        rule.components.get(measure) or rule.bands
        for rule in rules
        if rule.kind != "n_of_m" and measure in (rule.measure, rule.form, *rule.components)
    )


def contains(band: Band, value: Decimal) -> bool:
    return not (
        (band.gt is not None and value <= band.gt)
        or (band.ge is not None and value < band.ge)
        or (band.lt is not None and value >= band.lt)
        or (band.le is not None and value > band.le)
    )


@pytest.mark.parametrize("of", SETS)
def test_the_proposed_rules_of_a_set_could_be_approved(of):
    assert () == validate_rules(proposed_limits(of))


@pytest.mark.parametrize(("of", "population"), CHOICES)
def test_a_population_gets_the_same_rules_alone_as_among_all(of, population):
    whole = {rule.id: rule for rule in proposed_limits(of)}

    assert all(whole[rule.id] == rule for rule in proposed_limits(of, population))


@pytest.mark.parametrize("line", BANDS, ids=lambda line: f"{line.set}-{line.measure}-{line.zone}")
def test_a_value_at_the_published_end_of_a_band_is_in_the_zone_published_for_it(line):
    bands = bands_of(line.set, line.population, line.measure)
    step = Decimal("0.01")
    for text, inward in ((line.low, step), (line.high, -step)):
        if text:
            end = Decimal(text.lstrip("<>="))
            value = end if "=" in text else end + inward
            assert [line.zone] == [band.zone for band in bands if contains(band, value)]


@pytest.mark.parametrize(
    ("of", "population", "measure", "unit", "value", "zone"),
    [
        ("news2-single", "adult, SpO2 scale 1", "spo2", "%", "91.5", "red"),
        ("news2-single", "adult", "pulse", "/min", "90.5", "yellow"),
        ("news2-single", "adult", "pulse", "/min", "130.5", "red"),
        ("news2-single", "adult", "temperature", "Cel", "35.05", "red"),
        ("telbil", "heart failure or chronic lung disease at home", "pulse", "/min", "50", "green"),
        ("telbil", "heart failure or chronic lung disease at home", "pulse", "/min", "49", "yellow"),
        ("diabetes", "adult with diabetes", "glucose", "mmol/L", "20", "yellow"),
        ("covid-home", "acute illness, chronic lung disease", "spo2", "%", "99", "green"),
    ],
)  # fmt: skip
def test_between_two_bands_the_worse_holds_and_an_open_end_is_never_milder_than_its_neighbour(
    of, population, measure, unit, value, zone
):
    build = Build()
    value_given = Measurement("o", measure, MORNING, MORNING, value=value, unit=unit)

    rules = [rule for rule in proposed_limits(of, population) if rule.kind == "absolute"]
    judged = judge(build.book([build.plan(*rules)]), value_given)

    assert zone == judged.zone


def test_two_high_values_of_glucose_within_a_day_are_red():
    rule = next(r for r in proposed_limits("diabetes") if r.kind == "n_of_m")

    assert (2, 2, "red", Decimal("13.9")) == (
        rule.n,
        rule.m,
        rule.zone,
        rule.where and rule.where.gt,
    )
    assert parse_span("PT24H") == rule.window


@pytest.mark.parametrize(("of", "population"), CHOICES)
def test_bands_are_read_by_the_engine_with_the_zones_rising_outwards(of, population):
    for rule in proposed_limits(of, population):
        for bands in (rule.bands, *rule.components.values()):
            ranks = [RANK[band.zone] for band in bands]
            worst_inside = min(range(len(ranks)), key=ranks.__getitem__, default=0)
            assert ranks[: worst_inside + 1] == sorted(ranks[: worst_inside + 1], reverse=True)
            assert ranks[worst_inside:] == sorted(ranks[worst_inside:])
    assert find_lines(of, population)

"""Forms with a published score: the proposed rules are sound and judge at the bounds (thresholds.md §5.9, data/scores.csv)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.thresholds.forms_table import FORMS, proposed_rules
from hub.thresholds.judge import judge
from hub.thresholds.measurement import Measurement
from hub.thresholds.plan_check import validate_rules
from tests.unit.thresholds.conftest import MORNING, Build

BY_KEY = {form.key: form for form in FORMS}


def zone(key: str, *answers: int | None) -> str:
    form = BY_KEY[key]
    build = Build()
    items = {str(n): None if a is None else str(a) for n, a in enumerate(answers, start=1)}
    m = Measurement("o", f"form:{key}", MORNING, MORNING, items=items)
    return judge(build.book([build.plan(*proposed_rules(form))]), m).zone


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.key)
def test_the_proposed_rules_of_a_form_could_be_approved(form):
    assert () == validate_rules(proposed_rules(form))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.key)
def test_the_bands_of_a_form_lie_within_what_it_can_count(form):
    factor = Decimal(form.multiply)
    least, most = form.questions * form.low * factor, form.questions * form.high * factor

    assert all(least <= Decimal(low) <= most for _, low in form.bands)


@pytest.mark.parametrize(
    ("key", "answers", "expected"),
    [
        ("phq9", (1, 1, 1, 1, 1, 1, 1, 2, 0), "green"),
        ("phq9", (2, 1, 1, 1, 1, 1, 1, 2, 0), "yellow"),
        ("phq9", (3, 3, 3, 3, 3, 3, 1, 0, 0), "yellow"),
        ("phq9", (3, 3, 3, 3, 3, 3, 2, 0, 0), "red"),
        ("phq9", (0, 0, 0, 0, 0, 0, 0, 0, 1), "red"),
        ("gad7", (2, 2, 2, 2, 2, 2, 2), "yellow"),
        ("gad7", (3, 2, 2, 2, 2, 2, 2), "red"),
        ("who5", (1, 1, 1, 2, 2), "red"),
        ("who5", (2, 2, 2, 1, 1), "yellow"),
        ("who5", (3, 3, 3, 2, 2), "green"),
        ("cat", (2, 2, 2, 2, 1, 0, 0, 0), "green"),
        ("cat", (5, 5, 5, 5, 5, 5, 1, 0), "red"),
        ("ccq", (1, 1, 1, 1, 1, 1, 1, 1, 1, 0), "green"),
        ("ccq", (1,) * 10, "yellow"),
        ("ccq", (2,) * 10, "red"),
        ("k10", (3, 3, 3, 3, 3, 2, 2, 2, 2, 1), "green"),
        ("k10", (3,) * 10, "red"),
        ("cfs", (5,), "yellow"),
    ],
)
def test_a_score_is_judged_at_its_bounds(key, answers, expected):
    assert expected == zone(key, *answers)


def test_a_reversed_form_with_a_blank_is_judged_by_its_upper_bound():
    assert "red" == zone("who5", 0, 0, 0, None, 0)
    assert "none" == zone("who5", 3, 3, 3, None, 3)  # no hit: no result

"""No rule on auditing without a test that exists, or a word on why there is none; the pages show the same tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit_rules import MARKS, RULES, placed
from tests.proved import Proved


def test_each_event_and_each_section_of_the_standard_has_a_row() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert {f"3.4.{n}" for n in range(1, 15)} <= set(ids)
    assert {rule.id.split()[0].split(".")[0] for rule in RULES} == {*"123456", "N"}


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_a_rule_has_tests_that_exist_or_says_why_not(rule: Proved) -> None:
    assert bool(rule.tests) != bool(rule.gap)
    assert not rule.gap or rule.gap.startswith(("not ", "in part"))
    assert rule.missing() == []


@pytest.mark.parametrize("page", MARKS, ids=lambda each: each.name)
def test_the_pages_show_the_tables(page: Path) -> None:
    assert page.read_text("utf-8") == placed(page), "run: python -m tests.audit_rules"

"""No rule of the standard without a test that exists, or a word on why there is none; the page shows the same table."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.proved import Proved
from tests.security.rules import PAGE, PLACES, RULES, render

SECTIONS = {
    "README §7": 16, "README §9": 29, "helseid.md §1": 2, "helseid.md §2": 6, "helseid.md §3": 7, "helseid.md §4": 2, "helseid.md §5": 18,
    "helseid.md §6": 3, "helseid.md §7": 1, "helseid.md §8": 4, "helseid.md §9": 1, "smart.md §1": 2, "smart.md §2": 10, "smart.md §3": 1,
    "smart.md §4": 8, "smart.md §5": 2, "xml-and-message-security.md §1": 11, "xml-and-message-security.md §2": 10,
    "xml-and-message-security.md §3": 2, "xml-and-message-security.md §4": 4, "xml-and-message-security.md §5": 1,
    "xml-and-message-security.md §6": 28,
}  # fmt: skip
"""How many rules each section has at least: a section that was walked does not lose one in silence."""


def test_each_section_of_the_standard_has_its_rules() -> None:
    found = Counter(each.id[: re.match(r"\S+ §\d+", each.id).end()] for each in RULES)  # type: ignore[union-attr]
    assert found.keys() == SECTIONS.keys()
    assert {s: n for s, n in SECTIONS.items() if found[s] < n} == {}


def test_no_rule_stands_twice() -> None:
    told = Counter((each.id, each.told) for each in RULES)
    assert [rule for rule, times in told.items() if times > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda each: f"{each.id} {each.told}")
def test_a_rule_has_tests_that_exist_or_says_why_not(rule: Proved) -> None:
    assert rule.tests or rule.gap.startswith("not built: ")
    assert not rule.gap or rule.gap.startswith(("not built: ", "otherwise: "))
    assert rule.tests or not rule.gap.startswith("otherwise: ")
    assert rule.missing() == []


def test_the_page_shows_the_table() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m tests.security.rules"


def test_no_short_name_is_without_a_rule() -> None:
    used = {test.partition("::")[0] for each in RULES for test in each.tests}
    assert {*PLACES.values()} - used == set()

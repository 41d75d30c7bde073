"""No threat and no rule without a test that exists, or a word on why there is none; the page shows the same table."""

from __future__ import annotations

import pytest

from tests.proved import ROOT, Proved
from tests.security.attacks import ATTACKS
from tests.security.rules import RULES
from tests.security.test_messages_refused import WATCHED as BY_FILE
from tests.security.test_watched_elsewhere import WATCHED as ELSEWHERE
from tests.security.threats import PAGE, THREATS, UNSEEN, WATCHED, placed

REQUIRED = {
    *(f"T{n}" for n in range(1, 9)),
    *(f"G{n}" for n in range(1, 6)),
    *(f"K{n}" for n in (*range(1, 7), 9)),
    *("R3", "R4", "R6", "O1", "O2", "H1", "H2", "H3", "H4", "D1", "D2", "D3", "D4", "E1", "F1", "F2", "F3", "F4"),
    *(f"X{n}" for n in range(1, 8)),
    *(f"A{n}" for n in range(1, 6)),
}  # fmt: skip
"""The standard's threats (T), gates (G), rules of the registry and refusals (R), outbound (O), HTTP (H), tokens (K), proofs (D),
the token endpoint (E), XML and messages (X), FHIR (F), audit (A)."""


def test_each_threat_and_rule_of_the_standard_has_a_row_of_its_own() -> None:
    ids = [each.id for each in THREATS]
    assert len(ids) == len(set(ids))
    assert REQUIRED <= set(ids)


@pytest.mark.parametrize("threat", THREATS, ids=lambda each: each.told)
def test_a_threat_has_tests_that_exist_or_says_why_not(threat: Proved) -> None:
    assert threat.told
    assert bool(threat.tests) != bool(threat.gap)
    assert not threat.gap or threat.gap.startswith("not built")
    assert threat.missing() == []


def test_each_threat_has_an_attack_under_watch_or_says_why_not() -> None:
    attacked = {each.threat for each in ATTACKS} | BY_FILE | ELSEWHERE
    held = {each.id for each in THREATS if not each.gap}
    assert attacked | UNSEEN.keys() == held
    assert not attacked & UNSEEN.keys()
    assert Proved("watch", "every attack", (WATCHED,)).missing() == []


def test_the_page_shows_the_table() -> None:
    page = PAGE.read_text("utf-8")
    assert page == placed(page), "run: python -m tests.security.threats"


def test_each_test_file_of_this_folder_stands_for_a_threat() -> None:
    named = {test.partition("::")[0] for each in THREATS for test in (*each.tests, WATCHED)}
    files = {f"tests/security/{p.name}" for p in (ROOT / "tests/security").glob("test_*.py")}
    rules = {test.partition("::")[0] for each in RULES for test in each.tests}
    tables = {f"tests/security/test_{name}.py" for name in ("threats", "rules", "demo")}
    assert files - named - rules - {"tests/security/test_watched_elsewhere.py"} == tables

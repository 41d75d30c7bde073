"""The second evaluator knows the decided cases, and the engine agrees with it on cases nobody decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.against import differences
from tests.oracle.episodes import evaluate
from tests.oracle.generate import make_case
from tests.oracle.mix import make_mixed

pytestmark = pytest.mark.official
CASES = Path(__file__).parents[3] / "shared/standards/dho/cases/sample-cases.json"
DECIDED: list[dict[str, Any]] = json.loads(CASES.read_text())["cases"] if CASES.exists() else []


@pytest.mark.parametrize("case", DECIDED, ids=lambda case: case["id"])
def test_the_evaluator_says_what_was_decided(case: dict[str, Any]) -> None:
    expected, actual = case["expected"], evaluate(case)
    shown = {key: actual["zones"].get(key) for key in expected["zones"]}
    assert expected["zones"] == shown
    assert _essence(expected) == _essence(actual)
    for alert in expected["alerts"]:
        cited = [a["evidence"] for a in actual["alerts"] if a["rule"] == alert["rule"]]
        assert any(set(alert["evidence"]) <= set(each) for each in cited)


def test_there_are_decided_cases() -> None:
    assert len(DECIDED) >= 46


def _essence(verdict: dict[str, Any]) -> list[tuple[str, ...]]:
    return sorted(
        (a["rule"], a["zone"], a["reason"], a.get("state", "open")) for a in verdict["alerts"]
    )


@pytest.mark.parametrize("first", range(0, 600, 60))
def test_the_engine_agrees_with_the_evaluator(first: int) -> None:
    found = [line for seed in range(first, first + 60) for line in differences(make_case(seed))]
    assert found == []


@pytest.mark.parametrize("first", range(0, 300, 60))
def test_the_engine_agrees_with_the_evaluator_where_rules_meet(first: int) -> None:
    found = [line for seed in range(first, first + 60) for line in differences(make_mixed(seed))]
    assert found == []

"""docs/explanation/safety.md: no hazard without a control, no control without a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/explanation/safety.md").read_text("utf-8").splitlines()
    if line.startswith("| H")
]


def test_hazards_are_numbered_one_by_one() -> None:
    assert [f"H{number}" for number in range(1, len(ROWS) + 1)] == [row[0] for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_hazard_has_a_control_and_tests_that_exist(row: list[str]) -> None:
    _, hazard, control, proofs = row
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", proofs)

    assert hazard
    assert control
    assert named
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), f"{path} has no {name}"

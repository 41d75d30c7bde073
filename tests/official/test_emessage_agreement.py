"""The committed page on the agreement of codec and schema is what the official files give; every mutation of all keeps the law."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.emessage_agreement import REASONS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.official


def agreement(option: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tools.emessage_agreement", option],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={},
    )
    return done.returncode, done.stdout


@pytest.mark.timeout(600)
def test_the_codec_accepts_nothing_that_the_schema_refuses_and_the_page_says_so() -> None:
    assert agreement("--check") == (0, "")


@pytest.mark.sweep
@pytest.mark.timeout(3600)
def test_the_law_holds_for_every_mutation_of_every_document() -> None:
    assert agreement("--all") == (0, "")


def test_there_are_at_most_twenty_reasons_for_being_stricter() -> None:
    assert len({reason.name for reason in REASONS}) == len(REASONS) <= 20

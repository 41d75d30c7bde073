"""The committed models are those the official definitions give; needs the package index the first time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.official
def test_the_generated_models_are_current():
    tool = Path(__file__).resolve().parents[2] / "tools" / "generate_models.py"
    done = subprocess.run(
        [sys.executable, tool, "--check"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")

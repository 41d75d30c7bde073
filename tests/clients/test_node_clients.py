"""npm fhir-kit-client and @medplum/core, as their users use them; the stories are fhir_kit.mjs and medplum.mjs.

The clients are installed by npm from the committed lock file, into the cache folder.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STORIES = ("fhir_kit.mjs", "medplum.mjs")
CACHE = HERE.parents[1] / ".cache" / "clients"


@pytest.fixture(scope="session")
def place() -> Path:
    """A folder in which the clients are installed, with the stories beside them."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = CACHE / "package-lock.json"
    fresh = lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()
    for name in ("package.json", "package-lock.json", "tell.mjs", *STORIES):
        shutil.copy(HERE / name, CACHE / name)
    if not fresh or not (CACHE / "node_modules").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=CACHE, check=True, capture_output=True)
    return CACHE


@pytest.mark.parametrize("story", STORIES)
def test_the_whole_story_goes_well(base: str, place: Path, story: str) -> None:
    command = ["node", story, base]
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=100, check=False
    )
    assert [line for line in done.stdout.splitlines() if not line.startswith("ok ")] == []
    assert (done.returncode, done.stderr) == (0, "")

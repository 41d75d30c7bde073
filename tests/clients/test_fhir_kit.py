"""npm fhir-kit-client, as its users use it; the story itself is story.mjs.

The client is installed by npm from the committed lock file, into the cache folder.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "clients"


@pytest.fixture(scope="session")
def place() -> Path:
    """A folder in which the client is installed, with the story beside it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = CACHE / "package-lock.json"
    fresh = lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()
    for name in ("package.json", "package-lock.json", "story.mjs"):
        shutil.copy(HERE / name, CACHE / name)
    if not fresh or not (CACHE / "node_modules").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=CACHE, check=True, capture_output=True)
    return CACHE


def test_the_whole_story_goes_well(base: str, place: Path) -> None:
    command = ["node", "story.mjs", base]
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=100, check=False
    )
    assert [line for line in done.stdout.splitlines() if not line.startswith("ok ")] == []
    assert (done.returncode, done.stderr) == (0, "")

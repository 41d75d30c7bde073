"""HAPI's generic client, as Java programs use it, in JSON and in XML; the story is hapi/…/HapiStory.java.

Maven fetches the client by its pinned version, into its own cache.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "hapi"
CACHE = Path(__file__).parents[2] / ".cache" / "hapi-client"


@pytest.fixture(scope="session")
def program() -> Path:
    """The folder with the classes of the story, and `lib` with what it needs."""
    shutil.copytree(HERE, CACHE, dirs_exist_ok=True)
    build = ["mvn", "-q", "-B", "-f", str(CACHE / "pom.xml"), "process-classes"]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    return CACHE / "target"


@pytest.mark.timeout(420)
def test_the_whole_story_goes_well_in_both_formats(base: str, program: Path) -> None:
    places = f"{program / 'classes'}:{program / 'lib'}/*"
    done = subprocess.run(
        ["java", "-cp", places, "example.dhohub.HapiStory", base],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith("ok ")] == []
    assert (0, 20) == (done.returncode, len(lines)), done.stderr

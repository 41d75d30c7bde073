"""`hub demo` from its first line to its last, as a newcomer sees it: a plan tried, values, an alert, the message, and the journal's note."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.servers import free_port

STORY = (
    "prøver et utkast: gul grense for SpO2 91 %",
    "Sykehuset melder pasienten utskrivningsklar",
    "ut kvittering til HER-id",
    "SpO2 86 %: under rød grense",
    "ut DIALOG_HELSEFAGLIG",
    "kvittert OK: ansvaret er hos mottakeren",
    "spør hvorfor varselet er der",
    "SpO2 86 % er under rød grense (< 88 %), EBP v2 [",
    "tar varselet",
    "lukker varselet",
    "notat til kommunens journal",
)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_plays_its_day_to_the_end(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
    played = subprocess.run(
        [sys.executable, "-m", "hub", "demo", "--once", "--seconds", "20", "--folder", tmp_path / "demo"],
        env={**env, "HUB_PORT": str(free_port())},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )  # fmt: skip

    said = played.stdout
    assert 0 == played.returncode, said + played.stderr
    assert "Traceback" not in said + played.stderr
    missing = [part for part in STORY if part not in said]
    assert [] == missing, said
    (note,) = (tmp_path / "demo").rglob("journal/out/*.json")
    assert b'"type":"document"' in note.read_bytes()

"""The tests' own PostgreSQL leaves nothing behind, however the tests end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = (
    "from tests.postgres_cluster import shared_cluster as s; print(s().folder, flush=True); input()"
)


@pytest.mark.postgres
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_leaves_no_server(how: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", START],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    assert (folder / "data" / "postmaster.pid").exists()
    run.send_signal(how)
    run.communicate()
    until = time.monotonic() + 30
    while folder.exists():
        assert time.monotonic() < until, "the server is still there"
        time.sleep(0.05)

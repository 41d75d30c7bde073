"""What the n-th value that joins one open alert costs to be judged, or the n-th implausible one within an hour.

Each value is stored, then judged in a turn of the worker of its own: processor time of that turn alone, with the alert that it
writes, in this process. Median of the ten values up to each of the counts. On SQLite.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hub.clock import FixedClock
from hub.settings import read_settings
from hub.store.migrate import mark_synthetic, migrate
from hub.wiring import build_hub
from tests.builders import observation
from tests.functional.conftest import DEVELOPMENT
from tests.functional.followed import SPO2_RULE, Followed
from tests.functional.hub_client import Client

TOLD: Final = (11, 40, 400, 1000, 2000)
_AROUND: Final = 10


def hub_in(folder: Path, clock: FixedClock) -> Followed:
    """A folder and a clock → a hub at work there."""
    path = folder / "hub.db"
    migrate(path)
    mark_synthetic(path)

    def make(**more: str) -> Client:
        given = {**DEVELOPMENT, "HUB_DATABASE_URL": f"sqlite:///{path}", **more}
        return Client(build_hub(read_settings(given), clock))

    return Followed(make, clock, folder / "drop")


def run(values: int, value: str, apart: timedelta) -> list[float]:
    """How many values, what each says, and how far apart they are → milliseconds of judging each."""
    with tempfile.TemporaryDirectory() as folder:
        clock = FixedClock(datetime(2026, 11, 21, 8, tzinfo=UTC))
        followed = hub_in(Path(folder), clock)
        who = followed.person()
        followed.plan(who, SPO2_RULE)
        took: list[float] = []
        for _ in range(values):
            clock.at += apart
            followed.client.create(observation(who, value=value, at=clock.at.isoformat()))
            began = time.process_time()
            followed.client.runner.run(followed.hub.work.runner.judge())
            took.append((time.process_time() - began) * 1000)
            followed.work()
        followed.client.close()
        return took


def main() -> None:
    """Prints a row for each count."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--values", type=int, default=2000)
    asked.add_argument("--implausible", action="store_true")
    given = asked.parse_args()
    value, apart = (
        ("12", timedelta(seconds=1)) if given.implausible else ("86", timedelta(minutes=5))
    )
    took = run(given.values, value, apart)
    for count in TOLD:
        if count <= len(took):
            print(f"{count:5}. value: {median(took[count - _AROUND : count]):8.2f} ms")
    print(f"together: {sum(took) / 1000:.1f} s, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

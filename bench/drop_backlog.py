"""Files waiting in the drop when the hub starts: are they taken in order of arrival, and does the API keep its pace meanwhile?

`python bench/drop_backlog.py` takes 10,000 files; `--files 500` is for a quick look. The same load of reads and writes, at fixed
moments, runs against the hub twice: with an empty drop, and from the moment it is ready with the files waiting. It prints
both p99, their ratio (must stay below 2), and whether the files were taken in the order they came. Exit status 1 when not.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.f5_alert import Lines
from bench.http1 import get, post
from bench.kill_messages import build_message
from bench.loading import load_town, percentile, progress
from bench.servers import Server, free_port, start_hub
from bench.town import MEASURES, OWN_SERVICES, Citizen, citizens, observation
from hub.clock import SystemClock

MUST = 2.0
PATIENTS = 100


@dataclass(frozen=True, slots=True)
class Size:
    """How many files, how long the load runs, and how many requests a second."""

    files: int = 10_000
    seconds: int = 30
    rate: int = 40


def fill(place: Path, people: tuple[Citizen, ...], size: Size, now: datetime) -> dict[str, int]:
    """A drop → the files in it, each with the place it came in; their names say nothing of it."""
    folder = place / "drop" / "in"
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{number:06}.xml" for number in range(size.files)]
    random.Random(7).shuffle(names)
    began = now.timestamp() - 3600
    for number, name in enumerate(names):
        data = build_message(
            people[number % len(people)], number, str(uuid.UUID(int=number, version=4)), now
        )
        path = folder / name
        path.write_bytes(data)
        moment = began + number * 0.1
        os.utime(path, (moment, moment))
    return {name: number for number, name in enumerate(names)}


async def load(hub: Server, people: tuple[Citizen, ...], size: Size, name: str) -> list[float]:
    """A hub and a size → how long each request took, in seconds: three reads, then a write."""
    lines = Lines(hub.port, [])
    now = SystemClock().now()
    began = time.perf_counter() + 0.1

    async def one(number: int) -> float:
        citizen = people[number % len(people)]
        if number % 4 == 3:
            at = now - timedelta(minutes=number)
            body = observation(
                citizen, MEASURES[number % len(MEASURES)], "green", at, f"{name}-{number}"
            )
            request, wanted = post("/fhir/Observation", body), 201
        else:
            request = get(f"/fhir/Observation?patient=Patient/{citizen.id}&_sort=-date&_count=20")
            wanted = 200
        await asyncio.sleep(max(0.0, began + number / size.rate - time.perf_counter()))
        line = await lines.take()
        sent = time.perf_counter()
        answer = await line.call(request)
        lines.give(line)
        if answer.status != wanted:
            raise RuntimeError(f"{answer.status} {answer.body[:200]!r}")
        return time.perf_counter() - sent

    return await asyncio.gather(*(one(n) for n in range(size.seconds * size.rate)))


def taken(place: Path, order: dict[str, int]) -> tuple[int, int]:
    """A folder and the order of arrival → how many files have been taken, and how many of them out of turn."""
    with sqlite3.connect(place / "hub.db") as database:
        rows = database.execute("select name from inbox_raw order by rowid").fetchall()
    found = [order[name] for (name,) in rows if name in order]
    wrong = sum(1 for before, after in pairwise(found) if after < before)
    return len(found), wrong


async def measure(place: Path, size: Size) -> bool:
    """A folder and a size → whether what must hold holds; the figures are printed."""
    people = citizens("drop", PATIENTS)
    settings = {"HUB_OWN_SERVICES": OWN_SERVICES}
    hub = start_hub(place, free_port(), more=settings)
    try:
        hub.wait_ready()
        await load_town(hub.port, people)
        await load(hub, people, Size(0, 3, size.rate), "warm")
        progress("the same load with an empty drop")
        calm = await load(hub, people, size, "calm")
    finally:
        hub.stop()
    order = fill(place, people, size, SystemClock().now())
    hub = start_hub(place, free_port(), more=settings)
    try:
        ready = hub.wait_ready()
        await load(hub, people, Size(0, 3, size.rate), "warm-2")
        first, _ = taken(place, order)
        progress(f"and with {size.files} files waiting (ready after {ready:.1f} s)")
        began = time.perf_counter()
        busy = await load(hub, people, size, "busy")
        took = time.perf_counter() - began
        count, wrong = taken(place, order)
    finally:
        hub.stop()
    ratio = percentile(busy, 99) / percentile(calm, 99)
    for name, times in (("empty drop", calm), (f"{size.files} files", busy)):
        told = ", ".join(f"p{p} {percentile(times, p) * 1000:.1f} ms" for p in (50, 90, 99))
        print(f"{name:>14}: {told}, longest {max(times) * 1000:.1f} ms")
    print(f"         ratio: p99 {ratio:.2f} (must be below {MUST})")
    print(
        f"         taken: {(count - first) / took:.1f} files a second beside it, {wrong} out of turn"
    )
    return ratio < MUST and not wrong


def main() -> None:
    """Measure, print, and fail when what must hold does not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=int, default=40)
    parser.add_argument("--folder", type=Path, help="on a real disk; a temporary one otherwise")
    told = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="drop-backlog-", dir=told.folder))
    try:
        held = asyncio.run(measure(place, Size(told.files, told.seconds, told.rate)))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()

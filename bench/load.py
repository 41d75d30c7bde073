"""LOAD: a year of values goes in; the last tenth must go as fast as the first (≥ 0.8), and F9 is read at the end.

Loaded over HTTP in transaction Bundles, as a supplier would deliver a backlog; a tenth is done when its last value is judged.
The full load is `python bench/load.py --patients 10000` (3.65 million values, about an hour on two cores).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop

from bench.figure import Figure, table
from bench.generate import DAYS, FIRST_DAY, PATIENTS, people, values
from bench.history import ENTRIES, bundles
from bench.http1 import connect, post
from bench.loading import CITIZENS_PER_BUNDLE, clear_progress, progress, wait_judged
from bench.servers import LOAD_CORE, free_port, pin, start_hub
from bench.town import bundle, resources, shared_resources

PARTS: Final = 10
LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Size:
    """What is loaded."""

    patients: int = 100
    days: int = DAYS
    calm: bool = False


async def measure(folder: Path, size: Size, more: Mapping[str, str] | None = None) -> list[Figure]:
    """A folder, a size and further settings of the hub (another database) → the figures."""
    hub = start_hub(folder / "load", free_port(), more=more)
    hub.wait_ready()
    who = people(size.patients)
    try:
        await _put_people(hub.port, size)
        total = len(who) * size.days
        source = values(who, size.days, calm=size.calm)
        rates: list[float] = []
        for part in range(PARTS):
            progress(f"load: part {part + 1} of {PARTS}, {rates[-1] if rates else 0:.0f}/s")
            wanted = (part + 1) * total // PARTS - part * total // PARTS
            began = time.perf_counter()
            entries = min(ENTRIES, max(1, wanted // LINES))
            await _feed(hub.port, bundles(islice(source, wanted), entries))
            rates.append(wanted / (await wait_judged(hub.port, within_s=7200) - began))
        await asyncio.sleep(3)
        rss, pss = hub.memory_mb()
    finally:
        hub.stop()
        clear_progress()
    return _figures(total, rates, pss, rss)


async def _put_people(port: int, size: Size) -> None:
    line = await connect(port)
    rest = iter(people(size.patients))
    groups = [shared_resources()]
    while group := list(islice(rest, CITIZENS_PER_BUNDLE)):
        groups.append(r for each in group for r in resources(each, FIRST_DAY))
        for each in groups:
            answer = await line.call(post("/fhir", bundle(each)))
            assert answer.status == 200, answer.body[:500]
        groups = []
    line.close()


async def _feed(port: int, source: Iterator[tuple[int, bytes]]) -> None:
    """A port and Bundles → all of them are stored."""

    async def one() -> None:
        line = await connect(port)
        for _, body in source:
            answer = await line.call(post("/fhir", body))
            assert answer.status == 200, answer.body[:500]
        line.close()

    await asyncio.gather(*(one() for _ in range(LINES)))


def _figures(total: int, rates: list[float], pss: float, rss: float) -> list[Figure]:
    told = ", ".join(f"{rate:.0f}" for rate in rates)
    whole = total >= PATIENTS * DAYS
    scope = "" if whole else f" ({total:,} values, NOT the full count)"
    ratio = rates[-1] / rates[0]
    return [
        Figure(
            "LOAD",
            "last tenth of a load, of the first" + scope,
            0.8,
            0.95,
            "",
            ratio,
            higher=True,
            note=f"values stored and judged per second, tenth by tenth: {told}",
            facts={"rates": rates, "values": total},
        ),
        Figure(
            "F9",
            "memory after the load" + scope,
            400,
            250,
            "MB",
            pss,
            note=f"PSS {pss:.0f} MB, RSS {rss:.0f} MB, before any read",
            facts={"rss_mb": rss, "pss_mb": pss, "values": total},
        ),
    ]


def main() -> int:
    """The program: exit status 1 when a must is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--calm", action="store_true", help="green values only: no alerts")
    parser.add_argument("--folder", type=Path, help="where the database is made: a real disk")
    chosen = parser.parse_args()
    pin(0, LOAD_CORE)
    url = os.environ.get("HUB_DATABASE_URL")
    more = {"HUB_DATABASE_URL": url} if url else None
    size = Size(chosen.patients, chosen.days, chosen.calm)
    with tempfile.TemporaryDirectory(prefix="hub-load-", dir=chosen.folder) as folder:
        rows = uvloop.run(measure(Path(folder), size, more))
    print(table(rows))
    return 0 if all(row.verdict in ("must", "aim") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""F9: memory of one process, idle after the start and after 3.65 million Observations."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.f3_trend import DAYS, over_http
from bench.figure import Figure
from bench.history import load_history
from bench.http1 import Reader
from bench.loading import load_town, progress
from bench.servers import free_port, start_hub
from bench.town import MEASURES, citizens

FULL: Final = 3_650_000
_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Size:
    """How many values are loaded over HTTP. Shape: rounded to whole patients with 365 days of 4 measures."""

    values: int = 146_000


async def measure(folder: Path, size: Size) -> list[Figure]:
    """A folder for the program's files and a size → idle memory, and memory after loading."""
    place = folder / "f9"
    shutil.rmtree(place, ignore_errors=True)
    hub = start_hub(place, free_port(), core=None)
    hub.wait_ready()
    await asyncio.sleep(3)
    idle_rss, idle_pss = hub.memory_mb()
    idle = Figure(
        "F9",
        "idle memory of one process",
        150,
        110,
        "MB",
        idle_pss,
        note=f"3 s after the start on an empty database: PSS {idle_pss:.0f} MB, RSS {idle_rss:.0f} MB",
        facts={"rss_mb": idle_rss, "pss_mb": idle_pss},
    )
    people = citizens("f9", max(1, size.values // (_DAYS * len(MEASURES))))
    count = len(people) * _DAYS * len(MEASURES)
    try:
        await load_town(hub.port, people, _DAYS + 30)
        seconds = await load_history(hub.port, people, _DAYS, "F9")
        line = Reader(hub.port)
        progress("F9: reading trends")
        over_http(line, people, min(len(people), 300), DAYS)
        line.close()
        await asyncio.sleep(3)
        rss, pss = hub.memory_mb()
        own = hub.private_mb()
    finally:
        hub.stop()
    whole = count >= FULL
    scope = "" if whole else f" (measured after {count:,}, NOT the full count)"
    after = Figure(
        "F9",
        "memory after 3.65 M Observations" + scope,
        400,
        250,
        "MB",
        pss,
        note=(
            f"PSS {pss:.0f} MB, RSS {rss:.0f} MB, of it {own:.0f} MB the process's own and the rest mapped pages of files;"
            f" {count:,} values loaded over HTTP in Bundles at {count / seconds:.0f}/s, then trends of"
            f" {min(len(people), 300)} patients read; database"
            f" {(place / 'hub.db').stat().st_size / 1e6:.0f} MB"
            + ("" if whole else "; run with --f9-values 3650000 for the full count")
        ),
        facts={
            "values": count,
            "rss_mb": rss,
            "pss_mb": pss,
            "own_mb": own,
            "rate": count / seconds,
        },
    )
    return [idle, after]

"""LOAD: a year of values goes in; the last tenth must go as fast as the first (≥ 0.8), and F9, F3 and F4 are read at the end.

Loaded over HTTP in transaction Bundles, as a supplier would deliver a backlog; a part is done when its last value is judged.
The full load is `python bench/load.py --patients 10000` (3.65 million values, hours on two cores); `--minutes` ends it earlier
and tells how far it came. Each hundredth is told as it is done.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop

from bench import f3_trend, f4_pages
from bench.databases import ENGINES, Database, EngineName, new_database
from bench.figure import Figure, table
from bench.generate import DAYS, FIRST_DAY, PATIENTS, people, values
from bench.history import ENTRIES, bundles
from bench.http1 import connect, post
from bench.loading import (
    CITIZENS_PER_BUNDLE,
    NotMeasurableError,
    clear_progress,
    median,
    progress,
    wait_judged,
)
from bench.servers import LOAD_CORE, Server, free_port, pin, start_hub
from bench.town import MEASURES, Citizen, bundle, resources, shared_resources

PARTS: Final = 100
LINES: Final = 3
_TRENDS: Final = 40
_PAGES: Final = 200


@dataclass(frozen=True, slots=True)
class Size:
    """What is loaded. Shape: `minutes` after which no further part begins; 0 = however long it takes."""

    patients: int = 100
    days: int = DAYS
    calm: bool = False
    engine: EngineName = "sqlite"
    minutes: float = 0
    reads: bool = False

    @property
    def total(self) -> int:
        """How many values there are to load."""
        return self.patients * self.days


@dataclass(frozen=True, slots=True)
class Part:
    """A hundredth of the load. Units: values a second; µs of processor time a value, of the hub and of a database server."""

    values: int
    rate: float
    hub_us: float
    server_us: float


@dataclass(slots=True)
class Loaded:
    """How far a load has come."""

    parts: list[Part] = field(default_factory=list[Part])

    @property
    def values(self) -> int:
        """How many values are stored and judged."""
        return sum(part.values for part in self.parts)

    def kept(self, *, by_time: bool) -> float:
        """The rate of the last tenth of the parts, of that of the first; by the clock, or by processor time."""
        tenth = max(1, len(self.parts) // 10)
        ends = self.parts[:tenth], self.parts[-tenth:]
        if by_time:
            first, last = (median(p.rate for p in parts) for parts in ends)
            return last / first
        first, last = (median(p.hub_us + p.server_us for p in parts) for parts in ends)
        return first / last


async def measure(folder: Path, size: Size) -> list[Figure]:
    """A folder and a size → the figures."""
    place = folder / f"load-{size.engine}"
    database = new_database(size.engine, place)
    hub = start_hub(place, free_port(), more=database.more)
    hub.wait_ready()
    who = people(size.patients)
    try:
        await _put_people(hub.port, size)
        done = await _load(hub, database, who, size)
        await asyncio.sleep(3)
        rss, pss = hub.memory_mb()
        found = _figures(done, size, database, pss, rss)
        if size.reads:
            database.settle()
            try:
                found += await _reads(hub, database, who, done)
            except (
                NotMeasurableError,
                RuntimeError,
            ) as error:  # the load itself is told all the same
                _tell(f"{error}")
        return found
    finally:
        hub.stop()
        clear_progress()


async def _load(hub: Server, database: Database, who: Sequence[Citizen], size: Size) -> Loaded:
    done, source = Loaded(), values(who, size.days, calm=size.calm)
    start = time.perf_counter()
    for part in range(PARTS):
        if size.minutes and time.perf_counter() - start > size.minutes * 60:
            break
        progress(f"load: part {part + 1} of {PARTS}")
        wanted = (part + 1) * size.total // PARTS - part * size.total // PARTS
        began, hub_s, server_s = time.perf_counter(), hub.cpu_s(), database.server_cpu_s()
        await _feed(
            hub.port, bundles(islice(source, wanted), min(ENTRIES, max(1, wanted // LINES)))
        )
        seconds = await wait_judged(hub.port, within_s=7200) - began
        one = Part(
            wanted,
            wanted / seconds,
            (hub.cpu_s() - hub_s) / wanted * 1e6,
            (database.server_cpu_s() - server_s) / wanted * 1e6,
        )
        done.parts.append(one)
        _tell(
            f"{done.values:,} values: {one.rate:.0f}/s, {one.hub_us:.0f} + {one.server_us:.0f} µs CPU each"
        )
    return done


def _tell(text: str) -> None:
    """A line for whoever waits: such a load takes hours, and may be ended."""
    clear_progress()
    print(text, file=sys.stderr, flush=True)


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


async def _reads(
    hub: Server, database: Database, who: Sequence[Citizen], done: Loaded
) -> list[Figure]:
    """F3 and F4 on what is loaded."""
    days, more = divmod(done.values, len(who))
    counts = {
        person.id: _of_first_measure(person, days + (n < more)) for n, person in enumerate(who)
    }
    found = counts[who[0].id]
    alike = tuple(person for person in who if counts[person.id] == found)[:_TRENDS]
    trend = f3_trend.Size(len(alike))
    searches = {
        "code": f4_pages.searches(who[0])["code"],
        "everything by _lastUpdated": "_sort=_lastUpdated",
    }
    if days > 4 * f4_pages.PAGE:
        searches["a patient's values, newest first"] = f"patient=Patient/{who[0].id}&_sort=-date"
    pages = f4_pages.Size(len(who), engine=database.engine, most=_PAGES)
    return [
        await f3_trend.measure_on(hub, database, alike, trend, found),
        await f4_pages.measure_on(hub, database, searches, done.values, pages),
    ]


def _of_first_measure(person: Citizen, days: int) -> int:
    """A patient and days → how many values of the first measure generate.py gives her."""
    return sum((person.number + day) % len(MEASURES) == 0 for day in range(days))


def _figures(done: Loaded, size: Size, database: Database, pss: float, rss: float) -> list[Figure]:
    whole = done.values >= PATIENTS * DAYS
    scope = f" ({database.title}{'' if whole else f', {done.values:,} values, NOT the full count'})"
    told = ", ".join(f"{part.rate:.0f}" for part in done.parts[:: max(1, len(done.parts) // 10)])
    first, last = done.parts[0], done.parts[-1]
    return [
        Figure(
            "LOAD",
            "last tenth of a load, of the first" + scope,
            0.8,
            0.95,
            "",
            done.kept(by_time=True),
            higher=True,
            note=(
                f"{done.kept(by_time=False):.2f} by processor time ({first.hub_us:.0f} + {first.server_us:.0f} µs a value in the"
                f" first part, {last.hub_us:.0f} + {last.server_us:.0f} µs in the last; hub + database server); values stored and"
                f" judged per second, in ten places: {told}; database {database.size_mb():.0f} MB"
            ),
            facts={"rates": [part.rate for part in done.parts], "values": done.values},
        ),
        Figure(
            "F9",
            "memory after the load" + scope,
            400,
            250,
            "MB",
            pss,
            note=f"PSS {pss:.0f} MB, RSS {rss:.0f} MB, of {size.patients:,} patients, before any read",
            facts={"rss_mb": rss, "pss_mb": pss, "values": done.values},
        ),
    ]


def main() -> int:
    """The program: exit status 1 when a must is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--calm", action="store_true", help="green values only: no alerts")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument(
        "--minutes", type=float, default=0, help="begin no further part after so long"
    )
    parser.add_argument("--reads", action="store_true", help="F3 and F4 on what was loaded")
    parser.add_argument("--folder", type=Path, help="where the database is made: a real disk")
    chosen = parser.parse_args()
    pin(0, LOAD_CORE)
    size = Size(
        chosen.patients, chosen.days, chosen.calm, chosen.engine, chosen.minutes, chosen.reads
    )
    if chosen.folder is not None:
        chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hub-load-", dir=chosen.folder) as folder:
        rows = uvloop.run(measure(Path(folder), size))
    print(table(rows))
    return 0 if all(row.verdict in ("must", "aim") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

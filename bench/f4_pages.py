"""F4: page k of a search, as a multiple of page 1: three orders, every page of each walked over HTTP."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.databases import Database, EngineName, new_database
from bench.figure import Figure
from bench.history import load_history
from bench.http1 import Connection, connect, get
from bench.loading import NotMeasurableError, load_town, median, progress
from bench.servers import Server, free_port, start_hub
from bench.town import MEASURES, Citizen, citizens

PAGE: Final = 50
_CODE: Final = f"http://loinc.org|{MEASURES[0].codings[0][1]}"


@dataclass(frozen=True, slots=True)
class Size:
    """How much lies in the database, and how often is read. Shape: `patients` each with `days` values of 4 measures; `most` pages are walked."""

    patients: int = 20
    days: int = 365
    rounds: int = 15
    engine: EngineName = "sqlite"
    most: int = 100_000


def searches(one: Citizen) -> dict[str, str]:
    """A patient → the searches that are paged through, by what they are called."""
    return {
        "patient and code, newest first": f"patient=Patient/{one.id}&code={_CODE}&_sort=-date",
        "code": f"code={_CODE}&_sort=_lastUpdated",
        "everything by _lastUpdated": "_sort=_lastUpdated",
    }


async def pages(line: Connection, query: str, most: int) -> list[str]:
    """A search → the paths of its pages, at most so many."""
    path: str | None = f"/fhir/Observation?{query}&_count={PAGE}"
    found: list[str] = []
    while path is not None and len(found) < most:
        found.append(path)
        answer = await line.call(get(path))
        if answer.status != 200:
            raise RuntimeError(f"a page gave {answer.status} {answer.body[:200]!r}")
        links = {link["relation"]: link["url"] for link in json.loads(answer.body)["link"]}
        path = "/fhir" + links["next"].partition("/fhir")[2] if "next" in links else None
    return found


async def seconds(line: Connection, path: str) -> float:
    """A page → how long it takes."""
    began = time.perf_counter()
    answer = await line.call(get(path))
    took = time.perf_counter() - began
    if answer.status != 200:
        raise RuntimeError(f"a page gave {answer.status} {answer.body[:200]!r}")
    return took


async def compare(line: Connection, query: str, rounds: int, most: int) -> tuple[float, str]:
    """A search → the worst of its later full pages as a multiple of the first, and what it was.

    Shape: page 1, one in the middle and the last full one are read in turn; medians.
    """
    found = await pages(line, query, most)
    if len(found) < 4:
        raise NotMeasurableError(f"{query} has too few pages to compare")
    chosen = {1: found[0], len(found) // 2: found[len(found) // 2 - 1], len(found) - 1: found[-2]}
    took: dict[int, list[float]] = {number: [] for number in chosen}
    for turn in range(rounds + 1):
        for number, path in chosen.items():
            spent = await seconds(line, path)
            if turn:  # the first turn warms up
                took[number].append(spent)
    first = median(took.pop(1))
    worst, number = max((median(each) / first, number) for number, each in took.items())
    return worst, f"{worst:.2f}x on page {number} of {len(found)} (page 1: {first * 1000:.2f} ms)"


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the program's files and a size → the figure: the worst of the three searches."""
    place = folder / f"f4-{size.engine}"
    shutil.rmtree(place, ignore_errors=True)
    database = new_database(size.engine, place)
    hub = start_hub(place, free_port(), more=database.more)
    try:
        hub.wait_ready()
        people = citizens("f4", size.patients)
        await load_town(hub.port, people, size.days + 30)
        await load_history(hub.port, people, size.days, "F4")
        database.settle()
        values = size.patients * size.days * len(MEASURES)
        return await measure_on(hub, database, searches(people[0]), values, size)
    finally:
        hub.stop()


async def measure_on(
    hub: Server, database: Database, queries: Mapping[str, str], values: int, size: Size
) -> Figure:
    """A running hub with `values` values, and searches by what they are called → the figure: the worst of them."""
    line = await connect(hub.port)
    ratios: dict[str, float] = {}
    notes: list[str] = []
    for name, query in queries.items():
        progress(f"F4: {name}")
        ratios[name], told = await compare(line, query, size.rounds, size.most)
        notes.append(f"{name} {told}")
    line.close()
    return Figure(
        "F4",
        f"page k of a search, of page 1 ({database.title})",
        1.3,
        1.1,
        "x",
        max(ratios.values()),
        note=f"{'; '.join(notes)}; pages of {PAGE}, {values:,} values",
        facts={"ratios": list(ratios.values())},
    )

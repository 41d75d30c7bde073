"""F3: the GP's trend over HTTP, as a multiple of the raw SQL on the same file with the same driver."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figure import Figure
from bench.history import load_history
from bench.http1 import Connection, connect, get
from bench.loading import load_town, median, percentile, progress
from bench.servers import LOAD_CORE, SERVER_CORE, Server, free_port, pin, start_hub
from bench.town import MEASURES, Citizen, citizens

DAYS: Final = 365
_CODE: Final = MEASURES[0].codings[0][1]
# The plainest SQL that answers the question on the hub's own tables: the series index, then the bodies
_SQL: Final = (
    "SELECT o.body FROM observation_code c CROSS JOIN observation o WHERE c.tenant_id = ? AND c.patient_id = ?"
    " AND c.code = ? AND c.repeats = 0 AND o.rid = c.rid AND o.deleted = 0 ORDER BY c.date_from, c.rid LIMIT 365"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much lies in the database, and how often is read. Shape: `patients` each with DAYS values of 4 measures."""

    patients: int = 40
    rounds: int = 5
    reads: int = 60


def raw(database: Path, people: tuple[Citizen, ...], reads: int) -> list[float]:
    """A database file → seconds of each trend by plain SQL, bodies fetched."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
    connection.execute("PRAGMA mmap_size=268435456")
    connection.execute("PRAGMA cache_size=-32000")
    (tenant,) = connection.execute("SELECT max(tenant_id) FROM observation_code").fetchone()
    took: list[float] = []
    for number in range(reads):
        patient = people[number % len(people)].id
        began = time.perf_counter()
        rows = connection.execute(_SQL, (tenant, patient, _CODE)).fetchall()
        took.append(time.perf_counter() - began)
        if len(rows) != DAYS:
            raise RuntimeError(f"{len(rows)} values of {patient} instead of {DAYS}")
    connection.close()
    return took


async def over_http(line: Connection, people: tuple[Citizen, ...], reads: int) -> list[float]:
    """A connection → seconds of each trend, c=1."""
    took: list[float] = []
    for number in range(reads):
        patient = people[number % len(people)].id
        request = get(
            f"/fhir/Observation?patient=Patient/{patient}&code=http://loinc.org|{_CODE}"
            f"&date=ge2000-01-01&_sort=date&_count={DAYS}"
        )
        began = time.perf_counter()
        answer = await line.call(request)
        took.append(time.perf_counter() - began)
        if answer.status != 200 or answer.body.count(b'"fullUrl"') != DAYS:
            raise RuntimeError(f"a trend gave {answer.status} {answer.body[:200]!r}")
    return took


def on_core(core: int, work: Callable[[], list[float]]) -> list[float]:
    """A core and some work → its result, done on that core by this process."""
    pin(0, core)
    try:
        return work()
    finally:
        pin(0, LOAD_CORE)


def size_mb(path: Path) -> float:
    """A file → its size in MB."""
    return path.stat().st_size / 1e6


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the program's files and a size → the figure."""
    place = folder / "f3"
    shutil.rmtree(place, ignore_errors=True)
    hub = start_hub(place, free_port())
    try:
        hub.wait_ready()
        return await measure_on(hub, place / "hub.db", size)
    finally:
        hub.stop()


async def measure_on(hub: Server, database: Path, size: Size) -> Figure:
    """A running hub with an empty database → the figure."""
    people = citizens("f3", size.patients)
    await load_town(hub.port, people, DAYS + 30)
    await load_history(hub.port, people, DAYS, "F3")
    line = await connect(hub.port)
    megabytes = size_mb(database)
    ratios: list[float] = []
    http_ms: list[float] = []
    raw_ms: list[float] = []
    tail: list[float] = []
    await over_http(line, people, len(people))
    on_core(SERVER_CORE, lambda: raw(database, people, len(people)))
    for number in range(size.rounds):
        progress(f"F3: round {number + 1} of {size.rounds}")
        plain = on_core(SERVER_CORE, lambda: raw(database, people, size.reads))
        served = await over_http(line, people, size.reads)
        ratios.append(median(served) / median(plain))
        http_ms.append(median(served) * 1000)
        raw_ms.append(median(plain) * 1000)
        tail += served
    line.close()
    return Figure(
        "F3",
        "GP trend of 365 values over HTTP, of the raw SQL time",
        2,
        1.3,
        "x",
        median(ratios),
        note=(
            f"p50 {median(http_ms):.2f} ms over HTTP (p99 {percentile(tail, 99) * 1000:.2f} ms) against"
            f" {median(raw_ms):.2f} ms raw SQL with stdlib sqlite3 on the same file and core, one connection, median of"
            f" {size.rounds} paired rounds; {size.patients * DAYS * len(MEASURES):,} values,"
            f" {megabytes:.0f} MB"
        ),
        facts={"ratios": ratios, "http_ms": http_ms, "raw_ms": raw_ms},
    )

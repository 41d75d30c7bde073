"""F3: the GP's trend over HTTP, as a multiple of the raw SQL on the same file with the same driver."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.databases import Database, EngineName, new_database, rows
from bench.figure import Figure
from bench.history import load_history
from bench.http1 import Reader, get
from bench.loading import load_town, median, percentile, progress
from bench.servers import LOAD_CORE, SERVER_CORE, Server, free_port, pin, start_hub
from bench.town import MEASURES, Citizen, citizens

DAYS: Final = 365
_CODE: Final = MEASURES[0].codings[0][1]
# The plainest SQL that answers the question on the hub's own tables: the series index, then the bodies
_SQL: Final = (
    "SELECT o.body FROM observation_code c CROSS JOIN observation o WHERE c.tenant_id = $1 AND c.patient_id = $2"
    " AND c.code = $3 AND c.repeats = 0 AND o.rid = c.rid AND o.deleted = 0 ORDER BY c.date_from, c.rid LIMIT 365"
)
_TENANT: Final = "SELECT max(tenant_id) FROM observation_code"


@dataclass(frozen=True, slots=True)
class Size:
    """How much lies in the database, and how often is read. Shape: `patients` each with DAYS values of 4 measures."""

    patients: int = 40
    rounds: int = 5
    reads: int = 60
    engine: EngineName = "sqlite"


Ask = Callable[[str, tuple[object, ...]], Sequence[Any]]


@contextmanager
def asking(database: Database) -> Generator[Ask]:
    """A database → how to ask it with the driver that the hub uses, in the fastest way that has."""
    if database.url:
        with database.keeper() as shared:
            shared.prepare_threshold = 0
            yield lambda sql, values: rows(shared, sql, values)
        return
    connection = sqlite3.connect(f"file:{database.file}?mode=ro", uri=True, isolation_level=None)
    connection.execute("PRAGMA mmap_size=268435456")
    connection.execute("PRAGMA cache_size=-32000")
    try:
        yield lambda sql, values: connection.execute(sql.replace("$", "?"), values).fetchall()
    finally:
        connection.close()


def raw(database: Database, people: tuple[Citizen, ...], reads: int, found: int) -> list[float]:
    """A database → seconds of each trend by plain SQL, bodies fetched."""
    took: list[float] = []
    with asking(database) as ask:
        ((tenant,),) = ask(_TENANT, ())
        for number in range(reads):
            patient = people[number % len(people)].id
            began = time.perf_counter()
            bodies = ask(_SQL, (tenant, patient, _CODE))
            took.append(time.perf_counter() - began)
            if len(bodies) != found:
                raise RuntimeError(f"{len(bodies)} values of {patient} instead of {found}")
    return took


def over_http(line: Reader, people: tuple[Citizen, ...], reads: int, found: int) -> list[float]:
    """A connection → seconds of each trend, c=1, until the last byte is there; only then is it looked at."""
    took: list[float] = []
    for number in range(reads):
        patient = people[number % len(people)].id
        request = get(
            f"/fhir/Observation?patient=Patient/{patient}&code=http://loinc.org|{_CODE}"
            f"&date=ge2000-01-01&_sort=date&_count={DAYS}"
        )
        began = time.perf_counter()
        length = line.call(request)
        took.append(time.perf_counter() - began)
        answer = line.answer(length)
        if answer.status != 200 or answer.body.count(b'"fullUrl"') != found:
            raise RuntimeError(f"a trend gave {answer.status} {answer.body[:200]!r}")
    return took


def on_core(core: int, work: Callable[[], list[float]]) -> list[float]:
    """A core and some work → its result, done on that core by this process."""
    pin(0, core)
    try:
        return work()
    finally:
        pin(0, LOAD_CORE)


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the program's files and a size → the figure."""
    place = folder / f"f3-{size.engine}"
    shutil.rmtree(place, ignore_errors=True)
    database = new_database(size.engine, place)
    hub = start_hub(place, free_port(), more=database.more)
    people = citizens("f3", size.patients)
    try:
        hub.wait_ready()
        await load_town(hub.port, people, DAYS + 30)
        await load_history(hub.port, people, DAYS, "F3")
        database.settle()
        return await measure_on(hub, database, people, size)
    finally:
        hub.stop()


async def measure_on(
    hub: Server, database: Database, people: tuple[Citizen, ...], size: Size, found: int = DAYS
) -> Figure:
    """A running hub whose patients have `found` values of the code each → the figure."""
    line = Reader(hub.port)
    megabytes = database.size_mb()
    ratios: list[float] = []
    http_ms: list[float] = []
    raw_ms: list[float] = []
    tail: list[float] = []
    over_http(line, people, len(people), found)
    on_core(SERVER_CORE, lambda: raw(database, people, len(people), found))
    for number in range(size.rounds):
        progress(f"F3: round {number + 1} of {size.rounds}")
        plain = on_core(SERVER_CORE, lambda: raw(database, people, size.reads, found))
        served = over_http(line, people, size.reads, found)
        ratios.append(median(served) / median(plain))
        http_ms.append(median(served) * 1000)
        raw_ms.append(median(plain) * 1000)
        tail += served
    line.close()
    return Figure(
        "F3",
        f"GP trend of {found} values over HTTP, of the raw SQL time ({database.title})",
        2,
        1.3,
        "x",
        median(ratios),
        note=(
            f"p50 {median(http_ms):.2f} ms over HTTP (p99 {percentile(tail, 99) * 1000:.2f} ms) against"
            f" {median(raw_ms):.2f} ms raw SQL with the same driver ({'psycopg' if database.url else 'sqlite3'}) on the same"
            f" database and core, one connection, median of {size.rounds} paired rounds; {megabytes:.0f} MB"
        ),
        facts={"ratios": ratios, "http_ms": http_ms, "raw_ms": raw_ms},
    )

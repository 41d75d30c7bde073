"""F2: transaction Bundles of 100 Observations on PostgreSQL, as a part of COPY of the same rows into the same tables.

What COPY copies: every row that the Bundles wrote, in every table: the Observations with their bodies, the rows of the series
index, of the other indexes, the access log, the marks "to be judged" and their identifiers. They are read back from the hub's own
database and copied into empty tables of the same shape, with the same indexes, in batches of so many thousand Observations
with a durable commit each.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, LiteralString, cast

from bench.databases import Database, new_database
from bench.f1_post import plain_values
from bench.figure import Figure
from bench.history import bundles
from bench.http1 import connect, post
from bench.loading import load_town, median, progress
from bench.servers import LOAD_CORE, SERVER_CORE, Server, free_port, pin, start_hub
from bench.town import Citizen, citizens

ENTRIES: Final = 100
TABLES: Final[tuple[LiteralString, ...]] = (
    "observation",
    "observation_code",
    "index_text",
    "index_date",
    "index_number",
    "audit_event",
    "judgement",
    "judgement_identifier",
)
"""Everything that a Bundle of Observations writes to before anything is judged; `counts` shows that nothing else grew."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. Shape: `bundles` a round, sent over `connections`; `batch` Observations for each commit of COPY."""

    rounds: int = 3
    bundles: int = 40
    connections: int = 4
    patients: int = 200
    batch: int = 20_000


async def send(port: int, bodies: Sequence[bytes], connections: int) -> float:
    """A port and Bundles → seconds until the last of them was answered."""
    rest = iter(bodies)

    async def one() -> None:
        line = await connect(port)
        for body in rest:
            answer = await line.call(post("/fhir", body))
            if answer.status != 200:
                raise RuntimeError(f"a Bundle was refused: {answer.status} {answer.body[:300]!r}")
        line.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return time.perf_counter() - began


def counts(database: Database) -> dict[str, int]:
    """A database → how many rows each of its tables has."""
    with database.keeper() as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        found: dict[str, int] = {}
        for (name,) in names:
            row = connection.execute(
                cast("LiteralString", f"SELECT count(*) FROM {name}")  # noqa: S608 - names of our own tables
            ).fetchone()
            assert row is not None
            found[name] = row[0]
    return found


class Copier:
    """The rows that the hub wrote, copied once more: the loader that F2 is measured against."""

    def __init__(self, database: Database) -> None:
        """The hub's own database; the copies go into a schema of their own."""
        self._connection = database.keeper()
        self._sources = database.keeper()
        self._types: dict[str, list[int]] = {}
        self._columns: dict[str, str] = {}
        for table in TABLES:
            rows = self._connection.execute(
                "SELECT attname, atttypid::int FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0"
                " AND NOT attisdropped ORDER BY attnum",
                (f"public.{table}",),
            ).fetchall()
            self._columns[table] = ", ".join(f'"{name}"' for name, _ in rows)
            self._types[table] = [number for _, number in rows]

    def rows(self, low: dict[str, int]) -> dict[str, list[tuple[Any, ...]]]:
        """The tables' sizes before → the rows that came since, by table."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        for table in TABLES:
            order = {"observation": "rid", "audit_event": "rid", "judgement": "seq"}.get(
                table, "ctid"
            )
            sql = f"SELECT {self._columns[table]} FROM public.{table} ORDER BY {order} OFFSET {low[table]}"  # noqa: S608 - as above
            cursor = self._sources.cursor(binary=True)
            found[table] = cursor.execute(cast("LiteralString", sql)).fetchall()
        return found

    def copy(self, rows: dict[str, list[tuple[Any, ...]]], batch: int) -> float:
        """Rows → copied into empty tables; the seconds that took, commits included."""
        self._empty()
        whole = len(rows["observation"])
        parts = max(1, whole // batch)
        began = time.perf_counter()
        for part in range(parts):
            with self._connection.transaction():
                for table, these in rows.items():
                    start, end = len(these) * part // parts, len(these) * (part + 1) // parts
                    self._copy(table, these[start:end])
        return time.perf_counter() - began

    def close(self) -> None:
        """Let the connections go."""
        self._connection.close()
        self._sources.close()

    def _copy(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        sql = f"COPY copied.{table} ({self._columns[table]}) FROM STDIN (FORMAT BINARY)"
        with (
            self._connection.cursor() as cursor,
            cursor.copy(cast("LiteralString", sql)) as copy,
        ):
            copy.set_types(self._types[table])
            for row in rows:
                copy.write_row(row)

    def _empty(self) -> None:
        self._connection.execute("DROP SCHEMA IF EXISTS copied CASCADE")
        self._connection.execute("CREATE SCHEMA copied")
        for table in TABLES:
            sql = f"CREATE TABLE copied.{table} (LIKE public.{table} INCLUDING ALL)"
            self._connection.execute(cast("LiteralString", sql))


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the program's files and a size → the figure."""
    place = folder / "f2"
    shutil.rmtree(place, ignore_errors=True)
    database = new_database("postgres", place)
    more = {**database.more, "HUB_SERVE_WORKS": "no"}
    hub = start_hub(place, free_port(), more=more)
    people = citizens("f2", size.patients)
    try:
        hub.wait_ready()
        await load_town(hub.port, people)
        copier = Copier(database)
        rounds = [
            await _round(hub, database, copier, people, size, n) for n in range(size.rounds + 1)
        ]
        copier.close()
    finally:
        hub.stop()
    return _figure(rounds[1:], size)


async def _round(
    hub: Server,
    database: Database,
    copier: Copier,
    people: tuple[Citizen, ...],
    size: Size,
    number: int,
) -> dict[str, float]:
    """One round: the Bundles, then COPY of the rows they have written. Raises RuntimeError when rows are in no list."""
    progress(f"F2: round {number} of {size.rounds}")
    source = iter(plain_values(people, size.bundles * ENTRIES, number))
    bodies = [body for _, body in bundles(source, ENTRIES)]
    before, cpu, beside = counts(database), hub.cpu_s(), database.server_cpu_s()
    seconds = await send(hub.port, bodies, size.connections)
    cpu, beside = hub.cpu_s() - cpu, database.server_cpu_s() - beside
    after = counts(database)
    grown = {table for table, count in after.items() if count != before[table]}
    if not grown <= set(TABLES):
        raise RuntimeError(f"Bundles wrote to tables that COPY leaves out: {grown - set(TABLES)}")
    rows = copier.rows(before)
    pin(0, SERVER_CORE)
    try:
        own, theirs = time.process_time(), database.server_cpu_s()
        copied = copier.copy(rows, size.batch)
        own, theirs = time.process_time() - own, database.server_cpu_s() - theirs
    finally:
        pin(0, LOAD_CORE)
    count = len(rows["observation"])
    return {
        "rate": count / seconds,
        "copied_rate": count / copied,
        "rows": sum(map(len, rows.values())) / count,
        "cpu_us": cpu / count * 1e6,
        "database_cpu_us": beside / count * 1e6,
        "copy_cpu_us": own / count * 1e6,
        "copy_database_cpu_us": theirs / count * 1e6,
    }


def _figure(rounds: Sequence[dict[str, float]], size: Size) -> Figure:
    def of(name: str) -> float:
        return median(each[name] for each in rounds)

    share = median(each["rate"] / each["copied_rate"] for each in rounds) * 100
    hub, copy = (
        of("cpu_us") + of("database_cpu_us"),
        of("copy_cpu_us") + of("copy_database_cpu_us"),
    )
    return Figure(
        "F2",
        "transaction Bundle of 100 on PostgreSQL, of COPY of the same rows",
        15,
        25,
        "%",
        share,
        higher=True,
        note=(
            f"{of('rate'):.0f} Observations/s in Bundles over {size.connections} connections against {of('copied_rate'):.0f}/s by"
            f" COPY ({of('rows'):.1f} rows each: {', '.join(TABLES)}; all their indexes), nothing judged meanwhile, median of"
            f" {size.rounds} paired rounds of {size.bundles} Bundles; CPU an Observation {of('cpu_us'):.0f} µs of the hub and"
            f" {of('database_cpu_us'):.0f} µs of the server against {of('copy_cpu_us'):.0f} µs and"
            f" {of('copy_database_cpu_us'):.0f} µs: {copy / hub:.0%} by CPU"
        ),
        facts={"rounds": list(rounds)},
    )

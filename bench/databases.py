"""The database a figure is taken on: a new SQLite file, or a PostgreSQL server of the bench's own, durable as in production."""

from __future__ import annotations

import atexit
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import psycopg

from bench.servers import pin
from hub.store.address import parse_address
from hub.store.migrate import mark_synthetic, migrate
from tests.postgres_cluster import Cluster, watch

EngineName = Literal["sqlite", "postgres"]
ENGINES: Final[tuple[EngineName, ...]] = ("sqlite", "postgres")
_TITLES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def _nothing() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database for one hub. Shape: `more` the settings that name it; `url` "" and `file` set for SQLite."""

    engine: EngineName
    file: Path
    url: str = ""
    more: Mapping[str, str] = field(default_factory=_nothing)

    @property
    def title(self) -> str:
        """Its engine, as people write it."""
        return _TITLES[self.engine]

    def keeper(self) -> psycopg.Connection[Any]:
        """PostgreSQL as the one who keeps the server, whom nothing is hidden from."""
        return own_cluster().keeper(self.url)

    def size_mb(self) -> float:
        """How much disk it takes."""
        if not self.url:
            return self.file.stat().st_size / 1e6
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return row[0] / 1e6

    def settle(self) -> None:
        """What a server does by itself after a load, done now: pages are clean, and the planner knows what there is."""
        if self.url:
            with self.keeper() as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")

    def server_cpu_s(self) -> float:
        """Seconds of processor time that the database's own processes have taken, those that ended included; 0 for SQLite."""
        if not self.url:
            return 0.0
        postmaster = int((own_cluster().folder / "data" / "postmaster.pid").read_text().split()[0])
        return _tree_cpu_s(postmaster)


def new_database(engine: EngineName, folder: Path) -> Database:
    """An engine and the folder of a hub → its database, empty; on PostgreSQL a new one on the server of this run."""
    file = folder / "hub.db"
    if engine == "sqlite":
        return Database(engine, file)
    url = own_cluster().create()
    address = parse_address(url)
    assert not isinstance(address, str), address
    migrate(address)
    mark_synthetic(address)
    return Database(engine, file, url, {"HUB_DATABASE_URL": url})


@cache
def own_cluster() -> Cluster:
    """The server of this run: durable, on all cores, in the folder where temporary files go; gone when the run ends."""
    own = os.sched_getaffinity(0)
    pin(0, None)  # what is started now runs where we may
    try:
        folder = Path(tempfile.mkdtemp(prefix="hub-bench-pg-"))
        watched = watch(folder)
        running = Cluster(
            folder, durable=True, more={"shared_buffers": "256MB", "max_wal_size": "4GB"}
        )
    finally:
        os.sched_setaffinity(0, own)

    def end() -> None:
        assert watched.stdin is not None
        watched.stdin.close()
        watched.wait()

    atexit.register(end)
    time.sleep(0.5)
    return running


def _tree_cpu_s(root: int) -> float:
    """A process → its processor time, with its children's and that of those it has waited for."""
    ticks = 0
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(place.name) == root:
            ticks += sum(int(each) for each in fields[11:15])
        elif int(fields[1]) == root:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rows(connection: psycopg.Connection[Any], sql: str, values: tuple[object, ...]) -> list[Any]:
    """A statement with $1, $2 … → its rows, in binary form as the hub asks for them."""
    cursor = psycopg.RawCursor(connection)
    return cursor.execute(sql.encode(), values, binary=True).fetchall()

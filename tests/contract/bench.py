"""A store under test: any engine behind the ports, driven without an event loop of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from msgspec import structs

from hub.fhir.interactions.prepare import Setting, prepare, store
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.fhir.search.params import parse_search
from hub.fhir.search.query import Cursor, Page
from hub.policy import Action, Actor, Permit, authorise
from hub.ports import Unit, UnitOfWork
from hub.store.migrate import migrate
from hub.store.postgres import PostgresEngine
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store
from tests import postgres_cluster
from tests.builders import Json, to_json

T = TypeVar("T")
BASE = "http://hub.example/fhir"
START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def permit(tenant_id: int = 1) -> Permit:
    """A tenant → leave to do anything there, as the open development actor."""
    verdict = authorise(Actor("development", "test", "Test", tenant_id), Action("operation"))
    assert isinstance(verdict, Permit)
    return verdict


@dataclass
class Bench:
    """A store and what tests do with it. Shape: `now` moves on by a second with each write."""

    units: UnitOfWork
    end: Callable[[], None]
    now: datetime = START
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def write(self, work: Callable[[Unit], T]) -> T:
        """A function of a unit → its result after the commit."""
        return self.runner.run(self._write(work))

    async def _write(self, work: Callable[[Unit], T]) -> T:
        return await self.units.write(work)

    def read(self, work: Callable[[Unit], T]) -> T:
        """A function of a unit → its result."""

        async def run() -> T:
            return await self.units.read(work)

        return self.runner.run(run())

    def together(self, works: Sequence[Callable[[Unit], Any]]) -> list[Any]:
        """Functions that are handed over at once → their results or their exceptions."""

        async def run() -> list[Any]:
            return await asyncio.gather(*map(self._write, works), return_exceptions=True)

        return self.runner.run(run())

    def save(self, resource: Json, tenant_id: int = 1, resource_id: str | None = None) -> Stored:
        """A resource → stored as its next version under its id."""
        self.now += timedelta(seconds=1)
        return self.write(lambda unit: save(unit.fhir, resource, self.now, tenant_id, resource_id))

    def load(self, kind: str, resource_id: str, tenant_id: int = 1) -> Stored | None:
        """Type and id → the current version."""
        return self.read(lambda unit: unit.fhir.load(permit(tenant_id), kind, resource_id))

    def delete(self, kind: str, resource_id: str, tenant_id: int = 1) -> Stored:
        """Type and id → the tombstone."""
        self.now += timedelta(seconds=1)

        def work(unit: Unit) -> Stored:
            current = unit.fhir.load(permit(tenant_id), kind, resource_id)
            assert current is not None
            return unit.fhir.delete(permit(tenant_id), current, self.now)

        return self.write(work)

    def page(
        self,
        kind: str,
        pairs: Sequence[tuple[str, str]],
        cursor: Cursor | None = None,
        tenant_id: int = 1,
    ) -> Page:
        """Type and query pairs → one page."""
        query = parse_search(kind, pairs, self.now, BASE)
        if cursor is not None:
            query = structs.replace(query, cursor=cursor)
        return self.read(lambda unit: unit.fhir.search(permit(tenant_id), query))

    def find(self, kind: str, *pairs: tuple[str, str], tenant_id: int = 1) -> list[str]:
        """Type and query pairs → the ids of all pages, in order."""
        found: list[str] = []
        cursor: Cursor | None = None
        while True:
            page = self.page(kind, pairs, cursor, tenant_id)
            found += [match.id for match in page.matches]
            cursor = page.next
            if cursor is None:
                return found

    def close(self) -> None:
        """End."""
        self.runner.close()
        self.end()


def save(
    session: Session,
    resource: Json,
    at: datetime,
    tenant_id: int = 1,
    resource_id: str | None = None,
) -> Stored:
    """Inside a transaction: a resource → its next version, by the way every write takes."""
    kind, here = resource["resourceType"], resource_id or resource["id"]
    leave = permit(tenant_id)
    prepared = prepare(to_json(resource), kind, here, BASE)
    return store(session, leave, prepared, session.head(leave, kind, here), Setting(at, BASE))


@cache
def _new_database() -> bytes:
    """The bytes of an empty database; a copy is made faster than a database."""
    with TemporaryDirectory() as folder:
        migrate(Path(folder) / "hub.db")
        return (Path(folder) / "hub.db").read_bytes()


def sqlite_bench(folder: Path) -> Bench:
    """A folder → a store on a new SQLite database in it."""
    (folder / "hub.db").write_bytes(_new_database())
    engine = SqliteEngine(folder / "hub.db")
    return Bench(Store(engine), engine.close)


def postgres_bench(_: Path) -> Bench:
    """A store on a new PostgreSQL database."""
    url = postgres_cluster.new_database()
    engine = PostgresEngine(postgres_cluster.address_of(url))

    def end() -> None:
        engine.close()
        postgres_cluster.give_back(url)

    return Bench(Store(engine), end)

"""The engine over PostgreSQL alone: turns, broken connections, commits whose end nobody saw, the schema on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from hub.ports import Unit
from hub.problems import HubError, ProblemCode
from hub.store import postgres_turn as engine_module
from hub.store.address import PostgresAddress
from hub.store.migrate import UnusableDatabaseError, schema_version, sqlalchemy_url
from hub.store.postgres import PostgresEngine
from hub.store.postgres_turn import TURN
from hub.store.tables import metadata
from hub.store.unit import Store
from tests import postgres_cluster
from tests.builders import patient
from tests.contract.bench import START, Bench, save

pytestmark = pytest.mark.postgres


@pytest.fixture
def address() -> Iterator[PostgresAddress]:
    """A migrated database."""
    url = postgres_cluster.new_database()
    yield postgres_cluster.address_of(url)
    postgres_cluster.give_back(url)


@pytest.fixture
def make(address: PostgresAddress) -> Iterator[Callable[[], tuple[Bench, PostgresEngine]]]:
    """Nothing → another process's store on the same database, as it were."""
    made: list[Bench] = []

    def one() -> tuple[Bench, PostgresEngine]:
        engine = PostgresEngine(address)
        made.append(Bench(Store(engine), engine.close))
        return made[-1], engine

    yield one
    for bench in made:
        bench.close()


def saving(name: str) -> Callable[[Unit], str]:
    """A name → a work that saves the patient."""

    def work(unit: Unit) -> str:
        save(unit.fhir, {**patient(1), "id": name}, START)
        return name

    return work


def code_of(bench: Bench, work: Callable[[Unit], Any]) -> ProblemCode:
    """A work that fails → the code of what is wrong."""
    with pytest.raises(HubError) as raised:
        bench.write(work)
    return raised.value.problems[0].code


def test_who_waits_too_long_for_its_turn_is_busy_and_has_stored_nothing(
    make: Any, address: PostgresAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "LOCK_TIMEOUT_MS", 200)
    bench, _ = make()
    with psycopg.connect(address.url) as other:
        other.execute(TURN)
        assert code_of(bench, saving("a")) is ProblemCode.BUSY
    assert bench.write(saving("b")) == "b"
    assert bench.find("Patient") == ["b"]


def test_a_connection_that_broke_while_nothing_was_under_way_is_made_anew(
    make: Any, address: PostgresAddress
) -> None:
    bench, _ = make()
    bench.write(saving("a"))
    assert bench.find("Patient") == ["a"]
    with psycopg.connect(address.url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
    assert bench.write(saving("b")) == "b"
    assert bench.find("Patient") == ["a", "b"]


def breaking_commit(engine: PostgresEngine, *, after: bool) -> Callable[[Unit], str]:
    """A work whose commit is cut off, before or after the server did it; it looks inside the engine to do that."""

    def work(unit: Unit) -> str:
        turn: Any = engine._turn
        writer: Any = turn.raw
        real = type(writer).execute

        class Cut(type(writer)):  # pyright: ignore[reportUntypedBaseClass] - the driver's own connection
            def execute(self, query: Any, *more: Any, **options: Any) -> Any:
                if query != "COMMIT":
                    return real(self, query, *more, **options)
                if after:
                    real(self, query)
                    turn.line.sync()
                self.pgconn.finish()
                raise psycopg.OperationalError

        writer.__class__ = Cut
        return saving("a")(unit)

    return work


@pytest.mark.parametrize("after", [True, False])
def test_a_commit_whose_end_nobody_saw_is_told_as_the_server_tells_it(
    make: Any, *, after: bool
) -> None:
    bench, engine = make()
    bench.write(saving("first"))
    if after:
        assert bench.write(breaking_commit(engine, after=True)) == "a"
    else:
        assert code_of(bench, breaking_commit(engine, after=False)) is ProblemCode.BUSY
    assert bench.find("Patient") == (["a", "first"] if after else ["first"])


def test_a_commit_of_which_nobody_can_be_asked_is_said_to_be_unknown(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, engine = make()
    bench.write(saving("first"))
    cut = breaking_commit(engine, after=True)

    def away(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError

    def work(unit: Unit) -> str:
        monkeypatch.setattr(engine_module, "FIND_OUT_S", 0.1)
        monkeypatch.setattr(engine_module, "connect", away)
        return cut(unit)

    assert code_of(bench, work) is ProblemCode.OUTCOME_UNKNOWN
    monkeypatch.undo()


def test_the_migrations_build_exactly_the_tables(address: PostgresAddress) -> None:
    engine = create_engine(sqlalchemy_url(address), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        loose = connection.exec_driver_sql(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
        ).scalar()
        assert loose == 0
    engine.dispose()


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    away = postgres_cluster.address_of("postgresql://me:secret@127.0.0.1:1/hub")
    with pytest.raises(
        UnusableDatabaseError, match=r"postgresql://me@127\.0\.0\.1:1/hub"
    ) as raised:
        schema_version(away)
    assert "secret" not in str(raised.value)


def test_a_statement_that_fails_after_nobody_waited_for_it_is_the_fault_of_its_own_job(
    bench: Bench,
) -> None:
    add = "INSERT INTO hub_flag (name, value) VALUES (?, 'x')"

    def adds(*names: str) -> Callable[[Any], None]:
        def work(unit: Any) -> None:
            for name in names:
                unit.fhir.connection.execute(add, (name,))

        return work

    def fails_by_itself(unit: Any) -> None:
        adds("d")(unit)
        raise ValueError("by itself")

    found = bench.together([adds("a"), adds("b", "b", "e"), fails_by_itself, adds("c")])
    names = bench.read(
        lambda unit: [
            row[0]
            for row in cast("Any", unit).fhir.connection.execute(
                "SELECT name FROM hub_flag WHERE value = 'x' ORDER BY name"
            )
        ]
    )
    assert names == ["a", "c"]
    assert [each is None for each in found] == [True, False, False, True]

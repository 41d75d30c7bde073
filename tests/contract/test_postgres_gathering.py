"""What waits on PostgreSQL's writing connection: goes in together, is seen when it is looked for, fails by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import psycopg
import pytest

from hub.fhir.requests import AuditEntry
from hub.policy import Actor
from hub.ports import Unit
from hub.store.address import PostgresAddress
from hub.store.audit_chain import verify
from hub.store.connection import Connection
from hub.store.postgres import PostgresEngine
from hub.store.postgres_connection import PostgresConnection, connect
from hub.store.unit import Store
from tests import postgres_cluster
from tests.builders import observation, patient
from tests.contract.bench import START, Bench, save

pytestmark = pytest.mark.postgres

FLAG = "INSERT INTO hub_flag (name, value) VALUES (?, ?)"


@pytest.fixture
def address() -> Iterator[PostgresAddress]:
    """A migrated database."""
    url = postgres_cluster.new_database()
    yield postgres_cluster.address_of(url)
    postgres_cluster.give_back(url)


@pytest.fixture
def bench(address: PostgresAddress) -> Iterator[Bench]:
    """A store on it."""
    engine = PostgresEngine(address)
    bench = Bench(Store(engine), engine.close)
    yield bench
    bench.close()


def put_flags(connection: Connection, names: Sequence[str]) -> None:
    """Names → flags."""
    connection.executemany(FLAG, [(name, "on") for name in names])


def later(unit: Unit, name: str) -> Any:
    """A unit and a name → a flag that waits; the connection beneath."""
    connection: Any = cast("Any", unit).fhir.connection
    connection.later(put_flags, name)
    return connection


def flags(bench: Bench) -> list[str]:
    """The flags there are."""
    sql = "SELECT name FROM hub_flag WHERE value = 'on' ORDER BY name"
    return bench.read(
        lambda unit: [n for (n,) in cast("Any", unit).fhir.connection.execute(sql).fetchall()]
    )


def test_the_rows_of_a_neighbour_that_cannot_go_in_fail_it_alone(bench: Bench) -> None:
    names = ["a", "b", "a", "c"]
    done = bench.together([lambda unit, name=name: bool(later(unit, name)) for name in names])
    assert [type(each) for each in done] == [bool, bool, psycopg.errors.UniqueViolation, bool]
    assert flags(bench) == ["a", "b", "c"]


def test_a_job_that_fails_takes_along_what_it_left_waiting(bench: Bench) -> None:
    def fails(unit: Unit) -> None:
        later(unit, "mine")
        raise ValueError

    done = bench.together(
        [lambda unit: bool(later(unit, "x")), fails, lambda u: bool(later(u, "y"))]
    )
    assert [type(each) for each in done] == [bool, ValueError, bool]
    assert flags(bench) == ["x", "y"]


def test_a_statement_that_fails_without_a_savepoint_fails_its_own_job_alone(bench: Bench) -> None:
    def wrong(unit: Unit) -> None:
        later(unit, "wrong").execute("SELECT 1 / 0 FROM resource").fetchall()

    def reads_wrong(unit: Unit) -> None:
        cast("Any", unit).fhir.connection.execute("SELECT 1 / 0").fetchall()

    works: list[Callable[[Unit], Any]] = [
        lambda unit: bool(later(unit, "before")),
        reads_wrong,
        wrong,
        lambda unit: bool(later(unit, "after")),
    ]
    done = bench.together(works)
    wanted = psycopg.errors.DivisionByZero
    assert [type(each) for each in done] == [bool, wanted, wanted, bool]
    assert flags(bench) == ["after", "before"]


def test_what_waits_is_seen_by_whoever_looks_for_it(bench: Bench) -> None:
    def work(unit: Unit) -> tuple[int, str]:
        save(unit.fhir, {**patient(1), "id": "p1"}, START)
        made = save(unit.fhir, {**observation("Patient/p1"), "id": "o1"}, START)
        again = save(unit.fhir, {**observation("Patient/p1", value="91"), "id": "o1"}, START)
        return made.version, again.etag

    assert bench.write(work) == (1, 'W/"2"')
    assert bench.find("Observation") == ["o1"]


def test_rows_go_on_being_numbered_after_a_batch_that_came_to_nothing(bench: Bench) -> None:
    def work(name: str, *, fails: bool) -> Callable[[Unit], int]:
        def run(unit: Unit) -> int:
            save(unit.fhir, {**patient(1), "id": name}, START)
            if fails:
                raise ValueError
            return 1

        return run

    for turn in range(3):
        bench.together([work(f"a{turn}", fails=False), work(f"b{turn}", fails=True)])
    assert bench.find("Patient") == ["a0", "a1", "a2"]


def statements(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every statement that is sent from now on through the hub's own connections."""
    sent: list[bytes] = []
    real, many = psycopg.RawCursor.execute, psycopg.RawCursor.executemany

    def execute(self: Any, query: Any, *more: Any, **options: Any) -> Any:
        sent.append(query)
        return real(self, query, *more, **options)

    def executemany(self: Any, query: Any, rows: Any, **options: Any) -> Any:
        sent.extend([query] * len(rows))
        return many(self, query, rows, **options)

    monkeypatch.setattr(psycopg.RawCursor, "execute", execute)
    monkeypatch.setattr(psycopg.RawCursor, "executemany", executemany)
    return sent


def test_a_hundred_new_values_take_as_many_statements_as_ten(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.save({**patient(1), "id": "p1"})
    sent = statements(monkeypatch)
    counts: list[int] = []
    for number in (10, 10, 100):

        def work(unit: Unit, number: int = number, turn: int = len(counts)) -> None:
            session = cast("Any", unit).fhir
            for each in range(number):
                fresh(session, f"o-{turn}-{each}")

        sent.clear()
        bench.write(work)
        counts.append(len(sent))
    assert counts[1] == counts[2]
    assert counts[2] <= 12


def fresh(session: Any, name: str) -> None:
    """A session and a name → a value saved under it, which is known to be new."""
    from hub.fhir.interactions.prepare import Setting, prepare, store
    from tests.builders import to_json
    from tests.contract.bench import BASE, permit

    prepared = prepare(to_json(observation("Patient/p1")), "Observation", name, BASE)
    store(session, permit(1), prepared, None, Setting(START, BASE, ()))


def test_an_array_of_every_type_arrives_as_it_was_sent(address: PostgresAddress) -> None:
    rows = [
        (2**62, -(2**31), 7, 0.1, "æ,{}\"\\'ø", b"\x00\xff"),
        (None, None, None, None, None, None),
        (-1, 2**31 - 1, -(2**15), -1.5e300, "", b""),
        (0, 0, 0, 3, "NULL", b"NULL"),
    ]
    with connect(address) as raw, raw.transaction():
        connection = PostgresConnection(raw)
        connection.execute(
            "CREATE TEMP TABLE every (number serial, a bigint, b integer, c smallint, d double precision, e text, f bytea)"
        )
        connection.executemany(
            "INSERT INTO every (a, b, c, d, e, f) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        found = connection.execute("SELECT a, b, c, d, e, f FROM every ORDER BY number").fetchall()
    assert found == rows


def test_constants_and_conflicts_stay_in_an_insert_of_many(address: PostgresAddress) -> None:
    with connect(address) as raw, raw.transaction():
        connection = PostgresConnection(raw)
        connection.execute("CREATE TEMP TABLE kept (a bigint PRIMARY KEY, b text, c integer)")
        sql = "INSERT INTO kept (a, b, c) VALUES (?, ?, 7) ON CONFLICT DO NOTHING"
        connection.executemany(sql, [(1, "x"), (2, "y"), (1, "z"), (3, "w")])
        found = connection.execute("SELECT a, b, c FROM kept ORDER BY a").fetchall()
    assert found == [(1, "x", 7), (2, "y", 7), (3, "w", 7)]


def entry(path: str) -> AuditEntry:
    """A path → a reading of it."""
    actor = Actor("development", "test", "Test", 1)
    return AuditEntry(actor, "E", "search", START, "Observation", query=path)


def log(bench: Bench, path: str) -> None:
    """A reading of a path is entered in the access log, alone in its commit."""
    bench.write(lambda unit: unit.fhir.audit(entry(path)))


def test_a_lone_entry_in_the_access_log_is_two_trips_to_the_server(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(bench, "first")
    sent = statements(monkeypatch)
    synced: list[int] = []
    real = psycopg.Pipeline.sync

    def sync(self: psycopg.Pipeline) -> None:
        synced.append(len(sent))
        real(self)

    monkeypatch.setattr(psycopg.Pipeline, "sync", sync)
    log(bench, "second")
    assert len(synced) == 1
    told = [statement.split(b"(")[0][:40] for statement in sent]
    assert told == [
        b"BEGIN ISOLATION LEVEL READ COMMITTED",
        b"SELECT pg_advisory_xact_lock",
        b"SELECT coalesce",
        b"INSERT INTO audit_event ",
        b"SELECT setval",
    ]


def test_the_log_of_a_tenant_is_one_chain_whoever_writes_it(
    bench: Bench, address: PostgresAddress
) -> None:
    engine = PostgresEngine(address)
    other = Bench(Store(engine), engine.close)
    try:
        for turn in range(4):
            log(bench, f"here {turn}")
            log(other, f"there {turn}")
            log(other, f"there again {turn}")
            with pytest.raises(ZeroDivisionError):
                other.write(lambda unit: [unit.fhir.audit(entry("undone")), 1 // 0])
    finally:
        other.close()
    head, fault = bench.read(lambda unit: verify(cast("Any", unit).fhir.connection, 1, {}))
    assert fault is None
    assert head.seq == 12

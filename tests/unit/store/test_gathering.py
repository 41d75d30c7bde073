"""Rows that wait for their like: what is put in together, and what is undone alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.problems import HubError
from hub.store.gathering import Gathering
from hub.store.sqlite import SqliteEngine
from tests.unit.store.things import put

Work = Callable[[Gathering], Any]


def waits(*names: object) -> Work:
    def work(connection: Gathering) -> None:
        for name in names:
            connection.later(put, name)

    return work


def fails_after(work: Work) -> Work:
    def failing(connection: Gathering) -> None:
        work(connection)
        raise ValueError

    return failing


def counts(connection: Gathering) -> int:
    return connection.execute("SELECT count(*) FROM thing").fetchone()[0]


def together(engine: SqliteEngine, *works: Work) -> list[Any]:
    """Works that are handed over at once → their results or errors."""

    async def run() -> list[Any]:
        return await asyncio.gather(*map(engine.write, works), return_exceptions=True)

    return asyncio.run(run())


def names(engine: SqliteEngine) -> list[str]:
    return [
        row[0] for row in engine.read_now(lambda c: c.execute("SELECT name FROM thing").fetchall())
    ]


def statements(engine: SqliteEngine, *works: Work) -> list[str]:
    """Works → what was run for them, without what begins and ends their transaction."""
    seen: list[str] = []

    def begin(connection: Gathering) -> None:
        connection.raw.set_trace_callback(seen.append)

    together(engine, begin, *works)
    return [s for s in seen if not s.startswith(("COMMIT", "--"))]


def test_rows_of_many_jobs_go_in_without_a_savepoint(engine: SqliteEngine) -> None:
    seen = statements(engine, waits("a", "b"), waits("c"))
    assert [s.split()[0] for s in seen] == ["INSERT"] * 3
    assert engine.commits == 1
    assert names(engine) == ["a", "b", "c"]


def test_a_statement_sees_what_waits(engine: SqliteEngine) -> None:
    def both(connection: Gathering) -> int:
        waits("c")(connection)
        return counts(connection)

    assert together(engine, waits("a", "b"), counts, both)[1:] == [2, 3]


def test_a_reading_beside_leaves_what_waits_unless_it_waits_for_that_table(
    engine: SqliteEngine,
) -> None:
    looked: list[int] = []

    def beside(connection: Gathering) -> None:
        found = connection.execute_beside("thing", "SELECT count(*) FROM thing", ())
        looked.append(found.fetchone()[0])

    def numbered(connection: Gathering) -> None:
        connection.new_rid("thing")
        beside(connection)

    together(engine, waits("a"), beside, numbered)
    assert looked == [0, 1]


def test_a_job_that_fails_takes_its_own_rows_alone(engine: SqliteEngine) -> None:
    def looks(connection: Gathering) -> None:
        waits("x")(connection)
        counts(connection)
        waits("y")(connection)

    found = together(
        engine, waits("a"), fails_after(waits("b")), fails_after(looks), waits("c"), waits("b")
    )
    assert [type(each) for each in found] == [type(None), ValueError, ValueError] + [type(None)] * 2
    assert names(engine) == ["a", "c", "b"]


def test_of_rows_that_collide_the_later_job_fails_and_no_other(engine: SqliteEngine) -> None:
    found = together(engine, waits("a"), waits("b"), waits("c", "a"), waits("d"))
    assert [type(each) for each in found] == [type(None)] * 2 + [sqlite3.IntegrityError, type(None)]
    assert names(engine) == ["a", "b", "d"]


def test_a_row_that_nothing_can_be_made_of_fails_its_job_alone(engine: SqliteEngine) -> None:
    found = together(engine, waits("a"), waits(object()), waits("b"))
    assert [each is None for each in found] == [True, False, True]
    assert names(engine) == ["a", "b"]


def test_a_collision_found_while_a_neighbour_looks_is_not_the_neighbours(
    engine: SqliteEngine,
) -> None:
    found = together(engine, waits("a"), waits("a"), counts, waits("b"))
    assert [type(each) for each in found] == [type(None), sqlite3.IntegrityError, int, type(None)]
    assert names(engine) == ["a", "b"]


def test_new_rows_are_numbered_behind_the_last(engine: SqliteEngine) -> None:
    together(engine, waits("a", "b"))
    numbers: list[int] = []

    def numbered(connection: Gathering) -> None:
        numbers.append(connection.new_rid("thing"))
        numbers.append(connection.new_rid("thing"))

    together(engine, numbered)
    together(engine, numbered)
    assert numbers == [3, 4, 5, 6]


def test_the_last_number_is_looked_up_again_when_a_job_was_undone_or_another_has_written(
    engine: SqliteEngine, tmp_path: Path
) -> None:
    together(engine, waits("a", "b"))
    numbers: list[int] = []

    def numbered(connection: Gathering) -> None:
        numbers.append(connection.new_rid("thing"))

    def undone(connection: Gathering) -> None:
        connection.execute("INSERT INTO thing (name) VALUES ('gone')")
        raise ValueError

    together(engine, numbered)
    together(engine, undone)
    together(engine, numbered)
    with sqlite3.connect(tmp_path / "hub.db") as other:
        other.execute("INSERT INTO thing (name) VALUES ('theirs')")
    together(engine, numbered)
    assert numbers == [3, 3, 4]


KEY = (1, "Patient", "p")


def knows(connection: Gathering) -> bool:
    return connection.is_known(KEY)


def test_what_is_known_is_forgotten_when_another_process_writes(
    engine: SqliteEngine, tmp_path: Path
) -> None:
    together(engine, lambda c: c.know(KEY))
    together(engine, waits("a"))
    assert together(engine, knows) == [True]
    with sqlite3.connect(tmp_path / "hub.db") as other:
        other.execute("INSERT INTO thing (name) VALUES ('theirs')")
    assert together(engine, knows) == [False]


def test_what_a_failing_job_may_have_seen_of_its_own_is_forgotten(engine: SqliteEngine) -> None:
    def saw(connection: Gathering) -> None:
        waits("p")(connection)
        counts(connection)
        connection.know(KEY)

    assert together(engine, fails_after(saw), knows)[1] is False
    assert together(engine, saw, knows)[1] is True


def test_what_was_known_in_a_transaction_that_came_to_nothing_is_forgotten(
    engine: SqliteEngine,
) -> None:
    def undone(connection: Gathering) -> None:
        connection.know(KEY)
        connection.raw.execute("ROLLBACK")

    async def run() -> bool:
        with pytest.raises(HubError, match="BUSY"):
            await engine.write(undone)
        return await engine.write(knows)

    assert asyncio.run(run()) is False

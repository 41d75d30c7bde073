"""hub.ports.UnitOfWork: all of a work or nothing of it, and never a neighbour's."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.ports import Job, Unit
from hub.problems import HubError, ProblemCode, fail
from hub.store.migrate import migrate
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store
from tests.builders import patient
from tests.contract.bench import START, Bench, save


class Planned(Exception):  # noqa: N818 - a test's own
    """What a work of these tests raises."""


def saving(number: int, *, fails: bool = False) -> Callable[[Unit], int]:
    """A number → a work that saves patient pN, a job and an access, and then may fail."""

    def work(unit: Unit) -> int:
        save(unit.fhir, {**patient(number), "id": f"p{number}"}, START)
        unit.outbox.add(Job(1, "q", f"p{number}"), START)
        if fails:
            raise Planned
        return number

    return work


def subjects(bench: Bench) -> list[str]:
    """The jobs that wait → what they are about."""
    return sorted(job.subject for job in bench.read(lambda unit: unit.outbox.due(START, 1000)))


def test_a_work_that_fails_leaves_nothing(bench: Bench) -> None:
    with pytest.raises(Planned):
        bench.write(saving(1, fails=True))
    assert (bench.find("Patient"), subjects(bench)) == ([], [])


def test_a_work_that_fails_keeps_what_was_there(bench: Bench) -> None:
    bench.write(saving(1))
    before = bench.load("Patient", "p1")
    with pytest.raises(Planned):
        bench.write(saving(1, fails=True))
    assert bench.load("Patient", "p1") == before


@pytest.mark.parametrize(
    "failing", [{0}, {29}, {3, 4, 5}, set(range(30)), set(range(0, 30, 2)), set()]
)
def test_a_work_that_fails_never_takes_its_neighbours(bench: Bench, failing: set[int]) -> None:
    results = bench.together([saving(n, fails=n in failing) for n in range(30)])
    assert [isinstance(r, Planned) for r in results] == [n in failing for n in range(30)]
    expected = sorted(f"p{n}" for n in range(30) if n not in failing)
    assert (sorted(bench.find("Patient")), subjects(bench)) == (expected, expected)


def test_an_error_of_the_database_never_takes_the_neighbours(bench: Bench) -> None:
    def twice(unit: Unit) -> None:
        row = saving(1)
        row(unit)
        raise fail(ProblemCode.DUPLICATE, "planned")

    results = bench.together([saving(1), twice, saving(2)])
    assert (results[0], results[2]) == (1, 2)
    assert isinstance(results[1], HubError)


def test_works_run_in_the_order_they_were_handed_over(bench: Bench) -> None:
    seen: list[int] = []

    def noting(number: int) -> Callable[[Unit], None]:
        return lambda _: seen.append(number)

    bench.together([noting(n) for n in range(100)])
    assert seen == list(range(100))


def test_a_later_work_sees_what_an_earlier_one_wrote(bench: Bench) -> None:
    results = bench.together([saving(1), lambda unit: len(unit.outbox.due(START, 10)), saving(2)])
    assert results == [1, 1, 2]


def test_nothing_can_be_written_while_reading(bench: Bench) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only|no attribute 'new_rid'"):
        bench.read(saving(1))
    assert bench.find("Patient") == []
    assert bench.write(saving(1)) == 1


# What follows is about the embedded engine alone: locks and full disks of one file.


def sqlite_pair(path: Path) -> tuple[Bench, SqliteEngine]:
    """A database file → a store on it and its engine."""
    migrate(path)
    engine = SqliteEngine(path)
    return Bench(Store(engine), engine.close), engine


def test_a_locked_database_is_busy_and_nothing_is_half_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.sqlite_lock.BUSY_TIMEOUT_S", 0.1)
    bench, _ = sqlite_pair(tmp_path / "hub.db")
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for error in bench.together([saving(1), saving(2)]):
        assert isinstance(error, HubError)
        assert [p.code for p in error.problems] == [ProblemCode.BUSY]
    assert bench.find("Patient") == []
    other.execute("ROLLBACK")
    other.close()
    assert bench.write(saving(1)) == 1
    bench.close()


@pytest.mark.parametrize("count", [1, 5])
def test_a_full_disk_is_busy_and_nothing_is_half_stored(tmp_path: Path, count: int) -> None:
    bench, engine = sqlite_pair(tmp_path / "hub.db")
    bench.runner.run(engine.write(lambda c: c.execute("PRAGMA max_page_count=1")))

    def large(unit: Unit) -> None:
        save(unit.fhir, {**patient(), "id": "large", "name": [{"text": "x" * 100_000}]}, START)

    for error in bench.together([large] * count):
        assert isinstance(error, HubError)
        assert [p.code for p in error.problems] == [ProblemCode.BUSY]
    assert bench.find("Patient") == []
    bench.runner.run(engine.write(lambda c: c.execute("PRAGMA max_page_count=1000000")))
    bench.write(large)
    assert bench.find("Patient") == ["large"]
    bench.close()


def test_a_damaged_file_is_busy_and_told(tmp_path: Path) -> None:
    bench, engine = sqlite_pair(tmp_path / "hub.db")
    sql = "SELECT rootpage FROM sqlite_master WHERE name = 'resource'"
    (root,) = bench.runner.run(engine.read(lambda c: c.execute(sql).fetchone()))
    bench.close()
    with (tmp_path / "hub.db").open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    again = SqliteEngine(tmp_path / "hub.db")

    async def clear() -> object:
        return await again.write(lambda c: c.execute("DELETE FROM resource WHERE rid > 0"))

    with pytest.raises(HubError) as refused:
        asyncio.run(clear())

    assert [ProblemCode.BUSY] == [p.code for p in refused.value.problems]
    assert "its file is damaged" == again.refusal.why
    again.close()


def test_what_was_answered_is_there_after_the_file_is_opened_anew(tmp_path: Path) -> None:
    bench, _ = sqlite_pair(tmp_path / "hub.db")
    bench.together([saving(n) for n in range(20)])
    copy, _ = sqlite_pair(tmp_path / "hub.db")  # the first one is still open, as after a crash
    assert len(copy.find("Patient")) == 20
    copy.close()
    bench.close()


def test_a_failing_listener_does_not_stop_the_writer(tmp_path: Path) -> None:
    bench, engine = sqlite_pair(tmp_path / "hub.db")

    def broken() -> None:
        raise Planned

    engine.on_commit(broken)
    assert [bench.write(saving(n)) for n in range(3)] == [0, 1, 2]
    bench.close()


def test_a_write_after_the_end_is_busy_and_does_not_wait_for_ever(tmp_path: Path) -> None:
    bench, engine = sqlite_pair(tmp_path / "hub.db")
    engine.close()
    with pytest.raises(HubError, match="BUSY"):
        bench.write(saving(1))
    bench.runner.close()


def test_what_is_done_meanwhile_is_done_once_before_the_result(bench: Bench) -> None:
    told: list[str] = []

    assert isinstance(bench.units, Store)
    engine = bench.units.engine

    async def run() -> list[int]:
        works = (engine.write(lambda _, n=n: n, meanwhile=lambda: told.append("?")) for n in range(3))  # fmt: skip
        found = await asyncio.gather(*works)
        told.append("done")
        return found

    assert bench.runner.run(run()) == [0, 1, 2]
    assert told == ["?", "?", "?", "done"]

"""Following the log of marks costs what is new in it, however many marks there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.ports import JudgeMark, Unit
from tests.contract.bench import START, Bench, sqlite_bench

MANY = 2_000


def filled(bench: Bench, count: int) -> int:
    """A store and how many → so many more marks are in it; the number of the last."""
    base = bench.read(lambda unit: unit.judgements.last(1))

    def fill(unit: Unit) -> None:
        for n in range(base, base + count):
            unit.judgements.add(JudgeMark(1, f"o{n}", 1, f"p{n % 7}", "spo2", START, (), b"input"))

    bench.write(fill)
    return bench.read(lambda unit: unit.judgements.last(1))


def steps(bench: Bench, work: Callable[[Any], Any]) -> int:
    """A reading → what it cost, in steps of SQLite's machine; they do not depend on ours."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    def counted(unit: Any) -> None:
        connection = unit.fhir.connection
        connection.set_progress_handler(step, 1)
        work(unit)
        connection.set_progress_handler(None, 0)

    bench.read(counted)
    return taken


def test_the_log_goes_on_behind_the_last_mark_that_was_followed(bench: Bench) -> None:
    last = filled(bench, 5)
    assert filled(bench, 3) == last + 3
    found = bench.read(lambda unit: unit.judgements.logged(1, last, 2))
    assert [(row.seq, row.observation_id, row.judged) for row in found] == [
        (last + 1, "o5", False),
        (last + 2, "o6", False),
    ]
    assert bench.read(lambda unit: (unit.judgements.logged(2, 0, 9), unit.judgements.last(2))) == ([], 0)  # fmt: skip


def test_following_the_log_looks_at_no_mark_before_those_that_are_new(tmp_path: Path) -> None:
    bench = sqlite_bench(tmp_path)
    costs: list[tuple[int, int]] = []
    for count in (10, MANY):
        last = filled(bench, count)
        logged = steps(bench, lambda unit, last=last: unit.judgements.logged(1, last - 5, 100))
        costs.append((logged, steps(bench, lambda unit: unit.judgements.last(1))))
    bench.close()
    assert costs[0] == costs[1]

"""Every engine under the same tests: another engine is one more entry in ENGINES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.bench import Bench, postgres_bench, sqlite_bench

ENGINES: dict[str, Callable[[Path], Bench]] = {"sqlite": sqlite_bench, "postgres": postgres_bench}
PARAMS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=PARAMS)
def make_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Nothing → a store on an empty database of its own."""
    made: list[Bench] = []

    def make() -> Bench:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(ENGINES[request.param](folder))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: Callable[[], Bench]) -> Bench:
    """A store on an empty database."""
    return make_bench()

"""A batch that would hold the event loop too long goes on in later turns of the loop, and is still one commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.problems import HubError
from hub.store import sqlite as engine_module
from hub.store.gathering import Gathering
from hub.store.sqlite import STRETCHES, SqliteEngine
from tests.unit.store.things import put


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every work is a stretch of its own."""
    monkeypatch.setattr(engine_module, "INLINE_S", 0.0)


def saving(name: str, *, fails: bool = False) -> Callable[[Gathering], str]:
    def work(connection: Gathering) -> str:
        connection.later(put, name)
        if fails:
            raise ValueError
        return name

    return work


def names(engine: SqliteEngine) -> list[str]:
    return [r[0] for r in engine.read_now(lambda c: c.execute("SELECT name FROM thing").fetchall())]


def test_what_waits_behind_shares_the_commit(engine: SqliteEngine) -> None:
    async def run() -> list[str]:
        return await asyncio.gather(*(engine.write(saving(f"{n}")) for n in range(STRETCHES)))

    assert asyncio.run(run()) == names(engine) == [f"{n}" for n in range(STRETCHES)]
    assert engine.commits == 1


def test_a_batch_ends_after_some_stretches_whatever_still_waits(engine: SqliteEngine) -> None:
    async def run() -> None:
        await asyncio.gather(*(engine.write(saving(f"{n}")) for n in range(2 * STRETCHES)))

    asyncio.run(run())
    assert (engine.commits, len(names(engine))) == (2, 2 * STRETCHES)


def test_others_have_the_loop_between_two_stretches_and_see_nothing_of_the_batch(
    engine: SqliteEngine,
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(names(engine)))

    async def run() -> None:
        writes = [asyncio.ensure_future(engine.write(saving(f"{n}"))) for n in range(3)]
        for _ in range(3):
            await asyncio.sleep(0)
            look()
        await asyncio.gather(*writes)
        look()

    asyncio.run(run())
    assert (seen[0], seen[-1]) == (0, 3)
    assert engine.commits == 1


def test_what_fails_in_a_later_stretch_takes_no_neighbour_with_it(engine: SqliteEngine) -> None:
    """One raises, and one has a name that an earlier stretch put in."""
    works = [saving("a"), saving("b", fails=True), saving("a"), saving("c")]

    async def run() -> list[Any]:
        return await asyncio.gather(*map(engine.write, works), return_exceptions=True)

    results = asyncio.run(run())
    assert [r if isinstance(r, str) else type(r) for r in results] == ["a", ValueError, sqlite3.IntegrityError, "c"]  # fmt: skip
    assert names(engine) == ["a", "c"]


def test_a_store_that_is_closed_between_two_stretches_keeps_all_that_was_handed_over(
    engine: SqliteEngine, tmp_path: Path
) -> None:
    async def run() -> list[str]:
        writes = [asyncio.ensure_future(engine.write(saving(f"{n}"))) for n in range(4)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        engine.close()
        with pytest.raises(HubError):
            await engine.write(saving("late"))
        return await asyncio.gather(*writes)

    assert asyncio.run(run()) == ["0", "1", "2", "3"]
    with sqlite3.connect(tmp_path / "hub.db") as raw:
        assert raw.execute("SELECT count(*) FROM thing").fetchone() == (4,)

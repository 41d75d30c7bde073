"""What a caller wants done while its commit goes to the disk is done once, before the result, and harms nobody."""

from __future__ import annotations

import asyncio
from typing import Any

from hub.store.sqlite import SqliteEngine
from tests.unit.store.things import put


def save(engine: SqliteEngine, name: str, told: list[str]) -> Any:
    async def saved() -> None:
        await engine.write(
            lambda connection: connection.later(put, name), meanwhile=lambda: told.append(name)
        )
        told.append(f"{name} is stored")

    return saved()


def names(engine: SqliteEngine) -> list[str]:
    return [r[0] for r in engine.read_now(lambda c: c.execute("SELECT name FROM thing").fetchall())]


def test_it_is_done_before_the_result_is_there(engine: SqliteEngine) -> None:
    told: list[str] = []
    asyncio.run(save(engine, "a", told))
    assert told == ["a", "a is stored"]
    assert names(engine) == ["a"]


def test_it_is_done_once_when_work_runs_again_by_itself(engine: SqliteEngine) -> None:
    told: list[str] = []

    async def run() -> list[Any]:
        works = [save(engine, name, told) for name in ("a", "b", "a")]
        return await asyncio.gather(*works, return_exceptions=True)

    results = asyncio.run(run())
    assert sorted(told) == ["a", "a", "a is stored", "b", "b is stored"]
    assert [isinstance(each, Exception) for each in results] == [False, False, True]
    assert sorted(names(engine)) == ["a", "b"]


def test_what_it_raises_is_no_failure_of_the_work(engine: SqliteEngine) -> None:
    seen: list[Any] = []

    def fails() -> None:
        raise ValueError

    async def run() -> str:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: seen.append(told))
        return await engine.write(lambda _: "done", meanwhile=fails)

    assert asyncio.run(run()) == "done"
    assert isinstance(seen[0]["exception"], ValueError)

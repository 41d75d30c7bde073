"""Another process that takes the lock while jobs are run again one by one: they wait for it, and nobody is refused."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from hub.store import sqlite as engine_module
from hub.store.gathering import Gathering
from hub.store.sqlite import SqliteEngine
from tests.unit.store.things import put


def test_jobs_that_are_run_again_wait_for_the_lock_that_another_took_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hub.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE thing (rid INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    done: list[str] = []

    def take(statement: str) -> None:
        """What the hub's connection is about to do: when it begins again, the lock is gone."""
        done.append(statement)
        if done[-2:] == ["ROLLBACK", "BEGIN IMMEDIATE"] and done.count("ROLLBACK") == 1:
            other.execute("BEGIN IMMEDIATE")
            Timer(0.2, other.execute, ["ROLLBACK"]).start()

    connect = engine_module.connect

    def watched(*given: Any) -> sqlite3.Connection:
        connection = connect(*given)
        connection.set_trace_callback(take)
        return connection

    monkeypatch.setattr(engine_module, "connect", watched)
    engine = SqliteEngine(path)

    def work(connection: Gathering) -> None:
        connection.later(put, "a")

    async def run() -> list[BaseException | None]:
        return await asyncio.gather(*(engine.write(work) for _ in range(3)), return_exceptions=True)

    said = asyncio.run(run())
    engine.close()
    other.close()
    assert done.count("ROLLBACK") > 0
    assert [None, sqlite3.IntegrityError, sqlite3.IntegrityError] == [
        None if each is None else type(each) for each in said
    ]

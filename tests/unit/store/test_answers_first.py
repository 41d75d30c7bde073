"""Who waits for a commit has the answer when it is durable, not when the log has been written back behind it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hub.store.sqlite import SqliteEngine
from hub.store.write_back import WriteBack

_PATIENCE_S = 5.0


def test_nobody_waits_for_what_is_written_back_behind_a_commit(
    engine: SqliteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, was_answered = threading.Event(), list[bool]()
    monkeypatch.setattr(WriteBack, "is_long", True)
    monkeypatch.setattr(WriteBack, "committed", lambda *_: was_answered.append(answered.wait(_PATIENCE_S)))  # fmt: skip

    async def run() -> list[str]:
        results = [await engine.write(lambda _: "first")]
        answered.set()
        return [*results, await engine.write(lambda _: "second")]

    assert asyncio.run(run()) == ["first", "second"]
    assert was_answered[0]


def test_the_next_batch_waits_until_the_log_is_written_back(
    engine: SqliteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    gone_on = threading.Event()

    def committed(*_: object) -> None:
        gone_on.wait(0.05)
        told.append("written back")

    monkeypatch.setattr(WriteBack, "is_long", True)
    monkeypatch.setattr(WriteBack, "committed", committed)

    async def run() -> None:
        await engine.write(lambda _: None)
        await engine.write(lambda _: told.append("next"))

    asyncio.run(run())
    assert told[:2] == ["written back", "next"]

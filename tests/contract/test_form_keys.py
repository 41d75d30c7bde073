"""The keys that forms are marked with: the same for all processes, a new one each day, on every engine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from hub.store.engine import Engine
from hub.store.form_keys import FormKeys
from hub.store.unit import Store
from tests.contract.bench import Bench

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def engine_of(bench: Bench) -> Engine:
    return cast("Store", bench.units).engine


def test_processes_that_ask_at_once_get_the_same_key(bench: Bench) -> None:
    async def all_at_once() -> list[tuple[bytes, ...]]:
        return await asyncio.gather(*[FormKeys(engine_of(bench)).at(NOW) for _ in range(8)])

    found = bench.runner.run(all_at_once())
    assert len(set(found)) == 1
    assert len(found[0][0]) == 32


def test_each_day_has_its_key_and_knows_the_one_before(bench: Bench) -> None:
    keys = FormKeys(engine_of(bench))
    days = [bench.runner.run(keys.at(NOW + timedelta(days=n))) for n in range(4)]
    assert len({day[0] for day in days}) == 4
    assert [day[1:] for day in days] == [(), *((day[0],) for day in days[:3])]

    def left(connection: Any) -> int:
        sql = "SELECT count(*) FROM hub_flag WHERE name LIKE 'form-key-%'"
        return connection.execute(sql, ()).fetchone()[0]

    assert bench.runner.run(engine_of(bench).read(left)) == 2

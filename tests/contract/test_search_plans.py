"""How SQLite finds the hot searches: by an index that names what is asked, never by looking at every row, and without sorting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.fhir.search.params import parse_search
from hub.store.connection import Connection
from hub.store.search import search
from tests.builders import observation, patient
from tests.contract.bench import BASE, START, Bench, permit, sqlite_bench

TREND = [
    ("patient", "a"),
    ("code", "http://loinc.org|59408-5"),
    ("date", "ge2020"),
    ("_count", "365"),
]
HOT: list[tuple[str, list[tuple[str, str]], str]] = [
    ("Observation", [*TREND, ("_sort", "date")], "SEARCH c USING PRIMARY KEY"),
    ("Observation", [*TREND, ("_sort", "-date")], "SEARCH c USING PRIMARY KEY"),
    ("Task", [("patient", "a"), ("status", "requested")], "INDEX resource_patient"),
    ("Observation", [("patient", "a"), ("status", "final")], "INDEX observation_patient"),
    ("Patient", [("identifier", "urn:x|1")], "INDEX index_text_value"),
    ("Task", [("_sort", "-_lastUpdated")], "INDEX resource_updated"),
    ("Observation", [("_sort", "_lastUpdated")], "INDEX observation_updated"),
    ("Observation", [("status", "amended")], "SEARCH r USING INTEGER PRIMARY KEY"),
    ("Observation", [("code", "http://loinc.org|59408-5")], "INDEX observation_code_code"),
]  # fmt: skip

LISTED = {7}
"""Those whose row ids an index lists, in no order: they are few."""


class _Watched:
    """A connection that keeps the plan of each statement."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.plans: list[str] = []

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        rows = self.inner.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
        self.plans.append("\n".join(row[3] for row in rows))
        return self.inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Any:
        return self.inner.executemany(sql, parameters)


@pytest.fixture
def filled(tmp_path: Path) -> Bench:
    """A store on SQLite with a little of everything."""
    bench = sqlite_bench(tmp_path)
    bench.save({**patient(1), "id": "a"})
    for n in range(5):
        bench.save({**observation("Patient/a"), "id": f"o{n}"})
        body = {"status": "requested", "intent": "order", "for": {"reference": "Patient/a"}}
        bench.save({"resourceType": "Task", "id": f"t{n}", **body})
    return bench


@pytest.mark.parametrize("number", range(len(HOT)))
def test_a_hot_search_walks_its_index(filled: Bench, number: int) -> None:
    kind, pairs, expected = HOT[number]
    query = parse_search(kind, pairs, START, BASE)
    if "_sort" not in dict(pairs):
        query = replace(query, order=())

    def work(unit: Any) -> list[str]:
        watched = _Watched(unit.fhir.connection)
        connection: Connection = watched
        search(connection, permit(), query)
        return watched.plans

    plans = filled.read(work)
    filled.close()
    assert expected in plans[0], plans[0]
    assert not any(line.startswith("SCAN") for plan in plans for line in plan.splitlines()), plans
    assert "TEMP B-TREE" not in plans[0] or number in LISTED, plans[0]

"""How SQLite finds the hot searches: by an index that names what is asked, never by looking at every row, and without sorting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hub.fhir.search.params import parse_search
from hub.fhir.search.query import Cursor, Page, SearchQuery
from hub.store.connection import Connection
from hub.store.search import search
from tests.builders import observation, patient
from tests.contract.bench import BASE, START, Bench, permit, save, sqlite_bench

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
    ("AuditEvent", [("patient", "a"), ("_sort", "-date")], "INDEX audit_event_patient"),
    ("AuditEvent", [("action", "R")], "INDEX audit_event_seq"),
    ("AuditEvent", [("_id", "a1,a2")], "SEARCH r USING INTEGER PRIMARY KEY"),
]  # fmt: skip

LISTED = {7, 11}
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
    if "_sort" not in dict(pairs) and kind != "AuditEvent":
        query = replace(query, order=())

    def work(unit: Any) -> list[str]:
        watched = _Watched(unit.fhir.connection)
        connection: Connection = watched
        search(connection, permit(), query)
        return watched.plans

    plans = filled.read(work)
    filled.close()
    assert expected in plans[0], plans[0]
    lines = [line for plan in plans for line in plan.splitlines()]
    scans = [line for line in lines if line.startswith("SCAN") and line != "SCAN q"]  # q: the page
    assert not scans, plans
    assert "TEMP B-TREE" not in plans[0] or number in LISTED, plans[0]


@pytest.mark.parametrize("way", ["", "-"])
def test_the_last_page_of_one_millisecond_costs_what_the_first_does(
    tmp_path: Path, way: str
) -> None:
    bench = sqlite_bench(tmp_path)
    bench.write(lambda unit: save(unit.fhir, {**patient(1), "id": "a"}, START))

    def fill(unit: Any) -> None:
        for n in range(2000):
            save(unit.fhir, {**observation("Patient/a"), "id": f"o{n}"}, START)

    bench.write(fill)
    order = [("_sort", f"{way}_lastUpdated"), ("_count", "100")]
    costs: list[int] = []
    cursor: Cursor | None = None
    for _ in range(20):
        query = replace(parse_search("Observation", order, START, BASE), cursor=cursor)
        page, cost = bench.read(lambda unit, asked=query: _steps(unit, asked))
        assert len(page.matches) == 100
        costs.append(cost)
        cursor = page.next
    bench.close()
    assert cursor is None
    assert max(costs) <= 1.2 * costs[0], costs


def _steps(unit: Any, query: SearchQuery) -> tuple[Page, int]:
    """A search → its page and what it cost, in steps of SQLite's machine; they do not depend on ours."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    connection = unit.fhir.connection
    connection.set_progress_handler(step, 1)
    page = search(connection, permit(), query)
    connection.set_progress_handler(None, 0)
    return page, taken


def test_an_estimate_stops_counting_where_an_exact_total_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.search.ESTIMATED", 7)
    bench = sqlite_bench(tmp_path)
    for n in range(9):
        bench.save({**patient(n), "id": f"p{n}"})

    def total(kind: str, count: str) -> int | None:
        return bench.page("Patient", [("_total", kind), ("_count", count)]).total

    assert [total("estimate", "2"), total("estimate", "0")] == [7, 7]
    assert [total("accurate", "2"), total("accurate", "0"), total("none", "0")] == [9, 9, 9]
    bench.close()

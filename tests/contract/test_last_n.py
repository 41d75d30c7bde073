"""$lastn in the store: the newest of each code and of each text, at a cost that grows no faster than what the patient has."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from hub.fhir.requests import fhir_instant
from hub.fhir.search.params import parse_search
from hub.fhir.search.query import Page
from tests.builders import observation, patient
from tests.contract.bench import BASE, START, Bench, permit, sqlite_bench

_QUERY = parse_search("Observation", [("patient", "a")], START, BASE)


def _value(name: str, hours: int, **more: Any) -> dict[str, Any]:
    at = fhir_instant(START - timedelta(hours=hours))
    return {**observation("Patient/a"), "id": name, "effectiveDateTime": at, **more}


def _newest(bench: Bench) -> list[str]:
    page: Page = bench.read(lambda unit: unit.fhir.last_n(permit(), _QUERY, 1))
    return [each.id for each in page.matches]


def test_what_has_a_text_alone_is_found_beside_what_has_codes(bench: Bench) -> None:
    bench.save({**patient(1), "id": "a"})
    bench.save(_value("coded-old", 9))
    bench.save(_value("told-old", 8, code={"text": "how it goes"}))
    bench.save(_value("told-new", 2, code={"text": "how it goes"}))
    bench.save(_value("other-text", 5, code={"text": "something else"}))
    bench.save(_value("coded-new", 1))

    assert {"coded-new", "told-new", "other-text"} == set(_newest(bench))
    assert 3 == len(_newest(bench))


def _steps(folder: Path, many: int) -> int:
    """A folder and how many values a patient has → how many steps SQLite's machine takes for $lastn, in hundreds."""
    folder.mkdir()
    bench = sqlite_bench(folder)
    bench.save({**patient(1), "id": "a"})
    for number in range(many):
        bench.save(_value(f"o{number}", number))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def work(unit: Any) -> Page:
        raw = cast("sqlite3.Connection", unit.fhir.connection)
        raw.set_progress_handler(count, 100)
        try:
            return unit.fhir.last_n(permit(), _QUERY, 1)
        finally:
            raw.set_progress_handler(None, 0)

    found = bench.read(work)
    assert 1 == len(found.matches)
    return steps


def test_four_times_as_many_values_cost_little_more_than_four_times(tmp_path: Path) -> None:
    few, many = _steps(tmp_path / "few", 60), _steps(tmp_path / "many", 240)

    assert many < 6 * few

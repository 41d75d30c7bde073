"""A database that an earlier version has filled: upgraded with its data, and found by everything the new index knows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from hub.fhir.search.dates import micros
from hub.store.layout import FAR
from hub.store.migrate import HEAD, migrate, schema_version
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store
from tests.builders import Json, to_json
from tests.contract.bench import START, Bench

MIGRATIONS = Path(__file__).parents[2] / "hub" / "store" / "migrations"
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"versionId": "1", "lastUpdated": "2026-11-21T12:00:00.000Z"},
    "identifier": [{"system": "urn:x", "value": "1"}],
}
TASK: Json = {
    "resourceType": "Task",
    "id": "t1",
    "meta": {"versionId": "1", "lastUpdated": "2026-11-21T12:00:00.000Z"},
    "status": "requested",
    "intent": "order",
    "for": {"reference": "Patient/p1"},
}
VALUE: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"versionId": "1", "lastUpdated": "2026-11-21T12:00:00.000Z"},
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-11-20T08:00:00Z",
    "valueQuantity": {"value": 64, "unit": "/min"},
}


def filled_by_0001(path: Path, bodies: list[Json]) -> None:
    """A file → a database at schema 0001 with these resources, as that version has written them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = f"sqlite:///{path}"
    command.upgrade(config, "0001")
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO tenant (id, name, org_number) VALUES (1, 'T', '999999999')")
    at = micros(START)
    for body in bodies:
        kind, here = body["resourceType"], body["id"]
        hot = kind == "Observation"
        values = (1, here, 1, at, "p1", 0, FAR, FAR, to_json(body))
        names = "tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body"
        if hot:
            connection.execute(
                f"INSERT INTO observation ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
            )
        else:
            connection.execute(
                f"INSERT INTO resource ({names}, type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, kind),
            )
        connection.execute(
            "INSERT INTO token_index (tenant_id, type, param, code, rid, system) VALUES (1, ?, 'status', 'old', 1, '')",
            (kind,),
        )
    connection.commit()
    connection.close()


@pytest.fixture
def upgraded(tmp_path: Path) -> Bench:
    """A store on a database that was filled at 0001 and is now at the newest schema."""
    path = tmp_path / "hub.db"
    filled_by_0001(path, [PATIENT, TASK, VALUE])
    assert schema_version(path) == "0001"
    migrate(path)
    assert schema_version(path) == HEAD
    engine = SqliteEngine(path)
    return Bench(Store(engine), engine.close)


FOUND: list[tuple[str, str, str, list[str]]] = [
    ("Patient", "identifier", "urn:x|1", ["p1"]),
    ("Task", "status", "requested", ["t1"]),
    ("Task", "status", "old", []),
    ("Task", "patient", "p1", ["t1"]),
    ("Observation", "code", "http://loinc.org|8867-4", ["o1"]),
    ("Observation", "status", "final", ["o1"]),
    ("Observation", "date", "2026-11-20", ["o1"]),
    ("Observation", "patient", "Patient/p1", ["o1"]),
]


def test_what_an_earlier_version_stored_is_found_after_the_upgrade(upgraded: Bench) -> None:
    for kind, name, value, expected in FOUND:
        assert upgraded.find(kind, (name, value)) == expected, (kind, name, value)
    upgraded.close()


def test_an_upgrade_that_was_cut_off_is_finished_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    filled_by_0001(path, [PATIENT])
    migrate(path)
    connection = sqlite3.connect(path)  # as it is when the process dies between schema and index
    connection.execute("INSERT INTO hub_flag (name, value) VALUES ('reindex', 'todo')")
    connection.execute("DELETE FROM index_text")
    connection.commit()
    connection.close()
    assert schema_version(path) != HEAD
    migrate(path)
    assert schema_version(path) == HEAD
    engine = SqliteEngine(path)
    bench = Bench(Store(engine), engine.close)
    assert bench.find("Patient", ("identifier", "urn:x|1")) == ["p1"]
    bench.close()


def test_a_body_that_cannot_be_read_any_more_keeps_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hub.db"
    filled_by_0001(path, [PATIENT, {**TASK, "status": 5}])
    migrate(path)
    assert "1 resources cannot be read" in capsys.readouterr().err
    engine = SqliteEngine(path)
    bench = Bench(Store(engine), engine.close)
    assert bench.find("Task", ("_id", "t1")) == ["t1"]
    bench.close()

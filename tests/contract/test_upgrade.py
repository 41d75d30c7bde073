"""A database that an earlier version has filled: upgraded with its data, and found by everything the new index knows."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from hub.fhir.history import HistoryQuery
from hub.fhir.requests import AuditEntry
from hub.fhir.search.dates import micros
from hub.fhir.search.params import parse_search
from hub.policy import Actor
from hub.store.address import Address, PostgresAddress
from hub.store.audit_chain import Fault, first_hash, verify
from hub.store.audit_facts import TOLD, columns_of, events_of_patient
from hub.store.audit_shape import render_audit
from hub.store.connection import Connection
from hub.store.layout import FAR
from hub.store.migrate import HEAD, migrate, schema_version, sqlalchemy_url
from hub.store.postgres import PostgresEngine
from hub.store.postgres_connection import PostgresConnection, connect
from hub.store.reindex import reindex
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store
from tests import postgres_cluster
from tests.builders import Json, to_json
from tests.contract.bench import BASE, START, Bench, permit
from tests.contract.conftest import PARAMS
from tests.contract.test_audit_chain import check, tamper

MARK = "SELECT value FROM hub_flag WHERE name = 'reindex'"
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


@contextmanager
def writing(address: Address) -> Generator[Connection]:
    """A database → a transaction in it, beside everything the hub does."""
    if isinstance(address, PostgresAddress):
        with connect(address) as raw, raw.transaction():
            yield PostgresConnection(raw)
    else:
        with closing(sqlite3.connect(address)) as plain, plain:
            yield plain


@contextmanager
def unfinished(address: Address) -> Generator[tuple[Connection, Callable[[], None]]]:
    """A database → a connection that commits when it is told to, and what tells it; the rest is rolled back."""
    if isinstance(address, PostgresAddress):
        with closing(connect(address)) as raw:
            raw.execute("SET hub.tenant = '*'")  # for the session, as env.py does it
            raw.autocommit = False
            yield PostgresConnection(raw), raw.commit
    else:
        with closing(sqlite3.connect(address)) as plain:
            yield plain, plain.commit


def filled_by_0001(address: Address, bodies: list[Json]) -> None:
    """An empty database → at schema 0001 with these resources, as that version has written them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = sqlalchemy_url(address)
    command.upgrade(config, "0001")
    at = micros(START)
    names = "tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body"
    with writing(address) as connection:
        connection.execute("INSERT INTO tenant (id, name, org_number) VALUES (1, 'T', '999999999')")
        for body in bodies:
            kind, here = body["resourceType"], body["id"]
            values = (1, here, 1, at, "p1", 0, FAR, FAR, to_json(body))
            if kind == "Observation":
                connection.execute(
                    f"INSERT INTO observation ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
                )
            else:
                connection.execute(
                    f"INSERT INTO resource ({names}, type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*values, kind),
                )
            connection.execute(
                "INSERT INTO token_index (tenant_id, type, param, code, rid, system)"
                " VALUES (1, ?, 'status', 'old', 1, '')",
                (kind,),
            )


@pytest.fixture(params=PARAMS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Address]:
    """A database of each engine that holds nothing, not even tables."""
    if request.param == "sqlite":
        yield tmp_path / "hub.db"
        return
    url = postgres_cluster.shared_cluster().create()
    yield postgres_cluster.address_of(url)
    postgres_cluster.shared_cluster().drop(url)


@pytest.fixture
def opened() -> Iterator[Callable[[Address], Bench]]:
    """A migrated database → a store on it."""
    made: list[Bench] = []

    def open_store(address: Address) -> Bench:
        shared = isinstance(address, PostgresAddress)
        engine = PostgresEngine(address) if shared else SqliteEngine(address)
        made.append(Bench(Store(engine), engine.close))
        return made[-1]

    yield open_store
    for bench in made:
        bench.close()


def url_of(address: Address) -> str:
    """A database → HUB_DATABASE_URL."""
    return address.url if isinstance(address, PostgresAddress) else f"sqlite:///{address}"


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


def test_what_an_earlier_version_stored_is_found_after_the_upgrade(
    address: Address, opened: Callable[[Address], Bench]
) -> None:
    filled_by_0001(address, [PATIENT, TASK, VALUE])
    assert schema_version(address) == "0001"
    migrate(address)
    assert schema_version(address) == HEAD
    bench = opened(address)
    for kind, name, value, expected in FOUND:
        assert bench.find(kind, (name, value)) == expected, (kind, name, value)


def test_what_comes_after_the_upgrade_stands_beside_it(
    address: Address, opened: Callable[[Address], Bench]
) -> None:
    filled_by_0001(address, [PATIENT, TASK, VALUE])
    migrate(address)
    bench = opened(address)
    bench.save({**VALUE, "id": "o2", "effectiveDateTime": "2026-11-21T08:00:00Z"})
    bench.save({**TASK, "status": "completed"})
    assert bench.find("Observation", ("code", "8867-4"), ("_sort", "date")) == ["o1", "o2"]
    assert bench.find("Task", ("status", "completed")) == ["t1"]
    assert bench.find("Task", ("status", "requested")) == []


def test_an_upgrade_that_was_cut_off_is_finished_by_the_next(
    address: Address, opened: Callable[[Address], Bench]
) -> None:
    filled_by_0001(address, [PATIENT])
    migrate(address)
    with writing(address) as connection:  # as when the process dies between schema and index
        connection.execute("INSERT INTO hub_flag (name, value) VALUES ('reindex', 'todo')")
        connection.execute("DELETE FROM index_text")
    assert schema_version(address) != HEAD
    migrate(address)
    assert schema_version(address) == HEAD
    assert opened(address).find("Patient", ("identifier", "urn:x|1")) == ["p1"]


def test_an_index_that_was_cut_off_goes_on_where_it_was(
    address: Address, opened: Callable[[Address], Bench]
) -> None:
    filled_by_0001(address, [PATIENT])
    migrate(address)
    values = [(f"o{n}", to_json({**VALUE, "id": f"o{n}", "identifier": [{"value": f"{n}"}]})) for n in range(2200)]  # fmt: skip
    with writing(address) as connection:
        connection.executemany(
            "INSERT INTO observation (tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body)"
            " VALUES (1, ?, 1, 0, 'p1', 0, 0, 0, ?)",
            values,
        )
        connection.execute("INSERT INTO hub_flag (name, value) VALUES ('reindex', 'todo')")
    commits: list[str] = []
    with unfinished(address) as (connection, keep):

        def commit() -> None:
            keep()
            commits.append(connection.execute(MARK).fetchone()[0])
            if len(commits) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            reindex(connection, commit, piece=1)
    assert commits[0].startswith("resource ")
    assert commits[1].startswith("observation ")
    assert "unfinished" in str(schema_version(address))
    part: Json = {"code": {"text": "P"}, "valueQuantity": {"value": 1}}
    late: Json = {**VALUE, "id": "late", "component": [part, part]}
    opened(address).save(late)  # a hub of before that still runs
    with writing(address) as connection:  # what is done is not done again
        connection.execute("DELETE FROM index_text WHERE value = '7'")
    migrate(address)
    bench = opened(address)
    assert bench.find("Observation", ("component-value-quantity", "1")) == ["late"]
    assert schema_version(address) == HEAD
    assert bench.find("Observation", ("identifier", "7")) == []
    for n in (8, 1100, 2199):
        assert bench.find("Observation", ("identifier", f"{n}")) == [f"o{n}"]
    with writing(address) as connection:
        assert connection.execute("SELECT count(*) FROM observation_code").fetchone()[0] == 2201


def test_an_index_half_made_in_an_earlier_form_is_begun_anew(
    address: Address, opened: Callable[[Address], Bench]
) -> None:
    filled_by_0001(address, [PATIENT, TASK, VALUE])
    migrate(address)
    with writing(address) as connection:
        connection.execute("DELETE FROM index_text")
        connection.execute("INSERT INTO hub_flag (name, value) VALUES ('reindex', 'observation 9')")
        connection.execute("UPDATE alembic_version SET version_num = '0012'")
    migrate(address)
    assert opened(address).find("Patient", ("identifier", "urn:x|1")) == ["p1"]


def test_what_0012_stored_is_found_by_what_the_index_holds_since(
    address: Address, opened: Callable[[Address], Bench]
) -> None:
    within = {"resourceType": "Organization", "id": "o", "name": "Inne i"}
    more: Json = {
        "telecom": [{"system": "phone", "value": "+47 900 00 000"}],
        "managingOrganization": {"reference": "#o"},
        "contained": [within],
    }
    filled_by_0001(address, [{**PATIENT, **more}, TASK, VALUE])
    migrate(address)
    with writing(address) as connection:  # as that version left the index
        connection.execute("DELETE FROM index_text WHERE value NOT LIKE 'requested'")
        connection.execute("UPDATE alembic_version SET version_num = '0012'")
    migrate(address)
    assert schema_version(address) == HEAD
    bench = opened(address)
    for name, value in (("telecom", "phone|+4790000000"), ("organization:missing", "false"), ("organization.name", "inne")):  # fmt: skip
        assert bench.find("Patient", (name, value)) == ["p1"], name
    for kind, name, value, expected in FOUND:
        assert bench.find(kind, (name, value)) == expected, (kind, name, value)


def test_a_body_that_cannot_be_read_any_more_keeps_its_place(
    address: Address, opened: Callable[[Address], Bench], capsys: pytest.CaptureFixture[str]
) -> None:
    filled_by_0001(address, [PATIENT, {**TASK, "status": 5}])
    migrate(address)
    assert "1 resources cannot be read" in capsys.readouterr().err
    assert opened(address).find("Task", ("_id", "t1")) == ["t1"]


def logged_by_0011(address: Address, entries: list[AuditEntry]) -> list[bytes]:
    """An empty database and accesses → at schema 0011 with them as that version has logged them: whole AuditEvents."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = sqlalchemy_url(address)
    command.upgrade(config, "0011")
    names = f"tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body, seq, hash, {', '.join(TOLD)}"
    events: list[bytes] = []
    before = first_hash(1)
    with writing(address) as connection:
        connection.execute("INSERT INTO tenant (id, name, org_number) VALUES (1, 'T', '999999999')")
        for rid, entry in enumerate(entries, 1):
            body, at = render_audit(entry, f"a{rid}"), micros(entry.recorded)
            before = sha256(before + body).digest()
            values = (1, f"a{rid}", 1, at, entry.patient_id, 0, at, at + 1000, body, rid, before)
            connection.execute(
                f"INSERT INTO audit_event ({names}) VALUES ({', '.join('?' * 18)})",
                (*values, *columns_of(entry)),
            )
            events.append(body)
    return events


def accesses(count: int) -> list[AuditEntry]:
    """So many looks at one patient, a second apart."""
    actor = Actor("gp_system", "gp", "GP", 1)
    return [
        AuditEntry(actor, "R", "read", START + timedelta(seconds=n), "Patient", "p1", 1, "p1", "because")
        for n in range(count)
    ]  # fmt: skip


def test_the_log_of_before_is_read_and_proved_as_it_lies_there_and_goes_on(
    address: Address, opened: Callable[[Address], Bench]
) -> None:
    looks = accesses(4)
    logged_by_0011(address, looks[:2])
    migrate(address)
    bench = opened(address)
    for look in looks[2:]:
        bench.write(lambda unit, look=look: unit.fhir.audit(look))

    def read(unit: Any) -> list[list[bytes]]:
        ways = [
            [unit.fhir.load(permit(), "AuditEvent", f"a{n}").body for n in range(1, 5)],
            events_of_patient(unit.fhir.connection, 1, "p1"),
        ]
        for pairs in ([("patient", "Patient/p1")], [("action", "R")], [("_id", "a1,a2,a3,a4")]):
            page = unit.fhir.search(permit(), parse_search("AuditEvent", pairs, START, BASE))
            ways.append([match.body for match in page.matches])
        found = unit.fhir.history(permit(), HistoryQuery("AuditEvent", "", 10))
        ways.append([each.stored.body for each in reversed(found.entries)])
        assert verify(unit.fhir.connection, 1, {})[1] is None
        return ways

    for way in bench.read(read):
        assert way == [render_audit(each, f"a{n}") for n, each in enumerate(looks, 1)]


@pytest.mark.parametrize("seq", [2, 3])
def test_a_change_is_told_in_entries_of_before_and_of_now(
    address: Address, opened: Callable[[Address], Bench], seq: int
) -> None:
    looks = accesses(3)
    logged_by_0011(address, looks[:2])
    migrate(address)
    bench = opened(address)
    bench.write(lambda unit: unit.fhir.audit(looks[2]))
    postgres = isinstance(address, PostgresAddress)
    text = "convert_from(body, 'UTF8')" if postgres else "CAST(body AS TEXT)"
    changed = f"replace({text}, 'because', 'nothing')"
    changed = f"convert_to({changed}, 'UTF8')" if postgres else f"CAST({changed} AS BLOB)"
    tamper(bench, f"UPDATE audit_event SET body = {changed} WHERE seq = {seq}")
    head, fault = check(bench)
    assert (head.seq, fault) == (seq - 1, Fault(1, seq, "the entry, or one before it, was changed"))


@pytest.mark.parametrize("filled", [True, False], ids=["with data", "empty"])
def test_two_upgrades_at_once_end_well(
    address: Address, opened: Callable[[Address], Bench], filled: bool
) -> None:
    if filled:
        filled_by_0001(address, [PATIENT, TASK, VALUE])
    command = [sys.executable, "-m", "hub", "migrate"]
    environment = {**os.environ, "HUB_DATABASE_URL": url_of(address)}
    racing = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]
    told = [run.communicate(timeout=120)[0].decode() for run in racing]
    assert [run.returncode for run in racing] == [0, 0], told
    assert schema_version(address) == HEAD
    bench = opened(address)
    for kind, name, value, expected in FOUND:
        assert bench.find(kind, (name, value)) == (expected if filled else [])

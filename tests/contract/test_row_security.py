"""The second net on PostgreSQL: a statement that forgets its tenant finds nothing of another, whoever owns the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import psycopg
import pytest

from hub.fhir.requests import AuditEntry
from hub.flows.keep_records import KeepRecords
from hub.policy import Actor
from hub.policy.retention import parse_periods
from hub.ports import Unit
from hub.store.address import PostgresAddress
from hub.store.migrate import NoRolesError, grant_rights
from hub.store.postgres import PostgresEngine
from hub.store.postgres_connection import PostgresConnection, connect
from hub.store.roles import CLINICAL
from hub.store.tables import metadata
from hub.store.unit import FhirStore, Store
from tests import postgres_cluster
from tests.builders import observation, patient
from tests.contract.bench import Bench, permit, save
from tests.postgres_roles import narrow_roles

pytestmark = pytest.mark.postgres

OPEN_TO_ALL = {"client_agreement", "own_service"}
"""What has a tenant and tells of no person: who may ask for whom, and the hub's own addresses."""
GUARDED = sorted(
    name
    for name, table in metadata.tables.items()
    if "tenant_id" in table.columns and name not in OPEN_TO_ALL
)


@pytest.fixture
def address() -> Iterator[PostgresAddress]:
    """A database in which two tenants have a patient and a value each."""
    url = postgres_cluster.new_database()
    address = postgres_cluster.address_of(url)
    engine = PostgresEngine(address)
    bench = Bench(Store(engine), engine.close)
    for tenant in (1, 2):
        bench.save({**patient(tenant), "id": f"p{tenant}"}, tenant)
        bench.save({**observation(f"Patient/p{tenant}"), "id": f"o{tenant}"}, tenant)
    bench.close()
    yield address
    postgres_cluster.give_back(url)


@pytest.fixture
def store(address: PostgresAddress) -> Iterator[Store]:
    """The store over that database."""
    store = Store(PostgresEngine(address))
    yield store
    store.engine.close()


def asked(store: Store, work: Callable[[Any], Any]) -> Any:
    """A function of a session, as a request runs it → its result."""
    bench = Bench(store, lambda: None)
    try:
        return bench.runner.run(FhirStore(store).read(work))
    finally:
        bench.runner.close()


def test_a_request_that_forgets_the_tenant_finds_its_own_rows_alone(store: Store) -> None:
    def forgetful(session: Any) -> list[Any]:
        assert session.load(permit(2), "Patient", "p2") is not None
        return session.connection.execute("SELECT id FROM resource ORDER BY id").fetchall()

    assert asked(store, forgetful) == [("p2",)]


def test_a_request_that_has_shown_no_permit_finds_nothing_in_any_table(store: Store) -> None:
    def forgetful(session: Any) -> dict[str, int]:
        return {
            name: session.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in GUARDED
        }

    assert asked(store, forgetful) == dict.fromkeys(GUARDED, 0)


def test_a_request_moves_on_to_another_tenant_only_with_a_permit_for_it(store: Store) -> None:
    def work(session: Any) -> list[list[Any]]:
        seen: list[list[Any]] = []
        for tenant in (1, 2, 1):
            session.find_by_identifier(permit(tenant), "Patient", "urn:x", "y")
            seen.append(session.connection.execute("SELECT id FROM observation").fetchall())
        return seen

    assert asked(store, work) == [[("o1",)], [("o2",)], [("o1",)]]


def test_a_request_cannot_write_into_another_tenant(store: Store) -> None:
    async def write(work: Callable[[Any], Any]) -> Any:
        return await FhirStore(store).write(work)

    def forged(session: Any) -> None:
        session.load(permit(1), "Patient", "p1")
        session.connection.execute(
            "INSERT INTO judgement_identifier (tenant_id, identifier, observation_id) VALUES (2, 'a', 'b')"
        )

    def overwrites(session: Any) -> list[Any]:
        session.load(permit(1), "Patient", "p1")
        sql = "UPDATE resource SET deleted = 1 WHERE id = 'p2' RETURNING id"
        return session.connection.execute(sql).fetchall()

    bench = Bench(store, lambda: None)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        bench.runner.run(write(forged))
    assert bench.runner.run(write(overwrites)) == []
    bench.runner.close()


def test_what_failed_leaves_its_tenant_to_nobody(store: Store) -> None:
    """A job that is undone in a batch must not leave the tenant it named to the next one, nor take it away."""

    def failing(unit: Unit) -> None:
        save(unit.fhir, {**patient(9), "id": "p9"}, Bench(store, lambda: None).now, 2)
        raise ValueError

    bench = Bench(store, lambda: None)
    works = [failing, lambda u: len(list(u.judgements.todo(bench.now, 9))), failing]
    results = bench.together(works)
    assert [type(r) for r in results] == [ValueError, int, ValueError]
    assert bench.find("Patient", tenant_id=2) == ["p2"]
    bench.runner.close()


def test_every_table_with_people_in_it_is_guarded_and_its_owner_too(
    address: PostgresAddress,
) -> None:
    with connect(address) as raw:
        rows = raw.execute(
            "SELECT c.relname, count(p.polname) FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relrowsecurity AND c.relforcerowsecurity GROUP BY c.relname"
        ).fetchall()
        assert dict(rows) == dict.fromkeys(GUARDED, 2)
        owner = raw.execute(
            "SELECT tableowner = current_user, rolsuper, rolbypassrls FROM pg_tables, pg_roles"
            " WHERE tablename = 'resource' AND rolname = current_user"
        ).fetchone()
        assert owner == (True, False, False)
        told = raw.execute("SELECT count(*) FROM resource").fetchone()
        assert told == (0,)
        assert PostgresConnection(raw).execute("SHOW hub.tenant").fetchone() is not None


def test_the_access_log_cannot_be_changed_or_emptied(address: PostgresAddress) -> None:
    for sql in ("TRUNCATE audit_event", "TRUNCATE audit_event, audit_segment"):
        with connect(address) as raw, pytest.raises(psycopg.errors.RaiseException):
            raw.execute(cast("Any", sql))


def test_a_plan_still_uses_the_index_behind_the_net(store: Store) -> None:
    def plan(session: Any) -> str:
        session.load(permit(1), "Patient", "p1")
        for way in ("seqscan", "sort"):  # cheap in a table of two rows
            session.connection.execute(f"SET LOCAL enable_{way} = off")
        rows = session.connection.execute(
            "EXPLAIN SELECT code FROM observation_code WHERE tenant_id = ? AND patient_id = ? AND code = ?"
            " ORDER BY date_from",
            (1, "p1", "8867-4"),
        )
        return "\n".join(row[0] for row in rows)

    told = asked(store, plan)
    assert "Index" in told
    assert "Sort" not in told


@pytest.fixture
def roles(address: PostgresAddress) -> Iterator[tuple[PostgresAddress, PostgresAddress]]:
    """The same database, as the role that serves and as the role that works; neither owns anything."""
    with narrow_roles(address) as both:
        yield both


def test_the_role_that_serves_stores_and_reads_for_a_tenant_and_sees_no_clinical_row_without_one(
    roles: tuple[PostgresAddress, PostgresAddress],
) -> None:
    store = Store(PostgresEngine(roles[0]))
    bench = Bench(store, lambda: None)

    def create(session: Any) -> None:
        save(session, {**patient(3), "id": "p3"}, bench.now)

    try:
        bench.runner.run(FhirStore(store).write(create))
        assert asked(store, lambda s: s.load(permit(1), "Patient", "p3").version) == 1
        counted = bench.read(
            lambda unit: [
                unit.fhir.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
                for name in CLINICAL
            ]
        )
        assert counted == [0] * len(CLINICAL)
        assert bench.read(lambda unit: unit.judgements.counts()[1]) == 0
    finally:
        store.engine.close()
        bench.runner.close()


def test_the_role_that_works_goes_through_all_tenants(
    roles: tuple[PostgresAddress, PostgresAddress],
) -> None:
    store = Store(PostgresEngine(roles[1]))
    bench = Bench(store, store.engine.close)
    sql = "SELECT tenant_id, id FROM resource ORDER BY id"
    found = bench.read(lambda unit: unit.fhir.connection.execute(sql).fetchall())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    bench.close()
    assert found == [(1, "p1"), (2, "p2")]


@pytest.mark.parametrize(
    "sql",
    [
        "TRUNCATE audit_event",
        "DELETE FROM audit_event",
        "UPDATE audit_event SET body = ''",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_event_grows ON audit_event",
        "ALTER TABLE resource NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_tenant ON resource",
        "TRUNCATE resource",
        "DELETE FROM history",
        "UPDATE audit_segment SET last_hash = ''",
        "UPDATE client SET status = 'active'",
        "INSERT INTO tenant (name, org_number) VALUES ('x', 'y')",
        "CREATE TABLE mine (x int)",
        "SET ROLE hub",
    ],
)
def test_neither_role_may_touch_the_log_the_guards_or_who_may_ask(
    roles: tuple[PostgresAddress, PostgresAddress], sql: str
) -> None:
    for address in roles:
        with connect(address) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(sql.encode())


def test_a_role_that_is_not_there_is_told(address: PostgresAddress) -> None:
    with pytest.raises(NoRolesError, match="knows no role"):
        grant_rights(address, ["nobody_here"], [])


def test_the_role_that_works_takes_nothing_from_the_access_log_and_says_so(
    roles: tuple[PostgresAddress, PostgresAddress], caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(PostgresEngine(roles[1]))
    bench = Bench(store, lambda: None)
    old = bench.now - timedelta(days=2000)
    actor = Actor(
        "development", "dev", "Developer", 0
    )  # the hub itself: these databases know no tenant
    periods, _ = parse_periods("message-bodies=30;dead-letters=90")

    def look(unit: Any) -> None:
        unit.fhir.audit(AuditEntry(actor, "R", "read", old, "Patient", "p1", 1, "p1", "because"))

    def entries() -> list[tuple[Any, ...]]:
        return bench.read(
            lambda unit: unit.fhir.connection.execute(  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
                "SELECT seq FROM audit_event WHERE tenant_id = 0 ORDER BY seq"
            ).fetchall()
        )

    keep = KeepRecords(store, lambda: bench.now, periods)
    try:
        bench.runner.run(keep())
        assert "RETENTION_STOPPED" not in caplog.text  # nothing is too old: nothing to tell
        bench.write(look)
        before = entries()
        bench.runner.run(keep())
        assert "RETENTION_STOPPED" in caplog.text
        assert before == entries() != []
    finally:
        store.engine.close()
        bench.runner.close()

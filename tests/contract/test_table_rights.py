"""A job or a command writes its own tables and no other, on every engine, by whatever way the statement comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.fhir.requests import AuditEntry
from hub.policy import Action, Actor, Permit, authorise
from hub.policy.jobs import COMMANDS, JOBS
from hub.policy.relations import CareRelation
from hub.ports import Job, MessageRow, RawMessage
from hub.problems import HubError, ProblemCode
from hub.store.table_rights import NAMED, rights_of, written_by
from hub.store.tables import metadata
from hub.store.unit import Store
from tests.contract.bench import START, Bench
from tests.contract.test_audit_chain import wire

ENTRY = AuditEntry(Actor("development", "dev", "Developer", 1), "R", "read", START)
RELATION = CareRelation(1, "p1", "974760673", "gp_list", START)
MESSAGE = MessageRow(1, "m", "out", "m", "DIALOG_NOTAT", "1", "2", "Queued", START)
RAW = RawMessage("c", 1, "c.xml", "00", START, "stored", "", b"<x/>")
WAYS: dict[str, Any] = {
    "relation": lambda unit: unit.relations.add(RELATION, START),
    "end": lambda unit: unit.relations.end(RELATION, START + timedelta(days=1), "x"),
    "outbox": lambda unit: unit.outbox.add(Job(1, "q", "s"), START),
    "message": lambda unit: unit.messages.add(MESSAGE),
    "inbox": lambda unit: unit.inbox.keep(RAW),
    "resource": lambda unit: wire(unit).execute("DELETE FROM resource WHERE tenant_id = ?", (1,)),
    "mark": lambda unit: wire(unit).execute("UPDATE judgement SET zone = 'x' WHERE seq = ?", (1,)),
    "with": lambda unit: wire(unit).execute("WITH x AS (SELECT 1) DELETE FROM client"),
    "many": lambda unit: wire(unit).executemany("INSERT INTO client_agreement (issuer) VALUES (?)", [("x",)]),
    "drop": lambda unit: wire(unit).execute("DROP TABLE resource"),
    "log": lambda unit: wire(unit).execute("DELETE FROM audit_event WHERE seq = ?", (1,)),
}  # fmt: skip
MAY = {
    "relations add": {"relation", "end"},
    "messages replay": {"outbox", "message", "inbox"},
    "audit verify": set[str](),
    "clients add": {"with", "many"},
    "audit purge": {"log"},
}


def narrow(bench: Bench, command: str) -> Store:
    assert isinstance(bench.units, Store)
    return Store(bench.units.engine, rights_of(COMMANDS[command]))


@pytest.mark.parametrize("command", MAY)
def test_a_command_that_tries_another_table_is_refused(bench: Bench, command: str) -> None:
    store = narrow(bench, command)
    for name, way in WAYS.items():
        if name in MAY[command]:
            continue

        def work(unit: Any, way: Any = way) -> None:
            unit.fhir.audit(ENTRY)
            way(unit)

        with pytest.raises(HubError) as refused:
            bench.runner.run(store.write(work))
        assert refused.value.problems[0].code is ProblemCode.FORBIDDEN, name
    counts = bench.read(
        lambda unit: [
            wire(unit).execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("care_relation", "outbox", "message", "inbox_raw", "audit_event")
        ]
    )
    assert counts == [0] * 5, "and nothing that came before it stands"


def test_each_does_what_its_row_names_and_may_always_log(bench: Bench) -> None:
    for command, way in (
        ("relations add", WAYS["relation"]),
        ("messages replay", WAYS["outbox"]),
        ("messages replay", WAYS["inbox"]),
        ("audit verify", lambda _: None),
    ):

        def work(unit: Any, way: Any = way) -> None:
            unit.fhir.audit(ENTRY)
            way(unit)

        bench.runner.run(narrow(bench, command).write(work))
    (entries,) = bench.read(
        lambda unit: wire(unit).execute("SELECT count(*) FROM audit_event").fetchone()
    )
    assert entries == 4


def test_a_job_of_the_hub_is_as_narrow(bench: Bench) -> None:
    assert isinstance(bench.units, Store)
    for job, way in (
        ("judge", "message"),
        ("judge", "relation"),
        ("receive", "relation"),
        ("track", "mark"),
        ("notify", "inbox"),
        ("keep", "relation"),
        ("keep", "resource"),
        ("explain", "outbox"),
    ):
        with pytest.raises(HubError):
            bench.runner.run(bench.units.narrow(job).write(WAYS[way]))


def test_what_is_put_in_later_is_as_narrow(bench: Bench) -> None:
    def put(connection: Any, items: Any) -> None:
        connection.executemany("INSERT INTO share (tenant_id) VALUES (?)", items)

    def work(unit: Any) -> None:
        wire(unit).later(put, (1,))

    with pytest.raises(HubError):
        bench.runner.run(narrow(bench, "relations add").write(work))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 'DELETE FROM client' FROM tenant", ()),
        ("INSERT INTO a (b) SELECT c FROM d ON CONFLICT (b) DO UPDATE SET b = 1", (("INSERT", "a"),)),
        ("insert or replace into A values (1)", (("INSERT", "a"),)),
        ('DELETE FROM "a" WHERE b IN (SELECT c FROM d)', (("DELETE", "a"),)),
        ("WITH x AS (DELETE FROM a RETURNING 1) UPDATE b SET c = 1", (("DELETE", "a"), ("UPDATE", "b"))),
        ("SELECT 1 FROM a FOR UPDATE OF a", ()),
        ("DROP TABLE a", (("DROP", ""),)),
        ("ATTACH 'x' AS y", (("ATTACH", ""),)),
        ("", (("", ""),)),
    ],
)  # fmt: skip
def test_what_a_statement_writes_is_read_out_of_it(
    statement: str, expected: tuple[tuple[str, str], ...]
) -> None:
    assert written_by(statement) == expected


def test_every_right_is_one_to_a_table_that_there_is() -> None:
    tables = set(metadata.tables)
    assert {table for named in NAMED.values() for table in named} <= tables
    for job in (*JOBS.values(), *COMMANDS.values()):
        assert {table for _, table in rights_of(job)} <= tables
        reads_only = not job.writes
        assert (rights_of(job) == {("INSERT", "audit_event")}) == reads_only
    changes_the_log = [
        name
        for name, job in (*JOBS.items(), *COMMANDS.items())
        if ("DELETE", "audit_event") in rights_of(job)
    ]
    assert sorted(changes_the_log) == ["audit purge", "keep"]


def test_the_job_that_writes_the_journal_may_tell_a_person_that_it_could_not() -> None:
    journal = Actor("internal_job", "journal", "journal", 1)
    assert isinstance(authorise(journal, Action("create", "Task")), Permit)

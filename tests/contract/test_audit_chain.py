"""The access log tells when it was changed, on every engine: entries follow each other in a chain for each tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from hub.fhir.requests import AuditEntry
from hub.policy import Actor
from hub.store.audit_chain import Fault, Head, start_of, tenants, verify
from hub.store.audit_retention import remove_before
from tests.contract.bench import START, Bench


def wire(unit: Any) -> Any:
    """The connection beneath a unit."""
    return unit.fhir.connection


def look(bench: Bench, count: int, tenant: int = 1, days: int = 0) -> None:
    """That many accesses to one patient, each in a commit of its own."""
    actor = Actor("development", "dev", "Developer", tenant)
    for number in range(count):
        at = START + timedelta(days=days, seconds=number)
        entry = AuditEntry(
            actor, "R", "read", at, "Patient", "p1", 1, "p1", "because", address="10.0.0.1"
        )

        def work(unit: Any, entry: AuditEntry = entry) -> None:
            unit.fhir.audit(entry)

        bench.write(work)


def check(bench: Bench, tenant: int = 1, **anchors: bytes) -> tuple[Head, Fault | None]:
    noted = {int(name[1:]): value for name, value in anchors.items()}
    return bench.read(lambda unit: verify(wire(unit), tenant, noted))


def tamper(bench: Bench, *statements: str) -> None:
    """Statements that somebody with the database's own password could send: the triggers out of the way first."""

    def work(unit: Any) -> None:
        connection = wire(unit)
        postgres = "Postgres" in type(connection).__name__
        off = (
            ("ALTER TABLE audit_event DISABLE TRIGGER ALL",)
            if postgres
            else ("DROP TRIGGER audit_event_not_changed", "DROP TRIGGER audit_event_not_removed")
        )
        on = ("ALTER TABLE audit_event ENABLE TRIGGER ALL",) if postgres else ()
        for statement in (*off, *statements, *on):
            connection.execute(statement)

    bench.write(work)


def test_a_log_that_nobody_touched_holds(bench: Bench) -> None:
    look(bench, 5)
    look(bench, 3, tenant=2)
    look(bench, 2)
    for tenant, count in ((1, 7), (2, 3)):
        head, fault = check(bench, tenant)
        assert (head.seq, fault) == (count, None)
    assert bench.read(lambda unit: tenants(wire(unit)))[-2:] == [1, 2]


def test_entries_of_one_commit_follow_each_other_too(bench: Bench) -> None:
    actor = Actor("development", "dev", "Developer", 1)

    def two(unit: Any) -> None:
        for _ in range(2):
            unit.fhir.audit(AuditEntry(actor, "R", "read", START))

    def broken(unit: Any) -> None:
        two(unit)
        raise OSError

    results = bench.together([two, broken, two, broken, two])
    assert sum(isinstance(each, OSError) for each in results) == 2
    head, fault = check(bench)
    assert (head.seq, fault) == (6, None)


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        (
            "UPDATE audit_event SET body = replace(CAST(body AS TEXT), 'because', 'nothing') WHERE seq = 3",
            3,
        ),
        (
            "UPDATE audit_event SET hash = (SELECT hash FROM audit_event WHERE seq = 2) WHERE seq = 3",
            3,
        ),
        ("UPDATE audit_event SET patient_id = 'p2' WHERE seq = 3", 3),
        ("UPDATE audit_event SET agent = 'someone' WHERE seq = 3", 3),
        ("DELETE FROM audit_event WHERE seq = 3", 3),
        ("DELETE FROM audit_event WHERE seq = 1", 1),
        ("UPDATE audit_event SET tenant_id = 9 WHERE seq = 3", 3),
    ],
)
def test_what_was_changed_or_taken_away_is_told(bench: Bench, statement: str, seq: int) -> None:
    look(bench, 5)
    if "replace(" in statement and "Postgres" in type(bench.read(wire)).__name__:
        statement = (
            "UPDATE audit_event SET body = convert_to(replace(convert_from(body, 'UTF8'), 'because', 'nothing'), 'UTF8')"
            " WHERE seq = 3"
        )
    tamper(bench, statement)
    head, fault = check(bench)
    assert head.seq == seq - 1
    assert fault is not None
    assert fault.seq == seq


def test_an_end_that_is_missing_is_told_by_what_was_noted_elsewhere(bench: Bench) -> None:
    look(bench, 5)
    noted, _ = check(bench)
    tamper(bench, "DELETE FROM audit_event WHERE seq > 3")
    assert check(bench)[1] is None, "nothing in the log itself tells"
    head, fault = check(bench, s5=noted.hash)
    assert (head.seq, fault) == (3, Fault(1, 4, "entries at the end are missing"))
    look(bench, 2, days=1)
    _, fault = check(bench, s5=noted.hash)
    assert fault == Fault(1, 5, "the log is another than the one that was noted")


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET action = 'C'", "DELETE FROM audit_event"]
)
def test_the_hub_itself_cannot_change_the_log(bench: Bench, statement: str) -> None:
    look(bench, 1)

    def work(unit: Any) -> None:
        wire(unit).execute(statement)

    (result,) = bench.together([work])
    assert isinstance(result, Exception)
    assert check(bench)[0].seq == 1


def test_the_retention_takes_whole_segments_and_the_chain_goes_on(bench: Bench) -> None:
    look(bench, 4)
    look(bench, 3, days=10)
    look(bench, 2, tenant=2)
    limit = START + timedelta(days=5)

    def remove(unit: Any) -> Sequence[Any]:
        connection = wire(unit)
        first = remove_before(connection, 1, limit, limit)
        again = remove_before(connection, 1, limit, limit)
        return [first, again, start_of(connection, 1).seq]

    first, again, start = bench.write(remove)
    assert (first.events, first.last_seq, again.events, start) == (4, 4, 0, 4)
    assert (check(bench)[0].seq, check(bench)[1]) == (7, None)
    assert check(bench, 2)[0].seq == 2
    bench.write(lambda unit: remove_before(wire(unit), 1, START + timedelta(days=50), limit))
    look(bench, 1, days=60)
    assert (check(bench)[0].seq, check(bench)[1]) == (8, None)


def test_the_retention_leaves_a_log_alone_that_does_not_hold(bench: Bench) -> None:
    look(bench, 4)
    tamper(bench, "DELETE FROM audit_event WHERE seq = 2")
    removed = bench.write(
        lambda unit: remove_before(wire(unit), 1, START + timedelta(days=5), START)
    )
    assert removed is None

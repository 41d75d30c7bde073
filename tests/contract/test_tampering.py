"""Every way to change the log behind the hub's back is told by the verify command, on every engine."""

from __future__ import annotations

from typing import Any

import pytest

from hub.fhir.requests import AuditEntry
from hub.policy import Actor
from hub.store.audit_chain import Head, next_hash, verify
from hub.store.audit_facts import TOLD, covered
from tests.contract.bench import START, Bench
from tests.contract.test_audit_chain import check, look, tamper, wire

SWAP = (
    "UPDATE audit_event SET seq = -1 WHERE seq = 2 AND tenant_id = 1",
    "UPDATE audit_event SET seq = 2 WHERE seq = 3 AND tenant_id = 1",
    "UPDATE audit_event SET seq = 3 WHERE seq = -1 AND tenant_id = 1",
)
WAYS: dict[str, tuple[str, ...]] = {
    "two entries change places": SWAP,
    "the first entries go and a segment is made up for them": (
        "DELETE FROM audit_event WHERE seq <= 2 AND tenant_id = 1",
    ),
    "an entry goes and those behind it move up": (
        "DELETE FROM audit_event WHERE seq = 3 AND tenant_id = 1",
        "UPDATE audit_event SET seq = 3 WHERE seq = 4 AND tenant_id = 1",
        "UPDATE audit_event SET seq = 4 WHERE seq = 5 AND tenant_id = 1",
    ),
    "another's entry takes the place of ours": (
        "DELETE FROM audit_event WHERE seq = 3 AND tenant_id = 1",
        "UPDATE audit_event SET tenant_id = 1 WHERE seq = 3 AND tenant_id = 2",
    ),
    "an entry is told to be about nobody": (
        "UPDATE audit_event SET patient_id = '' WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry is moved to another day": (
        "UPDATE audit_event SET date_from = 0 WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry takes the name of another": (
        "UPDATE audit_event SET id = 'x' WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry is said to have left another resource open": (
        "UPDATE audit_event SET entity = 'Observation/o9' WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry is said to be another's act": (
        "UPDATE audit_event SET person = 'somebody' WHERE seq = 3 AND tenant_id = 1",
    ),
    "two columns part differently": (
        "UPDATE audit_event SET agent = 'de', person = 'v' WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry is put where its id does not find it": (
        "UPDATE audit_event SET rid = 1000 WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry is hidden as if it were deleted": (
        "UPDATE audit_event SET deleted = 1 WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry is told to be of another time": (
        "UPDATE audit_event SET updated = 0 WHERE seq = 3 AND tenant_id = 1",
    ),
    "an entry is found on no day": (
        "UPDATE audit_event SET date_to = 0 WHERE seq = 3 AND tenant_id = 1",
    ),
    "all entries go": ("DELETE FROM audit_event WHERE tenant_id = 1",),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_change_the_log_is_told(bench: Bench, way: str) -> None:
    look(bench, 5)
    look(bench, 5, tenant=2)
    noted = check(bench)[0]
    tamper(bench, *WAYS[way])
    _, fault = check(bench, s5=noted.hash)
    assert fault is not None
    assert fault.seq <= 3


def test_a_chain_that_is_made_anew_from_the_change_on_is_told_by_what_was_noted(
    bench: Bench,
) -> None:
    """Whoever has the database can compute hashes, too; only what lies elsewhere tells."""
    look(bench, 5)
    noted = check(bench)[0]
    tamper(bench, *_made_anew(bench))
    assert check(bench)[1] is None, "nothing in the log itself tells"
    _, fault = check(bench, s5=noted.hash)
    assert fault is not None


def _made_anew(bench: Bench) -> list[str]:
    """The statements that leave entry 3 out and give those behind it new numbers and hashes."""

    def read(unit: Any) -> tuple[Head, list[bytes]]:
        connection = wire(unit)
        rows = connection.execute(
            f"SELECT body, id, patient_id, date_from, {', '.join(TOLD)} FROM audit_event WHERE tenant_id = 1 AND seq > 3 ORDER BY seq"
        ).fetchall()
        return verify(connection, 1, {}, 2)[0], [
            covered(map(str, row[1:]), bytes(row[0])) for row in rows
        ]

    head, entries = bench.read(read)
    postgres = "Postgres" in type(bench.read(wire)).__name__
    statements = ["DELETE FROM audit_event WHERE tenant_id = 1 AND seq = 3"]
    own = head.hash
    for seq, facts in enumerate(entries, 3):
        own = next_hash(own, facts)
        value = f"decode('{own.hex()}', 'hex')" if postgres else f"x'{own.hex()}'"
        statements.append(f"UPDATE audit_event SET seq = {seq}, hash = {value} WHERE tenant_id = 1 AND seq = {seq + 1}")  # fmt: skip
    return statements


def test_two_who_write_at_once_make_one_chain(bench: Bench) -> None:
    def two(unit: Any) -> None:
        for tenant in (1, 2, 1):
            unit.fhir.audit(AuditEntry(Actor("development", "d", "D", tenant), "R", "read", START))

    bench.together([two] * 20)
    assert [check(bench, tenant)[0].seq for tenant in (1, 2)] == [40, 20]
    assert [check(bench, tenant)[1] for tenant in (1, 2)] == [None, None]

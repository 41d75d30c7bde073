"""What is too old goes, what anybody still waits for stays, the chain goes on; on every engine, with several at once, and killed between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from hub.fhir.requests import AuditEntry
from hub.flows.keep_records import KeepRecords, NoteHeads
from hub.log import blot
from hub.policy import Actor
from hub.policy.retention import parse_periods
from hub.ports import ImportRow, Job, MessageRow, RawMessage
from hub.store.audit_chain import start_of, verify
from tests.access_log import log_of
from tests.contract.bench import START, Bench
from tests.contract.test_audit_chain import tamper, wire

OLD, YOUNG = START - timedelta(days=2000), START - timedelta(days=1)
ALL = "message-bodies=30;dead-letters=90"


@pytest.fixture
def tenant(bench: Bench) -> Bench:
    """A store with two tenants."""

    def work(unit: Any) -> None:
        for number in (1, 2):
            wire(unit).execute(
                "INSERT INTO tenant (id, name, org_number) VALUES (?, 'A', '999999999')", (number,)
            )

    bench.write(work)
    return bench


def keep(bench: Bench, text: str = ALL, at: datetime = START, most: int = 1000) -> None:
    periods, faults = parse_periods(text)
    assert faults == []
    bench.runner.run(KeepRecords(bench.units, lambda: at, periods, most)())


def look(bench: Bench, at: datetime, tenant: int = 1, count: int = 3) -> None:
    actor = Actor("development", "dev", "Developer", tenant)

    def work(unit: Any) -> None:
        for _ in range(count):
            unit.fhir.audit(AuditEntry(actor, "R", "read", at, "Patient", "p1", 1, "p1", "because"))

    bench.write(work)


def entries(bench: Bench, tenant: int = 1) -> list[dict[str, Any]]:
    def read(unit: Any) -> list[dict[str, Any]]:
        connection = wire(unit)
        _, fault = verify(connection, tenant, {})
        assert fault is None
        return log_of(connection, tenant)

    return bench.read(read)


def destroyed(events: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Entries → the rule and the count of those that tell of what went."""
    return [
        (e["subtype"][0]["code"], e["entity"][0]["detail"][0]["valueString"])
        for e in events
        if e["type"]["code"] == "destroy"
    ]


def test_old_entries_go_by_segments_and_the_log_tells_of_it_and_holds(tenant: Bench) -> None:
    look(tenant, OLD)
    look(tenant, YOUNG)
    look(tenant, OLD, tenant=0, count=2)
    look(tenant, YOUNG, tenant=2)
    keep(tenant)
    assert destroyed(entries(tenant)) == [("access-log", "3")]
    assert destroyed(entries(tenant, 0)) == [("security-log", "2")]
    assert destroyed(entries(tenant, 2)) == []
    assert [len(entries(tenant, n)) for n in (0, 1, 2)] == [1, 4, 3]
    assert tenant.read(lambda unit: start_of(wire(unit), 1).seq) == 3
    keep(tenant)
    assert [len(entries(tenant, n)) for n in (0, 1, 2)] == [1, 4, 3], "a second round finds nothing"


def test_a_round_takes_a_little_at_a_time_and_goes_on_where_it_was_killed(
    tenant: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(tenant, OLD, count=7)
    monkeypatch.setattr("hub.flows.keep_records.TURNS", 2)
    keep(tenant, most=2)
    assert destroyed(entries(tenant)) == [("access-log", "2"), ("access-log", "2")]
    keep(tenant, most=2)
    assert destroyed(entries(tenant))[2:] == [("access-log", "2"), ("access-log", "1")]
    assert len(entries(tenant)) == 4


def test_a_removal_whose_entry_cannot_be_written_takes_nothing_away(
    tenant: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(tenant, OLD)

    def broken(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr("hub.flows.keep_records.destroyed", broken)
    with pytest.raises(OSError):  # noqa: PT011 - the very one
        keep(tenant)
    monkeypatch.undo()
    assert len(entries(tenant)) == 3


def test_a_log_that_does_not_hold_is_left_and_told(
    tenant: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    look(tenant, OLD, count=4)
    tamper(tenant, "DELETE FROM audit_event WHERE seq = 2")
    keep(tenant)
    assert "RETENTION_STOPPED" in caplog.text
    (left,) = tenant.read(
        lambda unit: wire(unit).execute("SELECT count(*) FROM audit_event WHERE tenant_id = 1").fetchone()
    )  # fmt: skip
    assert left == 3


def test_several_rounds_at_once_take_each_entry_once(tenant: Bench) -> None:
    look(tenant, OLD, count=40)
    periods, _ = parse_periods("")
    rounds = [KeepRecords(tenant.units, lambda: START, periods, 3) for _ in range(4)]

    async def together() -> None:
        await asyncio.gather(*(each() for each in rounds))

    tenant.runner.run(together())
    assert sum(int(count) for _, count in destroyed(entries(tenant))) == 40


def test_each_log_tells_every_hour_where_it_stands(
    tenant: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    look(tenant, YOUNG)
    tenant.runner.run(NoteHeads(tenant.units)())
    line = next(r.getMessage() for r in caplog.records if "LOG_STANDS" in r.getMessage())
    told = msgspec.json.decode(line[line.index("{") :])
    head, _ = tenant.read(lambda unit: verify(wire(unit), 1, {}))
    assert (told["tenant"], told["seq"], told["hash"]) == (1, 3, head.hash.hex("-", 4))


def test_no_hash_reads_as_a_number_that_the_net_of_the_log_takes_out() -> None:
    hashes = [sha256(b"%d" % n).digest() for n in range(20_000)]
    assert any(blot(each.hex()) != each.hex() for each in hashes)
    assert all(blot(told) == told for each in hashes if (told := each.hex("-", 4)))


def arrival(name: str, state: str, at: datetime, size: int = 10) -> RawMessage:
    return RawMessage(name, 1, f"{name}.xml", "00", at, state, "", b"x" * size)


def test_bytes_go_where_an_operator_says_so_and_never_of_what_waits(tenant: Bench) -> None:
    arrivals = [
        *(arrival(f"old-{state}", state, OLD) for state in ("imported", "receipt", "rejected", "duplicate", "quarantined", "conflict", "not-for-us", "held", "stored")),
        arrival("old-large", "imported", OLD, 3_000_000),
        arrival("young-imported", "imported", YOUNG),
    ]  # fmt: skip
    sent = [
        MessageRow(1, f"{age}-{state}", "out", f"m-{state}", "DIALOG_NOTAT", "1", "2", state, at, raw=b"<x/>")
        for age, at in (("old", OLD), ("young", YOUNG))
        for state in ("AppRecOk", "Queued", "Written", "TransportAcked", "AppRecRejected", "NoAppRec", "DeadLetter")
    ]  # fmt: skip

    def work(unit: Any) -> None:
        for each in arrivals:
            unit.inbox.keep(each)
        for row in sent:
            unit.messages.add(row)
        unit.inbox.add_import(ImportRow(1, "9", "m", "00", "old-imported", "X", "", OLD, "imported", ()))  # fmt: skip

    tenant.write(work)
    keep(tenant, "")
    assert gone(tenant, arrivals, sent) == set(), "bytes are kept unless an operator says otherwise"
    keep(tenant, "message-bodies=30")
    expected = {"old-imported", "old-receipt", "old-rejected", "old-duplicate", "old-large", "old-AppRecOk"}  # fmt: skip
    assert gone(tenant, arrivals, sent) == expected
    keep(tenant)
    expected |= {"old-quarantined", "old-conflict", "old-not-for-us", "old-AppRecRejected", "old-NoAppRec", "old-DeadLetter"}  # fmt: skip
    assert gone(tenant, arrivals, sent) == expected
    assert {rule for rule, _ in destroyed(entries(tenant))} == {"message-bodies", "dead-letters"}
    known = tenant.read(lambda unit: unit.inbox.imported(1, "9", "m"))
    assert known is not None, "the same message is never imported again"


def gone(bench: Bench, arrivals: Sequence[RawMessage], sent: Sequence[MessageRow]) -> set[str]:
    """Messages → the names of those whose bytes are gone; every row still stands."""

    def read(unit: Any) -> set[str]:
        found = {a.claim_id: unit.inbox.find(a.claim_id).raw for a in arrivals}
        found |= {m.id: unit.messages.find(1, m.id).raw for m in sent}
        return {name for name, raw in found.items() if not raw}

    return bench.read(read)


def test_jobs_that_are_over_go_and_those_to_do_stay(tenant: Bench) -> None:
    def work(unit: Any) -> None:
        for at in (START - timedelta(days=100), YOUNG):
            for name in ("done", "dead", "todo"):
                unit.outbox.add(Job(1, "q", f"{name}-{at.day}"), at)
        for job in unit.outbox.due(START, 100):
            if job.subject.startswith("done"):
                unit.outbox.done(job)
            elif job.subject.startswith("dead"):
                unit.outbox.dead(job, "why")

    tenant.write(work)
    keep(tenant)
    left = tenant.read(
        lambda unit: {row[0] for row in wire(unit).execute("SELECT subject FROM outbox").fetchall()}
    )
    old, young = (START - timedelta(days=100)).day, YOUNG.day
    assert left == {f"todo-{old}", f"done-{young}", f"dead-{young}", f"todo-{young}"}

"""hub.ports: marks, alerts, jobs, messages and what was received, as every engine must keep them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from hub.ports import (
    AlertRow,
    ImportRow,
    Job,
    JudgeMark,
    MessageFact,
    MessageRow,
    RawMessage,
    Unit,
)
from tests.builders import SPO2, Json, observation
from tests.contract.bench import START, Bench, save

MINUTE = timedelta(minutes=1)


def mark(
    observation: str = "o", version: int = 1, patient: str = "p", minutes: int = 0, tenant: int = 1
) -> JudgeMark:
    """A version → its mark."""
    at = START + minutes * MINUTE
    return JudgeMark(
        tenant, observation, version, patient, "spo2", at, (f"urn:x|{observation}",), b"input"
    )


def test_marks_are_judged_oldest_first_and_once(bench: Bench) -> None:
    for n in range(5):
        bench.write(lambda unit, n=n: unit.judgements.add(mark(f"o{n}", minutes=-n)))
    todo = bench.read(lambda unit: unit.judgements.todo(START, 3))
    assert [m.observation_id for m in todo] == ["o0", "o1", "o2"]
    assert (todo[0].input, todo[0].at, todo[0].attempts) == (b"input", START, 0)
    assert bench.write(lambda unit: unit.judgements.settle(todo[0], START, "green", b"v")) is True
    assert bench.write(lambda unit: unit.judgements.settle(todo[0], START, "red", b"w")) is False
    (judged,) = bench.read(lambda unit: unit.judgements.versions(1, "o0"))
    assert (judged.zone, judged.verdict) == ("green", b"v")
    rest = bench.read(lambda unit: unit.judgements.todo(START, 10))
    assert [m.observation_id for m in rest] == ["o1", "o2", "o3", "o4"]


def test_a_mark_may_be_judged_as_it_is_stored(bench: Bench) -> None:
    judged = structs.replace(mark(), zone="green", verdict=b"v", judged_at=START)
    bench.write(lambda unit: unit.judgements.add(judged))
    assert bench.read(lambda unit: unit.judgements.todo(START + MINUTE, 10)) == []
    (stored,) = bench.read(lambda unit: unit.judgements.versions(1, "o"))
    assert (stored.zone, stored.verdict) == ("green", b"v")
    assert bench.read(lambda unit: unit.judgements.counts()) == (1, 0)


def test_marks_that_are_made_when_they_are_put_in_keep_their_place(bench: Bench) -> None:
    made: list[str] = []

    def making(name: str) -> JudgeMark:
        made.append(name)
        return mark(name)

    def work(unit: Unit) -> int:
        unit.judgements.add(mark("a"))
        unit.judgements.add_made(lambda: [making("b")])
        unit.judgements.add_made(list)
        unit.judgements.add(mark("c"))
        unit.judgements.add_made(lambda: [making("d")])
        return len(made)

    assert (0, ["b", "d"]) == (bench.write(work), made)
    todo = bench.read(lambda unit: unit.judgements.todo(START, 10))
    assert [m.observation_id for m in todo] == ["a", "b", "c", "d"]


def test_a_mark_that_is_made_later_is_there_for_who_looks_in_the_same_transaction(
    bench: Bench,
) -> None:
    def work(unit: Unit) -> bool:
        unit.judgements.add_made(lambda: [mark()])
        return unit.judgements.waits(1, "p")

    assert bench.write(work) is True


def test_a_mark_that_cannot_be_made_stops_its_own_work_alone(bench: Bench) -> None:
    def fails() -> list[JudgeMark]:
        raise LookupError("cannot be made")

    async def together() -> tuple[BaseException | None, ...]:
        write = bench.units.write
        return await asyncio.gather(
            write(lambda unit: unit.judgements.add_made(lambda: [mark("a")])),
            write(lambda unit: unit.judgements.add_made(fails)),
            write(lambda unit: unit.judgements.add_made(lambda: [mark("c")])),
            return_exceptions=True,
        )

    first, second, third = bench.runner.run(together())
    assert (first, type(second), third) == (None, LookupError, None)
    todo = bench.read(lambda unit: unit.judgements.todo(START, 10))
    assert [m.observation_id for m in todo] == ["a", "c"]


def test_company_is_another_at_the_same_instant_or_with_the_same_identifier(bench: Bench) -> None:
    bench.write(lambda unit: unit.judgements.add(mark("o", minutes=1)))
    bench.write(lambda unit: unit.judgements.remember(1, "o", ["urn:x|o"]))
    cases = {
        "o at another time": (mark("p", minutes=2), False),
        "itself": (mark("o", minutes=1), False),
        "same instant": (mark("p", minutes=1), True),
        "same instant of another": (mark("p", patient="q", minutes=1), False),
        "same identifier": (structs.replace(mark("p"), identifiers=("urn:x|a", "urn:x|o")), True),
        "same identifier in another tenant": (
            structs.replace(mark("p", tenant=2), identifiers=("urn:x|o",)),
            False,
        ),
    }
    for case, (other, expected) in cases.items():
        found = bench.read(lambda unit, other=other: unit.judgements.has_company(other))
        assert expected == found, case


def test_a_patients_log_holds_what_waits_and_what_was_judged_in_order(bench: Bench) -> None:
    judged = structs.replace(mark("b"), zone="green", verdict=b"v", judged_at=START)
    for each in (judged, mark("a", minutes=1), mark("c", patient="q"), mark("d", tenant=2)):
        bench.write(lambda unit, each=each: unit.judgements.add(each))
    rows = bench.read(lambda unit: unit.judgements.log(1, "p"))
    assert [(name, version, zone) for name, version, _, zone, *_ in rows] == [
        ("b", 1, "green"),
        ("a", 1, ""),
    ]
    assert (bytes(rows[0][2]), bytes(rows[0][4])) == (b"input", b"v")


def test_a_version_is_marked_once(bench: Bench) -> None:
    bench.write(lambda unit: unit.judgements.add(mark()))
    with pytest.raises(Exception, match=r"(?i)unique"):
        bench.write(lambda unit: unit.judgements.add(mark()))
    bench.write(lambda unit: unit.judgements.add(mark(version=2)))
    bench.write(lambda unit: unit.judgements.add(mark(tenant=2)))
    assert [m.version for m in bench.read(lambda unit: unit.judgements.versions(1, "o"))] == [1, 2]


def test_a_postponed_mark_waits_and_counts_its_tries(bench: Bench) -> None:
    bench.write(lambda unit: unit.judgements.add(mark()))
    (one,) = bench.read(lambda unit: unit.judgements.todo(START, 10))
    bench.write(lambda unit: unit.judgements.postpone(one, START + MINUTE))
    assert bench.read(lambda unit: unit.judgements.todo(START, 10)) == []
    (later,) = bench.read(lambda unit: unit.judgements.todo(START + MINUTE, 10))
    assert later.attempts == 1


def test_judged_neighbours_are_found_by_patient_measure_and_time(bench: Bench) -> None:
    for n in range(-3, 4):
        bench.write(lambda unit, n=n: unit.judgements.add(mark(f"o{n}", minutes=n)))
    bench.write(lambda unit: unit.judgements.add(mark("other", patient="q")))
    bench.write(lambda unit: unit.judgements.add(mark("elsewhere", tenant=2)))

    def near() -> list[str]:
        return sorted(
            bench.read(
                lambda unit: unit.judgements.near(1, "p", "spo2", START - MINUTE, START + MINUTE)
            )
        )

    assert near() == []
    for one in bench.read(lambda unit: unit.judgements.todo(START, 100)):
        bench.write(lambda unit, one=one: unit.judgements.settle(one, START, "green", b""))
    assert near() == ["o-1", "o0", "o1"]
    since = bench.read(lambda unit: unit.judgements.since(1, "p", START + 2 * MINUTE))
    assert [m.observation_id for m in since] == ["o2", "o3"]


@pytest.mark.parametrize("ahead", [False, True])
def test_invalid_values_are_found_nearest_first_either_way(bench: Bench, ahead: bool) -> None:
    def put(name: str, minutes: int, zone: str, version: int = 1, **more: Any) -> None:
        made = mark(name, minutes=minutes, **more)
        if ahead:  # looked for by receipt, whatever it says itself
            made = structs.replace(made, at=START + timedelta(days=9), ahead=made.at)
        bench.write(lambda unit: unit.judgements.add(structs.replace(made, version=version)))
        (waits,) = bench.read(lambda unit: unit.judgements.todo(START, 10))
        verdict = name.encode()
        bench.write(lambda unit: unit.judgements.settle(waits, START, zone, verdict))

    for n in (-3, -1, 2, 0):
        put(f"o{n}", n, "invalid")
    put("green", 1, "green")
    put("corrected", 1, "invalid")
    put("corrected", 1, "green", version=2)
    put("other", 0, "invalid", patient="q")

    def found(start: int, end: int, limit: int) -> list[bytes]:
        ends = START + start * MINUTE, START + end * MINUTE
        place = (1, "p", "spo2")
        rows = bench.read(lambda unit: unit.judgements.invalid(place, *ends, limit, ahead=ahead))
        return [verdict for verdict, _ in rows]

    assert [b"o0", b"o-1", b"o-3"] == found(0, -3, 9)
    assert [b"o0", b"o-1"] == found(1, -3, 2)
    assert [b"o-1", b"o0", b"o2"] == found(-2, 2, 9)
    assert [] == found(-2, -2, 9)


def test_identifiers_lead_to_observations_of_their_tenant(bench: Bench) -> None:
    for tenant in (1, 1, 2):
        bench.write(
            lambda unit, tenant=tenant: unit.judgements.remember(tenant, "a", ["urn:x|a", "y|a"])
        )
    assert list(bench.read(lambda unit: unit.judgements.carriers(1, ["urn:x|a", "urn:x|b"]))) == [
        "a"
    ]
    assert list(bench.read(lambda unit: unit.judgements.carriers(1, ["urn:x|b"]))) == []
    assert list(bench.read(lambda unit: unit.judgements.carriers(3, ["urn:x|a"]))) == []


def test_who_carries_an_identifier_now_is_in_the_search_index(bench: Bench) -> None:
    carried = [{"system": "urn:x|y", "value": "1"}]
    own = ("urn:x|y|1",)
    bench.save({"resourceType": "Patient", "id": "p"})
    for name in ("a", "b"):
        value = observation("Patient/p", SPO2, "97", "%", identifier=carried) | {"id": name}
        settled = structs.replace(
            mark(name),
            at=START + MINUTE * len(name),
            identifiers=own,
            zone="green",
            judged_at=START,
        )
        settled = structs.replace(settled, patient_id=name)

        def put(unit: Unit, value: Json = value, settled: JudgeMark = settled) -> None:
            save(unit.fhir, value, START)
            unit.judgements.add(settled)

        bench.write(put)

    assert list(bench.read(lambda unit: unit.judgements.carriers(1, own))) == ["a", "b"]
    zones = [bench.read(lambda unit, n=n: unit.judgements.versions(1, n))[0].zone for n in "ab"]
    assert zones == ["green", ""]
    bench.delete("Observation", "a")
    assert list(bench.read(lambda unit: unit.judgements.carriers(1, own))) == ["b"]


def test_the_versions_of_many_observations_are_found_at_once(bench: Bench) -> None:
    names = [f"o{n}" for n in range(450)]
    for name in names:
        bench.write(lambda unit, name=name: unit.judgements.add(mark(name)))
    bench.write(lambda unit: unit.judgements.add(mark("o0", version=2)))
    bench.write(lambda unit: unit.judgements.add(mark("o1", tenant=2)))
    found = bench.read(lambda unit: unit.judgements.versions_of(1, set(names)))
    assert sorted((m.observation_id, m.version) for m in found) == sorted(
        [*((name, 1) for name in names), ("o0", 2)]
    )
    assert list(bench.read(lambda unit: unit.judgements.versions_of(1, ()))) == []


def test_the_counts_tell_marks_and_those_that_wait(bench: Bench) -> None:
    for n in range(3):
        bench.write(lambda unit, n=n: unit.judgements.add(mark(f"o{n}")))
    one = bench.read(lambda unit: unit.judgements.todo(START, 1))[0]
    bench.write(lambda unit: unit.judgements.settle(one, START, "green", b""))
    assert bench.read(lambda unit: unit.judgements.counts()) == (3, 2)


ALERT = AlertRow(1, "i", "p", "rule", open=True, updated=START, data=b"data")


def test_a_second_open_alert_of_patient_and_rule_is_refused_by_the_database(bench: Bench) -> None:
    bench.write(lambda unit: unit.alerts.save(ALERT))
    with pytest.raises(Exception, match=r"(?i)unique"):
        bench.write(lambda unit: unit.alerts.save(replace(ALERT, issue_id="j")))
    for other in (
        replace(ALERT, issue_id="j", rule_id="other"),
        replace(ALERT, issue_id="k", patient_id="q"),
        replace(ALERT, tenant_id=2),
    ):
        bench.write(lambda unit, other=other: unit.alerts.save(other))
    bench.write(lambda unit: unit.alerts.save(replace(ALERT, open=False)))
    bench.write(lambda unit: unit.alerts.save(replace(ALERT, issue_id="j2")))
    with pytest.raises(Exception, match=r"(?i)unique"):
        bench.write(lambda unit: unit.alerts.save(ALERT))


def test_alerts_of_a_patient_are_the_open_ones_and_the_latest_closed_of_each_rule(
    bench: Bench,
) -> None:
    rows = [
        replace(ALERT, issue_id=f"c{n}", open=False, updated=START + n * MINUTE) for n in range(3)
    ]
    rows += [
        ALERT,
        replace(ALERT, issue_id="x", rule_id="other"),
        replace(ALERT, issue_id="y", patient_id="q"),
        replace(ALERT, tenant_id=2),
    ]
    for row in rows:
        bench.write(lambda unit, row=row: unit.alerts.save(row))
    found = bench.read(lambda unit: unit.alerts.of_patient(1, "p", everything=False))
    assert sorted(r.issue_id for r in found) == ["c2", "i", "x"]
    whole = bench.read(lambda unit: unit.alerts.of_patient(1, "p", everything=True))
    assert sorted(r.issue_id for r in whole) == ["c0", "c1", "c2", "i", "x"]
    assert bench.read(lambda unit: unit.alerts.find(1, "i")) == ALERT
    assert bench.read(lambda unit: unit.alerts.find(3, "i")) is None


def test_jobs_are_due_by_time_and_end_done_or_dead(bench: Bench) -> None:
    for n, due in enumerate((None, START + 2 * MINUTE, START - MINUTE)):
        bench.write(
            lambda unit, n=n, due=due: unit.outbox.add(Job(1, "q", f"s{n}", b"load"), START, due)
        )

    def ready(minutes: int = 0) -> list[Job]:
        return list(bench.read(lambda unit: unit.outbox.due(START + minutes * MINUTE, 10)))

    assert [j.subject for j in ready()] == ["s2", "s0"]
    assert ready()[0].payload == b"load"
    assert bench.read(lambda unit: unit.outbox.waiting()) == 3
    first, second = ready()
    bench.write(lambda unit: unit.outbox.done(first))
    bench.write(lambda unit: unit.outbox.again(second, START + MINUTE, "why"))
    assert ready() == []
    assert [(j.subject, j.attempts) for j in ready(2)] == [("s0", 1), ("s1", 0)]
    failing = ready(1)[0]
    bench.write(lambda unit: unit.outbox.dead(failing, "given up"))
    (letter,) = bench.read(lambda unit: unit.outbox.dead_letters(1, 10))
    assert (letter.job.subject, letter.state, letter.reason) == ("s0", "dead", "given up")
    assert bench.read(lambda unit: unit.outbox.dead_letters(2, 10)) == []
    bench.write(lambda unit: unit.outbox.revive(letter.job, START))
    assert [(j.subject, j.attempts) for j in ready()] == [("s0", 0)]
    assert [q.state for q in bench.read(lambda unit: unit.outbox.of_subject(1, "q", "s0"))] == [
        "todo"
    ]


def test_a_job_that_is_done_as_it_is_put_in_is_kept_and_never_due(bench: Bench) -> None:
    bench.write(lambda unit: unit.outbox.note(Job(1, "q", "s", b"load"), START))

    assert bench.read(lambda unit: unit.outbox.due(START + MINUTE, 10)) == []
    assert bench.read(lambda unit: unit.outbox.waiting()) == 0
    (kept,) = bench.read(lambda unit: unit.outbox.of_subject(1, "q", "s"))
    assert (kept.job.payload, kept.job.attempts, kept.state, kept.due, kept.reason) == (
        *(b"load", 0, "done", START, ""),
    )


def test_a_job_that_is_done_is_not_revived(bench: Bench) -> None:
    bench.write(lambda unit: unit.outbox.add(Job(1, "q", "s"), START))
    (job,) = bench.read(lambda unit: unit.outbox.due(START, 10))
    bench.write(lambda unit: unit.outbox.done(job))
    bench.write(lambda unit: unit.outbox.revive(job, START))
    assert bench.read(lambda unit: unit.outbox.due(START, 10)) == []


MESSAGE = MessageRow(
    1,
    "m",
    "out",
    "msg-1",
    "DIALOG_HELSEFAGLIG",
    "1",
    "2",
    "queued",
    START,
    "i",
    "p",
    "c",
    "sha",
    "name",
    b"<raw/>",
)


def test_a_message_is_kept_with_its_bytes_and_found_by_its_ids(bench: Bench) -> None:
    bench.write(lambda unit: unit.messages.add(MESSAGE))
    assert bench.read(lambda unit: unit.messages.find(1, "m")) == MESSAGE
    assert bench.read(lambda unit: unit.messages.find(2, "m")) is None
    assert list(bench.read(lambda unit: unit.messages.sent(1, "msg-1"))) == [MESSAGE]
    assert list(bench.read(lambda unit: unit.messages.sent(1, "msg-2"))) == []
    with pytest.raises(Exception, match=r"(?i)unique"):
        bench.write(lambda unit: unit.messages.add(MESSAGE))


def test_facts_are_only_added_and_the_state_follows(bench: Bench) -> None:
    bench.write(lambda unit: unit.messages.add(MESSAGE))
    facts = [
        MessageFact(1, "m", "2", kind, START + n * MINUTE, f"e{n}")
        for n, kind in enumerate(("written", "accepted"))
    ]
    for fact in facts:
        bench.write(lambda unit, fact=fact: unit.messages.record(fact, fact.kind))
    assert list(bench.read(lambda unit: unit.messages.facts(1, "m"))) == facts
    assert list(bench.read(lambda unit: unit.messages.facts(2, "m"))) == []
    held = bench.read(lambda unit: unit.messages.find(1, "m"))
    assert held is not None
    assert held.state == "accepted"
    assert [m.id for m in bench.read(lambda unit: unit.messages.waiting(["accepted"]))] == ["m"]
    assert list(bench.read(lambda unit: unit.messages.waiting(["written"]))) == []


RAW = RawMessage("claim", 1, "file.xml", "sha", START, "stored", "", b"\xff\x00 not XML")


def test_received_bytes_are_kept_once_for_each_arrival(bench: Bench) -> None:
    assert bench.write(lambda unit: unit.inbox.keep(RAW)) == RAW
    again = replace(RAW, raw=b"other", received=START + MINUTE)
    assert bench.write(lambda unit: unit.inbox.keep(again)) == RAW
    bench.write(lambda unit: unit.inbox.mark("claim", "quarantined", "why"))
    assert bench.read(lambda unit: unit.inbox.find("claim")) == replace(
        RAW, state="quarantined", reason="why"
    )
    assert bench.read(lambda unit: unit.inbox.find("other")) is None


def test_large_bytes_are_kept_whole_and_outlive_a_change_of_state(bench: Bench) -> None:
    large = replace(RAW, claim_id="large", raw=bytes(range(256)) * 8000 + b"end")
    assert bench.write(lambda unit: unit.inbox.keep(large)) == large
    again = replace(large, raw=b"other")
    assert bench.write(lambda unit: unit.inbox.keep(again)) == large
    bench.write(lambda unit: unit.inbox.mark("large", "imported", ""))
    assert bench.read(lambda unit: unit.inbox.state("large")) == "imported"
    assert bench.read(lambda unit: unit.inbox.state("other")) is None
    assert bench.read(lambda unit: unit.inbox.find("large")) == replace(large, state="imported")


def test_large_bytes_of_a_transaction_that_failed_are_not_here(bench: Bench) -> None:
    large = replace(RAW, claim_id="large", raw=bytes(range(256)) * 8000)

    def fail(unit: Any) -> None:
        unit.inbox.keep(large)
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        bench.write(fail)
    assert bench.read(lambda unit: unit.inbox.find("large")) is None
    assert bench.write(lambda unit: unit.inbox.keep(large)) == large


IMPORT = ImportRow(
    1, "7", "msg-1", "sha", "claim", "LOG_INNLAGT", "msg-1", START, "imported", ("Encounter/e",)
)


def test_a_sender_and_msg_id_are_imported_once(bench: Bench) -> None:
    bench.write(lambda unit: unit.inbox.add_import(IMPORT))
    assert bench.read(lambda unit: unit.inbox.imported(1, "7", "msg-1")) == IMPORT
    with pytest.raises(Exception, match=r"(?i)unique"):
        bench.write(lambda unit: unit.inbox.add_import(replace(IMPORT, sha256="other")))
    for other in (
        replace(IMPORT, sender_her="8"),
        replace(IMPORT, msg_id="msg-2"),
        replace(IMPORT, tenant_id=2),
    ):
        bench.write(lambda unit, other=other: unit.inbox.add_import(other))
    assert bench.read(lambda unit: unit.inbox.imported(1, "9", "msg-1")) is None


def test_an_import_that_was_held_may_be_replaced(bench: Bench) -> None:
    bench.write(lambda unit: unit.inbox.add_import(replace(IMPORT, state="held", resources=())))
    bench.write(lambda unit: unit.inbox.add_import(IMPORT))
    assert bench.read(lambda unit: unit.inbox.imported(1, "7", "msg-1")) == IMPORT


def test_a_series_is_its_imports_oldest_first(bench: Bench) -> None:
    rows = [
        replace(IMPORT, msg_id=f"msg-{n}", imported=START + n * MINUTE, links=(f"own-{n}", "conv"))
        for n in (3, 1, 2)
    ]
    for row in rows:
        bench.write(lambda unit, row=row: unit.inbox.add_import(row))
    found = bench.read(lambda unit: unit.inbox.linked(1, ("conv", "own-2")))
    assert [r.msg_id for r in found] == ["msg-1", "msg-2", "msg-3"]
    assert [r.msg_id for r in bench.read(lambda unit: unit.inbox.linked(1, ("own-2",)))] == [
        "msg-2"
    ]
    assert list(bench.read(lambda unit: unit.inbox.linked(2, ("conv",)))) == []
    assert list(bench.read(lambda unit: unit.inbox.linked(1, ()))) == []


def test_a_tenant_without_services_has_none(bench: Bench) -> None:
    assert list(bench.read(lambda unit: unit.own_services(1))) == []

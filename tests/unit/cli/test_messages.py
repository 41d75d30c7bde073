"""`hub messages` on a database with things in it; the hub itself does not run here."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hub.cli.messages import messages
from hub.emessage.dialogue import FactKind
from hub.emessage.table_build import render
from hub.flows.submit_message import QUEUE as SUBMIT
from hub.flows.submit_message import record
from hub.policy.jobs import ASKED_WHY
from hub.ports import ImportRow, Job, MessageRow, RawMessage
from hub.store.migrate import DEMO_TENANT, mark_synthetic, migrate
from hub.store.sqlite import SqliteEngine
from hub.store.unit import Store, StoreUnit
from tests.access_log import logged
from tests.message_builders import event, logistics, message, msg_id
from tests.page_reader import lost, read_page_text

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RAW = render(message("LOG_UTSKREVET", logistics("LOG_UTSKREVET", event("2", "2026-03-02"))))
OUT = "0192f000-0000-7000-8000-000000000001"
CLAIM = "0192f000-0000-7000-8000-000000000002"
Do = Callable[[Callable[[StoreUnit], Any]], Any]


@pytest.fixture
def do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Do]:
    path = tmp_path / "hub.db"
    migrate(path)
    mark_synthetic(path)
    monkeypatch.setenv("HUB_DATABASE_URL", f"sqlite:///{path}")
    store = Store(SqliteEngine(path))
    yield lambda work: asyncio.run(store.write(work))
    store.engine.close()


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(messages, list(arguments), input=answer)


def sent(state: str = "Queued", **more: Any) -> MessageRow:
    usual: dict[str, Any] = {
        "id": OUT,
        "direction": "out",
        "msg_id": OUT,
        "type": "DIALOG_HELSEFAGLIG",
        "sender_her": "8090011",
        "receiver_her": "8091011",
        "state": state,
        "created": AT,
        "sent_for": "issue-1",
        "raw": b"<MsgHead/>",
    }
    return MessageRow(DEMO_TENANT, **(usual | more))


def arrival(state: str, reason: str = "", raw: bytes = RAW) -> RawMessage:
    return RawMessage(
        CLAIM, DEMO_TENANT, "a.xml", "ab", AT + timedelta(hours=1), state, reason, raw
    )


def held(unit: StoreUnit) -> None:
    unit.inbox.keep(arrival("held", "ukjent pasient"))
    row = ImportRow(DEMO_TENANT, "8094101", msg_id(1), "ab", CLAIM, "LOG_UTSKREVET", "", AT, "held")
    unit.inbox.add_import(row)


def jobs(unit: StoreUnit, queue: str, subject: str) -> list[tuple[str, bytes]]:
    return [(q.state, q.job.payload) for q in unit.outbox.of_subject(DEMO_TENANT, queue, subject)]


def test_the_list_shows_both_ways_newest_first(do: Do) -> None:
    def fill(unit: StoreUnit) -> None:
        unit.messages.add(sent())
        held(unit)
        unit.outbox.add(Job(DEMO_TENANT, "build_alert_message", "issue-2"), AT - timedelta(hours=1))
        (job,) = unit.outbox.due(AT, 10)
        unit.outbox.dead(job, "OUTPUT_INVALID")

    do(fill)
    lines = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]

    assert [("in", "held"), ("out", "Queued"), ("job", "dead")] == [
        (line["direction"], line["state"]) for line in lines
    ]
    assert ("LOG_UTSKREVET", "8094101", "8095101") == (
        lines[0]["type"],
        lines[0]["senderHer"],
        lines[0]["receiverHer"],
    )
    assert "DetectedIssue/issue-1" == lines[1]["about"]
    assert "OUTPUT_INVALID" in run("list").stdout


@pytest.mark.parametrize(
    ("state", "count"), [("HELD", 1), ("queued", 1), ("dead", 0), ("rejected", 0)]
)
def test_one_state_can_be_asked_for(do: Do, state: str, count: int) -> None:
    do(lambda unit: (unit.messages.add(sent()), held(unit)))

    assert count == len(run("list", "--json", "--state", state).stdout.splitlines())


def test_a_message_is_shown_with_all_that_happened_to_it(do: Do) -> None:
    def fill(unit: StoreUnit) -> None:
        unit.messages.add(sent())
        record(unit, sent(), FactKind.WRITTEN, AT, "a.xml")

    do(fill)
    told = json.loads(run("show", OUT, "--json").stdout)

    assert ["queued", "written"] == [step["what"] for step in told["steps"]]
    assert "Written" == told["line"]["state"]
    assert "written  a.xml" in run("show", OUT).stdout


def test_an_arrival_is_found_by_claim_and_by_msg_id_with_its_receipt(do: Do) -> None:
    def fill(unit: StoreUnit) -> None:
        held(unit)
        unit.messages.add(
            sent(
                id="r",
                msg_id="r",
                type="APPREC",
                sent_for=msg_id(1),
                created=AT + timedelta(hours=2),
            )
        )

    do(fill)

    assert run("show", CLAIM).stdout == run("show", msg_id(1)).stdout
    assert "receipt Queued  r" in run("show", CLAIM).stdout


def test_the_bytes_come_out_as_they_came_in(do: Do) -> None:
    do(held)

    assert RAW == run("show", CLAIM, "--raw").stdout_bytes


def test_a_message_comes_out_as_a_page_for_people(do: Do) -> None:
    do(lambda unit: unit.messages.add(sent(raw=RAW)))

    page = read_page_text(run("show", OUT, "--html").stdout_bytes)

    assert (1, "Melding om utskrevet pasient") == page.headings[0]
    assert [] == lost(RAW, page)


def test_every_look_is_in_the_access_log(do: Do) -> None:
    do(held)

    run("show", CLAIM, "--raw")

    (event,) = entries(do)
    assert b'"operator:' in event


LOOKS_AND_DECISIONS = [
    ("show",),
    ("replay", "--yes"),
    ("match", "--patient", "p1", "--identifier", "1950-01-01", "--identifier", "Nina"),
    ("create", "--identifier", "1950-01-01", "--identifier", "Nina"),
    ("take",),
    ("reject", "--code", "E35"),
    ("avvik", "--code", "1", "--text", "feil", "--contact", "Nina Prøve"),
]


def about_people(do: Do) -> None:
    """The database is marked as synthetic no more."""
    do(lambda u: u.fhir.connection.execute("DELETE FROM hub_flag WHERE name = 'synthetic'"))


def entries(do: Do) -> list[bytes]:
    return do(lambda u: [*logged(u.fhir.connection).values()])


def test_the_commands_that_ask_why_are_those_of_the_policy() -> None:
    assert {f"messages {name}" for name, *_ in LOOKS_AND_DECISIONS} == ASKED_WHY


@pytest.mark.parametrize("command", LOOKS_AND_DECISIONS, ids=lambda each: each[0])
def test_on_data_of_real_people_nothing_is_shown_or_decided_without_a_reason(
    do: Do, command: tuple[str, ...]
) -> None:
    do(held)
    about_people(do)

    result = run(command[0], CLAIM, *command[1:])

    assert (1, "", "Say why, with --reason: it stands in the access log.\n") == (
        result.exit_code,
        result.stdout,
        result.stderr,
    )
    assert [] == entries(do)


def test_the_reason_stands_in_the_access_log(do: Do) -> None:
    do(held)
    about_people(do)

    assert 0 == run("show", CLAIM, "--raw", "--reason", "Sak 4711: avsender spør").exit_code
    assert "operator of the machine: Sak 4711: avsender spør".encode() in entries(do)[0]


@pytest.mark.parametrize("reason", ["om 01010112345", "x" * 201, "to\nlinjer"])
def test_a_reason_is_one_short_line_without_a_persons_number(do: Do, reason: str) -> None:
    do(held)

    result = run("show", CLAIM, "--reason", reason)

    assert 2 == result.exit_code
    assert "without a person's number" in result.stderr
    assert reason not in result.stderr
    assert [] == entries(do)


def test_what_is_not_there_gives_status_1(do: Do) -> None:
    for command in ("show", "replay"):
        result = run(command, "nothing")

        assert (1, "There is no message nothing.\n") == (result.exit_code, result.stderr)


def test_a_held_import_is_put_into_the_outbox_once(do: Do) -> None:
    do(held)

    first, again = run("replay", CLAIM, "--yes"), run("replay", CLAIM, "--yes")

    assert (0, 1) == (first.exit_code, again.exit_code)
    assert "ukjent pasient" in first.stdout
    assert "waits in the outbox already" in again.stdout
    assert [("todo", b"held")] == do(lambda unit: jobs(unit, "import_message", CLAIM))


def test_the_work_is_due_at_once_on_any_clock(do: Do) -> None:
    do(held)
    run("replay", CLAIM, "--yes")

    assert 1 == len(do(lambda unit: unit.outbox.due(AT + timedelta(hours=1), 10)))


def test_nothing_happens_without_a_yes(do: Do) -> None:
    do(held)

    result = run("replay", CLAIM, answer="n\n")

    assert 1 == result.exit_code
    assert [] == do(lambda unit: jobs(unit, "import_message", CLAIM))


@pytest.mark.parametrize(
    "facts",
    [
        (FactKind.WRITTEN, FactKind.TRANSPORT_NACK),
        (FactKind.WRITTEN, FactKind.APP_REC_OVERDUE),
        (FactKind.WRITTEN, FactKind.TRANSPORT_GAVE_UP),
    ],
)
def test_a_message_that_did_not_arrive_goes_out_again(do: Do, facts: tuple[FactKind, ...]) -> None:
    def fill(unit: StoreUnit) -> None:
        unit.messages.add(sent())
        for fact in facts:
            record(unit, sent(), fact, AT, "a.xml")

    do(fill)
    result = run("replay", OUT, answer="y\n")

    row = do(lambda unit: unit.messages.find(DEMO_TENANT, OUT))
    assert 0 == result.exit_code
    assert "Queued" == row.state
    assert [("todo", b"")] == do(lambda unit: jobs(unit, SUBMIT, OUT))


def test_a_message_without_receipt_goes_out_once_more_and_not_twice(do: Do) -> None:
    def fill(unit: StoreUnit) -> None:
        unit.messages.add(sent())
        for fact in ("WRITTEN", "APP_REC_OVERDUE", "REPLAYED", "WRITTEN", "APP_REC_OVERDUE"):
            record(unit, sent(), FactKind[fact], AT, "a.xml")

    do(fill)

    assert 1 == run("replay", OUT, "--yes").exit_code


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (("WRITTEN",), "on its way"),
        (("WRITTEN", "APP_REC_OK"), "has taken it in"),
        (("WRITTEN", "APP_REC_REJECTED"), "goes out as a new message"),
    ],
)
def test_what_arrived_or_is_on_its_way_is_not_sent_again(
    do: Do, facts: tuple[str, ...], told: str
) -> None:
    def fill(unit: StoreUnit) -> None:
        unit.messages.add(sent())
        for fact in facts:
            record(unit, sent(), FactKind[fact], AT, "a.xml")

    do(fill)
    result = run("replay", OUT, "--yes")

    assert 1 == result.exit_code
    assert told in result.stdout
    assert [] == do(lambda unit: jobs(unit, SUBMIT, OUT))


@pytest.mark.parametrize("state", ["imported", "duplicate", "conflict", "quarantined", "receipt"])
def test_an_arrival_that_is_settled_is_not_taken_in_again(do: Do, state: str) -> None:
    do(lambda unit: unit.inbox.keep(arrival(state)))

    result = run("replay", CLAIM, "--yes")

    assert (1, "Nothing to replay.\n") == (result.exit_code, result.stderr)


@pytest.mark.parametrize("given_up", [False, True])
def test_a_dead_job_is_tried_anew_with_all_its_tries(do: Do, given_up: bool) -> None:
    def fill(unit: StoreUnit) -> None:
        unit.messages.add(sent())
        unit.outbox.add(Job(DEMO_TENANT, SUBMIT, OUT), AT)
        (job,) = unit.outbox.due(AT, 10)
        unit.outbox.dead(job, "UNREACHABLE")
        if given_up:
            record(unit, sent(), FactKind.GIVEN_UP, AT, "UNREACHABLE")

    do(fill)
    result = run("replay", OUT, "--yes")

    assert 0 == result.exit_code
    assert "UNREACHABLE" in result.stdout
    assert [("todo", b"")] == do(lambda unit: jobs(unit, SUBMIT, OUT))
    assert "Queued" == do(lambda unit: unit.messages.find(DEMO_TENANT, OUT)).state


def test_a_dead_job_of_another_kind_is_named_by_what_it_is_about(do: Do) -> None:
    def fill(unit: StoreUnit) -> None:
        unit.outbox.add(Job(DEMO_TENANT, "build_alert_message", "issue-2"), AT)
        (job,) = unit.outbox.due(AT, 10)
        unit.outbox.dead(job, "OUTPUT_INVALID")

    do(fill)

    assert 0 == run("replay", "issue-2", "--yes").exit_code
    assert [("todo", b"")] == do(lambda unit: jobs(unit, "build_alert_message", "issue-2"))


def test_a_database_that_is_none_is_said_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")

    result = run("list")

    assert 1 == result.exit_code
    assert "set HUB_DATABASE_URL" in result.stderr
    assert not (tmp_path / "none.db").exists()


def test_another_process_may_read_meanwhile(do: Do, tmp_path: Path) -> None:
    do(held)
    with sqlite3.connect(tmp_path / "hub.db") as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM message").fetchone()

        assert 0 == run("replay", CLAIM, "--yes").exit_code
    other.close()


@pytest.mark.parametrize("command", ["list", "show", "replay"])
def test_every_command_shows_an_example(command: str) -> None:
    assert "\n  Example:\n    hub messages" in run(command, "--help").stdout


# Deciding about what is held


def test_what_is_held_is_listed_with_its_reason(do: Do) -> None:
    do(held)
    found = run("list", "--held")

    assert "ukjent pasient" in found.output
    assert CLAIM in found.output


def test_a_refusal_is_queued_and_stands_in_the_access_log(do: Do) -> None:
    do(held)
    found = run("reject", CLAIM, "--code", "E35")
    jobs = do(lambda unit: unit.outbox.of_subject(DEMO_TENANT, "import_message", CLAIM))

    assert (0, 1) == (found.exit_code, len(jobs)), found.output
    assert b'"E35"' in jobs[0].job.payload
    assert 1 == run("reject", CLAIM, "--code", "E35").exit_code
    assert 2 == run("reject", CLAIM, "--code", "E30").exit_code


def test_a_match_asks_for_the_identifiers_that_were_left_out(do: Do) -> None:
    do(held)
    found = run(
        "match", CLAIM, "--patient", "p1", "--second", "Olav", answer="1948-03-12\nAslaug Testdal\n"
    )

    assert 1 == found.exit_code
    assert "There is no such patient" in found.output


def test_nobody_decides_about_what_is_not_held(do: Do) -> None:
    found = run("create", CLAIM, "--identifier", "1948-03-12", "--identifier", "A B")

    assert (1, True) == (found.exit_code, "no such message" in found.output)
    assert 1 == run("take", CLAIM).exit_code


def test_a_state_that_no_message_can_be_in_is_told_with_those_that_are() -> None:
    answer = run("list", "--state", "delivered")

    assert answer.exit_code == 2
    assert "AppRecOk" in answer.stderr
    assert "held" in answer.stderr

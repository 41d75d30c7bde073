"""A red alert → the message to the GP in the drop, its receipt back, and a person told of whatever goes wrong.

Source: transport/README.md (shared state model), transport/file-drop.md, emessage/apprec.md ("Receiving duties").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.emessage.read import Reading, read_message
from hub.flows import build_alert_message
from hub.problems import Problem, ProblemCode
from hub.standin.journal import Manners
from hub.store.migrate import DEMO_TENANT
from tests.builders import Json, observation, quantity
from tests.functional.followed import SPO2_RULE, Followed, ProcessDied

DIALOGUE = "DIALOG_HELSEFAGLIG"


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan and a GP."""
    name = followed.person(**followed.gp())
    followed.plan(name, SPO2_RULE)
    return name


def read(path: Path) -> Reading:
    return read_message(path.read_bytes(), takes=lambda row: row.payload is not None)


def communication(followed: Followed) -> Json:
    (found,) = followed.client.search("Communication?_count=10")
    return found


def state(followed: Followed) -> str:
    """The state of the one dialogue message, in the hub and as its Communication tells it."""
    (message,) = [m for m in followed.messages() if m.type != "APPREC"]
    told = next(
        e["valueCode"]
        for e in communication(followed)["extension"]
        if e["url"].endswith("/dho-delivery-state")
    )
    assert message.state == told
    return told


# On the way out


def test_a_red_leaves_as_one_whole_dialogmelding(followed: Followed, who: str) -> None:
    for days in range(1, 20):
        at = f"2026-11-{21 - days:02}T08:00:00+01:00"
        followed.send(who, f"{94 - days % 3}", at=at)
    followed.send(who, "86")

    (path,) = followed.files(followed.drop.out)
    reading = read(path)
    envelope = reading.envelope
    assert () == reading.problems
    assert envelope is not None
    assert envelope.sender is not None
    assert envelope.sender.unit_her_id is not None
    assert envelope.receivers[0].party.unit_her_id is not None
    assert ("8090011", "8091011") == (
        envelope.sender.unit_her_id.value,
        envelope.receivers[0].party.unit_her_id.value,
    )
    text = path.read_text(encoding="utf-8")
    assert "SpO2 86 % er under rød grense (&lt; 88 %), EBP v2" in text
    days_told = [day for day in range(1, 22) if f"{day:02}.11." in text]
    assert list(range(8, 22)) == days_told, "the last 14 days"


def test_the_message_is_told_as_a_communication_about_its_alert(
    followed: Followed, who: str
) -> None:
    followed.send(who, "86")

    told, (issue,), (message,) = communication(followed), followed.alerts(who), followed.messages()
    assert [{"reference": f"DetectedIssue/{issue['id']}"}] == told["about"]
    assert f"urn:uuid:{message.msg_id}" == told["identifier"][0]["value"]
    assert ("in-progress", "Written") == (told["status"], state(followed))


def test_a_yellow_and_a_second_value_of_a_red_send_nothing_more(
    followed: Followed, who: str
) -> None:
    followed.send(who, "90", at="2026-11-21T07:00:00+01:00")
    assert [] == followed.messages()
    followed.send(who, "86", at="2026-11-21T08:00:00+01:00")
    followed.send(who, "85", at="2026-11-21T09:00:00+01:00")

    assert 1 == len(followed.messages())


def test_a_red_that_is_withdrawn_before_it_leaves_says_so_no_less(
    followed: Followed, who: str
) -> None:
    name = followed.send(who, "86")
    followed.change(name, status="entered-in-error")

    assert 1 == len(followed.files(followed.drop.out)), "what has left cannot be taken back"
    assert ["entered-in-error"] == [i["status"] for i in followed.alerts(who)]


# Receipts


def test_a_receipt_completes_the_communication(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    followed.answer(followed.journal())

    told = communication(followed)
    assert ("completed", "AppRecOk") == (told["status"], state(followed))
    assert told["received"].startswith("2026-11-21T13:00:00")
    assert 1 == len(followed.files(followed.drop.archive))
    assert [] == followed.tasks(who, "message-rejected")


def test_a_rejection_becomes_a_task_with_code_name_and_text(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    journal = followed.journal()
    journal.manners = Manners(answer="reject", code="X99")
    followed.answer(journal)

    assert "AppRecRejected" == state(followed)
    told = communication(followed)
    assert "stopped" == told["status"]
    (task,) = followed.tasks(who, "message-rejected")
    assert "stat" == task["priority"]
    assert "X99 Annen feil (The stand-in journal refuses as told)" in task["description"]


def test_a_second_receipt_changes_nothing(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    journal = followed.journal()
    journal.manners = Manners(answer="twice")
    followed.answer(journal)
    before = communication(followed)
    journal.manners = Manners(answer="reject")
    followed.answer(journal)

    assert "AppRecOk" == state(followed)
    assert before == communication(followed)
    assert 2 == len(followed.files(followed.drop.archive))


def test_a_rejection_after_an_acceptance_changes_nothing(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    accept, reject = followed.journal(), followed.journal()
    reject.manners = Manners(answer="reject")
    (name,) = followed.files(followed.drop.out)
    data = name.read_bytes()
    followed.answer(accept)
    (followed.drop.out / "again.xml").write_bytes(data)
    followed.answer(reject)

    assert "AppRecOk" == state(followed)
    assert [] == followed.tasks(who, "message-rejected")


def test_a_strangers_receipt_changes_nothing(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    journal = followed.journal()
    journal.step()
    (answer,) = followed.files(followed.drop.inbox)
    answer.write_bytes(answer.read_bytes().replace(b"8091011", b"8099999"))
    followed.take_in()

    assert "Written" == state(followed)
    answer.write_bytes(b"")
    answer.unlink()


def test_a_receipt_may_write_the_message_id_in_upper_case(followed: Followed, who: str) -> None:
    followed.clock.counter = 0xABCDEF
    followed.send(who, "86")
    (message,) = followed.messages()
    assert message.msg_id != message.msg_id.upper()
    followed.journal().step()
    (answer,) = followed.files(followed.drop.inbox)
    answer.write_bytes(
        answer.read_bytes().replace(
            f">{message.msg_id}<".encode(), f">{message.msg_id.upper()}<".encode()
        )
    )
    followed.take_in()

    assert "AppRecOk" == state(followed)


def test_a_receipt_is_never_answered(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    followed.answer(followed.journal())

    assert [] == followed.messages("APPREC")
    assert [] == followed.files(followed.drop.out / "tmp")


# What goes wrong


def test_no_receipt_for_96_hours_is_told_once_and_a_late_one_still_counts(
    followed: Followed, who: str
) -> None:
    followed.send(who, "86")
    journal = followed.journal()
    journal.manners = Manners(answer="accept")
    journal.step()
    (answer,) = followed.files(followed.drop.inbox)
    held = answer.read_bytes()
    answer.unlink()
    followed.look_after()
    followed.clock.at += timedelta(hours=95, minutes=59)
    followed.look_after()
    assert ("TransportAcked", []) == (state(followed), followed.tasks(who, "no-receipt"))

    followed.clock.at += timedelta(minutes=2)
    followed.look_after()
    followed.look_after()
    assert "NoAppRec" == state(followed)
    assert "on-hold" == communication(followed)["status"]
    assert 1 == len(followed.tasks(who, "no-receipt"))

    answer.write_bytes(held)
    followed.take_in()
    assert "AppRecOk" == state(followed)


def test_a_message_that_could_not_leave_for_96_hours_is_told_too(
    followed: Followed, who: str
) -> None:
    followed.drop.out.rename(followed.drop.out.with_name("away"))
    followed.send(who, "86")
    followed.clock.at += timedelta(hours=97)
    followed.work()
    followed.look_after()

    assert "NoAppRec" == state(followed)
    assert 1 == len(followed.tasks(who, "no-receipt"))


def test_of_very_many_files_that_wait_each_look_is_followed_by_a_rest(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.workers.drop_loop.FULL", 0)
    passed = iter(range(10_000))
    followed.loop.ticks = lambda: float(next(passed))
    followed.send(who, "86")
    followed.look_after()
    assert "Written" == state(followed)

    for file in followed.files(followed.drop.out):
        file.unlink()
    followed.look_after()
    assert "Written" == state(followed)  # it rests

    followed.loop.ticks = lambda: 20_000.0
    followed.look_after()
    assert "TransportAcked" == state(followed)


def test_a_file_nobody_fetches_is_trouble_after_a_quarter_of_an_hour(
    followed: Followed, who: str
) -> None:
    followed.send(who, "86")
    followed.clock.at += timedelta(minutes=14)
    followed.look_after()
    assert 200 == followed.client.get("/health").status_code
    followed.clock.at += timedelta(minutes=2)
    followed.look_after()

    health = followed.client.get("/health")
    assert 503 == health.status_code
    assert ["1 messages were not picked up for 15 minutes"] == health.json()["trouble"]
    followed.journal().step()
    followed.look_after()
    assert 200 == followed.client.get("/health").status_code


def test_a_file_the_broker_could_not_send_is_told(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    journal = followed.journal()
    journal.manners = Manners(answer="fail")
    followed.answer(journal)

    assert "TransportRejected" == state(followed)
    assert "on-hold" == communication(followed)["status"]
    assert 1 == len(followed.tasks(who, "not-delivered"))


@pytest.mark.parametrize(
    ("status", "expected", "told"),
    [("acknowledged", "TransportAcked", 0), ("rejected", "TransportRejected", 1)],
)
def test_the_brokers_own_receipts_move_the_state(
    followed: Followed, who: str, status: str, expected: str, told: int
) -> None:
    followed.send(who, "86")
    (message,) = followed.messages()
    receipt = followed.drop.receipt / f"{message.name}.json"
    receipt.write_text(f'{{"name": "{message.name}", "status": "{status}"}}')
    followed.look_after()

    assert expected == state(followed)
    assert told == len(followed.tasks(who, "not-delivered"))
    assert not receipt.exists()


def test_a_drop_that_is_away_is_waited_for_and_the_message_stays_the_same(
    followed: Followed, who: str
) -> None:
    away = followed.drop.out.with_name("away")
    followed.drop.out.rename(away)
    followed.send(who, "86")
    (before,) = followed.messages()
    assert "Queued" == before.state
    followed.look_after()
    assert 503 == followed.client.get("/health").status_code

    away.rename(followed.drop.out)
    followed.work()
    assert [] == followed.files(followed.drop.out), "it is not tried before its time"
    followed.clock.at += timedelta(seconds=5)
    followed.work()
    followed.look_after()
    (path,) = followed.files(followed.drop.out)
    assert before.raw == path.read_bytes()
    assert (before.id, "Written") == (followed.messages()[0].id, state(followed))
    assert 200 == followed.client.get("/health").status_code


def test_a_message_that_is_given_up_is_told(followed: Followed, who: str) -> None:
    followed.drop.out.rename(followed.drop.out.with_name("away"))
    followed.send(who, "86")
    for _ in range(200):
        followed.clock.at += timedelta(hours=4)
        followed.work()

    assert "DeadLetter" == state(followed)
    assert 1 == len(followed.tasks(who, "not-delivered"))


def crash_after(followed: Followed, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The process dies once when it is about to write this fact."""

    def dies(*_: Any, **__: Any) -> None:
        raise ProcessDied

    monkeypatch.setattr(where, dies)
    with pytest.raises(ProcessDied):
        followed.work()
    monkeypatch.undo()


def test_a_crash_between_the_file_and_its_state_does_not_write_it_twice(
    followed: Followed,
    who: str,
    make_client: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed.client.create(_red(who))
    crash_after(followed, monkeypatch, "hub.flows.submit_message.add_fact")
    (path,) = followed.files(followed.drop.out)
    assert "Queued" == followed.messages()[0].state

    reborn = restarted(followed, make_client)
    reborn.clock.at += timedelta(seconds=10)
    reborn.work()
    assert [path] == reborn.files(reborn.drop.out)
    assert ("Written", path.name) == (state(reborn), reborn.messages()[0].name)


def test_a_crash_after_the_broker_took_the_file_does_not_write_it_twice(
    followed: Followed,
    who: str,
    make_client: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed.client.create(_red(who))
    crash_after(followed, monkeypatch, "hub.flows.submit_message.add_fact")
    journal = followed.journal()
    journal.step()

    reborn = restarted(followed, make_client)
    reborn.take_in()
    reborn.look_after()
    assert [] == [p for p in reborn.files(reborn.drop.out) if p.parent == reborn.drop.out]
    assert 1 == len(reborn.files(reborn.drop.sent))
    assert "AppRecOk" == state(reborn)


def _red(who: str) -> Json:
    return observation(who, value="86")


def restarted(followed: Followed, make_client: Callable[..., Any]) -> Followed:
    """The hub of a dead process → another one on the same database and folders."""
    return Followed(make_client, followed.clock, followed.drop.out.parent)


def test_a_message_that_cannot_be_made_is_tried_again_and_a_person_told(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(build_alert_message, "alert_to_dialogmelding", fails)
    followed.send(who, "86")
    for _ in range(20):
        followed.clock.at += timedelta(minutes=10)
        followed.work()
    (task,) = followed.tasks(who, "no-gp")
    assert "meldingen kunne ikke lages" in task["description"]

    monkeypatch.undo()
    followed.clock.at += timedelta(hours=4)
    followed.work()
    assert ["Written"] == [m.state for m in followed.messages()]


@pytest.mark.parametrize(
    "correction", [{"status": "entered-in-error"}, {"valueQuantity": quantity("90")}]
)
def test_a_red_corrected_before_its_message_was_made_sends_none(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch, correction: Json
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(build_alert_message, "alert_to_dialogmelding", fails)
    name = followed.send(who, "86")
    followed.change(name, **{"status": "corrected", **correction})
    monkeypatch.undo()
    followed.clock.at += timedelta(minutes=5)
    followed.work()

    assert ([], []) == (followed.messages(), followed.tasks(who, "no-gp"))


def test_a_message_the_official_schemas_refuse_is_told_at_once(
    followed: Followed, who: str
) -> None:
    build: Any = followed.hub.work.runner.queues["build_alert_message"].flow
    object.__setattr__(
        build, "check", lambda _: (Problem(ProblemCode.SCHEMA_INVALID, "as planned"),)
    )
    followed.send(who, "86")

    assert [] == followed.messages()
    assert 1 == len(followed.tasks(who, "no-gp"))


def test_two_reds_at_once_are_two_messages(followed: Followed, who: str) -> None:
    other = followed.person(**followed.gp())
    followed.plan(other, SPO2_RULE)
    followed.client.create(_red(who))
    followed.client.create(_red(other))
    followed.work()
    followed.answer(followed.journal())

    assert ["AppRecOk"] * 2 == [m.state for m in followed.messages()]


def facts(followed: Followed) -> Sequence[str]:
    def find(unit: Any) -> list[str]:
        (message,) = unit.messages.recent(DEMO_TENANT, 10)
        return [f.kind for f in unit.messages.facts(DEMO_TENANT, message.id)]

    return followed.client.runner.run(followed.hub.store.read(find))


def test_everything_that_happened_is_on_record_once(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    followed.journal().step()
    followed.look_after()
    followed.look_after()
    followed.take_in()

    assert ["written", "transport-ack", "apprec-ok"] == list(facts(followed))

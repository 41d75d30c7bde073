"""`hub messages replay` beside a running hub: the hub does what was put into the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from hub.cli.messages import messages
from hub.clock import FixedClock
from hub.emessage.table_build import render
from hub.store.migrate import DEMO_TENANT
from tests.builders import FNR_SYSTEM
from tests.functional.followed import SPO2_RULE, Followed
from tests.message_builders import event, logistics, message

REPORT = render(message("LOG_UTSKREVET", logistics("LOG_UTSKREVET", event("2", "2026-03-02"))))
TO_US = REPORT.replace(b"8095001", b"8090001").replace(b"8095101", b"8090011")


@pytest.fixture(autouse=True)
def same_database_and_clock(
    database_url: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    monkeypatch.setattr("hub.cli.messages.SystemClock", lambda: clock)


def replay(name: str) -> Result:
    return CliRunner().invoke(messages, ["replay", name, "--yes"])


def states(followed: Followed) -> list[tuple[str, str]]:
    def find(unit: object) -> list[tuple[str, str]]:
        rows = unit.inbox.recent(DEMO_TENANT, 10)  # pyright: ignore[reportAttributeAccessIssue] - the unit of the store
        return [(raw.claim_id, raw.state) for raw in rows]

    return followed.client.runner.run(followed.hub.store.read(find))


def test_a_held_import_is_taken_in_once_the_patient_is_there(followed: Followed) -> None:
    (followed.drop.inbox / "a.xml").write_bytes(TO_US)
    followed.take_in()
    ((claim, state),) = states(followed)
    assert ("held", []) == (state, followed.messages("APPREC"))
    followed.person(
        identifier=[{"system": FNR_SYSTEM, "value": "12834812019"}],
        name=[{"family": "Testdal", "given": ["Aslaug"]}],
        birthDate="1948-03-12",
        gender="female",
    )

    result = replay(claim)
    followed.work()

    assert 0 == result.exit_code
    assert [(claim, "imported")] == states(followed)
    assert 1 == len(followed.messages("APPREC"))


def test_a_message_that_the_broker_refused_lies_in_out_again(
    followed: Followed, clock: FixedClock
) -> None:
    who = followed.person(**followed.gp())
    followed.plan(who, SPO2_RULE)
    followed.send(who, "86", at=(clock.now() - timedelta(hours=1)).isoformat())
    (lost,) = followed.files(followed.drop.out)
    lost.rename(followed.drop.failed / lost.name)
    followed.look_after()
    (refused,) = followed.messages("DIALOG_HELSEFAGLIG")
    assert "TransportRejected" == refused.state
    clock.at += timedelta(minutes=5)

    result = replay(refused.id)
    followed.work()

    (once,) = [p for p in followed.drop.out.iterdir() if p.suffix == ".xml"]
    (row,) = followed.messages("DIALOG_HELSEFAGLIG")
    assert 0 == result.exit_code
    assert lost.name != once.name
    assert refused.raw == once.read_bytes()
    assert ("Written", once.name) == (row.state, row.name)


def test_the_receipt_to_a_message_sent_again_is_waited_for_anew(
    followed: Followed, clock: FixedClock
) -> None:
    who = followed.person(**followed.gp())
    followed.plan(who, SPO2_RULE)
    followed.send(who, "86", at=(clock.now() - timedelta(hours=1)).isoformat())
    clock.at += timedelta(hours=97)
    followed.look_after()
    (silent,) = followed.messages("DIALOG_HELSEFAGLIG")
    assert "NoAppRec" == silent.state

    replay(silent.id)
    followed.work()
    followed.look_after()

    (row,) = followed.messages("DIALOG_HELSEFAGLIG")
    assert "Written" == row.state

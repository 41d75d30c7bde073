"""The stand-in journal: answers as apprec.md says, or misbehaves exactly as told."""

import itertools
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from hub.cli.standin import standin
from hub.demo.messages import build_message
from hub.demo.story import build_story
from hub.emessage.apprec import AppRec
from hub.emessage.read import read_message
from hub.standin.delivery import FAULTS, Fault, build_parts
from hub.standin.hospital import Hospital
from hub.standin.journal import Journal, JournalEvent, Manners
from hub.transport.file_drop import Drop, NameFacts, prepare, standard_drop
from hub.transport.file_drop_out import FileDropOut, OutFact, Written
from hub.transport.file_drop_receipts import load_receipts

NOW = datetime(2026, 4, 14, 12, 0, tzinfo=UTC)
STORY = build_story()
MESSAGE = build_message(STORY, next(e for e in STORY.events if e.message == "utskrevet"))
_ENVELOPE = read_message(MESSAGE).envelope
assert _ENVELOPE is not None
MSG_ID = _ENVELOPE.msg_id


@dataclass
class Ticks:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    drop = standard_drop(tmp_path)
    prepare(drop)
    return drop


def make(drop: Drop, **manners: Any) -> Journal:
    count = itertools.count(1)
    return Journal(
        drop,
        lambda: NOW,
        lambda: f"00000000-0000-4000-8000-{next(count):012}",
        Ticks(),
        Manners(**manners),
    )


def put(drop: Drop, data: bytes = MESSAGE, msg_id: str = "m1") -> str:
    written = FileDropOut(drop).submit(data, NameFacts(NOW, msg_id, "1", "2"), mode="resend")
    assert isinstance(written, Written)
    return written.name


def receipts(drop: Drop) -> list[AppRec]:
    found = [
        read_message(path.read_bytes()).app_rec
        for path in sorted(drop.inbox.iterdir())
        if path.is_file()
    ]
    return [receipt for receipt in found if receipt is not None]


def kinds(events: tuple[JournalEvent, ...]) -> list[str]:
    return [event.kind for event in events]


def test_a_message_is_taken_and_answered_positively_once(drop: Drop) -> None:
    name = put(drop)
    journal = make(drop)

    events = journal.step()

    assert kinds(events) == ["picked-up", "answered"]
    assert FileDropOut(drop).look([name]) == (OutFact(name, "sent"),)
    (receipt,) = receipts(drop)
    assert receipt.status.v == "1"
    assert receipt.original_msg_id.id == MSG_ID
    assert receipt.receiver.hcp.inst is not None
    assert receipt.receiver.hcp.inst.id == "8092001", "mirrored to the sender"
    assert journal.step() == ()


def test_a_rejection_carries_the_code_it_was_told(drop: Drop) -> None:
    put(drop)

    make(drop, answer="reject", code="X99").step()

    (receipt,) = receipts(drop)
    assert receipt.status.v == "2"
    assert [(e.v, e.s) for e in receipt.error] == [("X99", "2.16.578.1.12.4.1.1.8221")]
    assert receipt.error[0].ot


def test_a_silent_journal_takes_and_says_nothing(drop: Drop) -> None:
    put(drop)
    journal = make(drop, answer="silent")

    assert kinds(journal.step()) == ["picked-up"]
    assert journal.idle
    assert receipts(drop) == []


def test_answering_twice_sends_two_receipts_with_ids_of_their_own(drop: Drop) -> None:
    put(drop)

    make(drop, answer="twice").step()

    found = receipts(drop)
    assert len({r.id for r in found}) == 2
    assert len({r.original_msg_id.id for r in found}) == 1


def test_a_failed_document_lies_in_failed_with_its_reason(drop: Drop) -> None:
    name = put(drop)

    assert kinds(make(drop, answer="fail").step()) == ["failed"]
    assert FileDropOut(drop).look([name]) == (OutFact(name, "failed", '{"reason": "no route"}'),)


def test_a_late_answer_comes_when_it_is_due(drop: Drop) -> None:
    put(drop)
    journal = make(drop, delay_s=30.0)

    assert kinds(journal.step()) == ["picked-up"]
    assert isinstance(journal.ticks, Ticks)
    journal.ticks.at = 29.9
    assert journal.step() == ()
    journal.ticks.at = 30.0
    assert kinds(journal.step()) == ["answered"]
    assert journal.idle


def test_the_same_message_again_gets_no_second_receipt(drop: Drop) -> None:
    journal = make(drop)
    put(drop)
    journal.step()
    put(drop)

    assert kinds(journal.step()) == ["duplicate"]
    assert len(receipts(drop)) == 1


def test_a_receipt_is_read_and_never_answered(drop: Drop) -> None:
    put(drop)
    make(drop).step()
    receipt = next(p for p in drop.inbox.iterdir() if p.is_file())
    put(drop, receipt.read_bytes())
    receipt.unlink()

    (event,) = make(drop).step()

    assert (event.kind, event.status) == ("receipt", "1")
    assert receipts(drop) == []


def test_what_cannot_be_answered_is_taken_all_the_same(drop: Drop) -> None:
    put(drop, b"not xml")

    assert kinds(make(drop).step()) == ["unreadable"]


def test_transport_receipts_are_written_when_asked_for(drop: Drop) -> None:
    name = put(drop)
    make(drop, transport_receipts=True).step()

    found = load_receipts(drop)

    assert isinstance(found, tuple)
    assert [(r.name, r.kind) for r in found] == [(name, "acknowledged")]


@pytest.mark.parametrize("fault", [f for f in FAULTS if f not in ("chunks", "across-file-systems")])
def test_each_fault_still_lets_the_proper_answer_through(drop: Drop, fault: Fault) -> None:
    put(drop)
    journal = make(drop, fault=fault)

    for _ in range(4):
        journal.step()

    assert journal.idle
    expected = 2 if fault in ("same-file-twice", "same-id-other-bytes") else 1
    assert len(receipts(drop)) == expected
    assert len({r.id for r in receipts(drop)}) == 1


def test_chunks_grow_into_the_whole_document(drop: Drop) -> None:
    put(drop)
    journal = make(drop, fault="chunks")
    sizes: list[int] = []
    for _ in range(4):
        journal.step()
        (path,) = (p for p in drop.inbox.iterdir() if p.is_file())
        sizes.append(path.stat().st_size)

    assert sizes == sorted(set(sizes))
    assert journal.idle
    assert len(receipts(drop)) == 1


def test_every_fault_has_its_parts() -> None:
    assert set(FAULTS) == set(get_args(Fault))
    for fault in FAULTS:
        parts = build_parts("a.xml", b"<?xml version='1.0'?><a/>", fault)
        assert parts
        assert all(part.name.lower().endswith(".xml") for part in parts)


def test_the_hospital_names_its_files_by_the_message(drop: Drop) -> None:
    name = Hospital(drop, lambda: NOW).send(MESSAGE)

    assert name == f"20260414T120000000Z_{MSG_ID}_8092011_8090013.xml"
    assert (drop.inbox / name).read_bytes() == MESSAGE


def test_the_hospital_also_sends_what_is_no_message(drop: Drop) -> None:
    name = Hospital(drop, lambda: NOW).send(b"\x00\xff")

    assert (drop.inbox / name).read_bytes() == b"\x00\xff"


def test_the_loop_waits_for_a_folder_that_is_away_and_stops_when_told(drop: Drop) -> None:
    seen: list[str] = []
    stop = threading.Event()
    journal = make(drop)
    away = drop.out.rename(drop.out.with_name("away"))
    thread = threading.Thread(
        target=journal.run, args=(stop, lambda e: seen.append(e.kind), 0.01), daemon=True
    )
    thread.start()
    time.sleep(0.05)
    away.rename(drop.out)
    put(drop)
    deadline = time.monotonic() + 10
    while len(seen) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    thread.join(5)

    assert seen == ["picked-up", "answered"]
    assert not thread.is_alive()


def test_the_command_plays_one_round_and_prints_it(tmp_path: Path) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    put(drop)

    result = CliRunner().invoke(
        standin, ["journal", "--drop", str(tmp_path), "--once", "--json", "--poll", "0.01"]
    )

    assert result.exit_code == 0, result.output
    assert '"event":"answered"' in result.output
    assert MSG_ID in result.output


def test_the_hospital_command_puts_files_in(tmp_path: Path) -> None:
    file = tmp_path / "m.xml"
    file.write_bytes(MESSAGE)

    result = CliRunner().invoke(standin, ["hospital", "--drop", str(tmp_path / "d"), str(file)])

    assert result.exit_code == 0, result.output
    assert (tmp_path / "d" / "in" / result.output.strip()).read_bytes() == MESSAGE


def test_manners_may_change_while_it_runs(drop: Drop) -> None:
    journal = make(drop)
    journal.manners = replace(journal.manners, answer="silent")
    put(drop)

    assert kinds(journal.step()) == ["picked-up"]

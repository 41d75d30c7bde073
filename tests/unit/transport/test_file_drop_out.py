"""Writing into the drop: whatever crashes, each document is there once and whole."""

import errno
import hashlib
import os
import re
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.transport.file_drop import (
    MAX_NAME,
    META_ENDING,
    REASON_ENDING,
    Drop,
    Meta,
    NameFacts,
    Trouble,
    build_name,
    parse_meta,
    parse_name,
    prepare,
    standard_drop,
)
from hub.transport.file_drop_figures import figures, free_bytes
from hub.transport.file_drop_out import FileDropOut, OutFact, Written

AT = datetime(2026, 1, 5, 10, 31, 7, 123_999, UTC)
MSG = "0b6f6c7e-6a67-4f0c-9f6e-0c2a3b1d9e10"
FACTS = NameFacts(AT, MSG, "5078", "90998")
NAME = f"20260105T103107123Z_{MSG}_5078_90998.xml"
DATA = b"\xef\xbb\xbf<?xml version='1.0'?><a>\xc3\xa6</a>"


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    drop = standard_drop(tmp_path / "drop")
    assert prepare(drop) == ()
    return drop


def documents(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_file())


def test_the_folders_are_made_for_the_owner_alone(drop: Drop) -> None:
    modes = {stat.S_IMODE(folder.stat().st_mode) for folder in drop.folders}

    assert modes == {0o700}


def test_a_shared_drop_lets_the_group_in(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        drop = standard_drop(tmp_path / "drop", shared=True)
        prepare(drop)
        written = FileDropOut(drop).submit(DATA, FACTS)
    finally:
        os.umask(old)

    assert isinstance(written, Written)
    assert stat.S_IMODE((drop.out / written.name).stat().st_mode) == 0o660
    assert stat.S_IMODE(drop.out.stat().st_mode) == 0o770


def test_a_folder_everyone_may_read_is_reported(tmp_path: Path) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    drop.inbox.chmod(0o755)

    assert [t.kind for t in prepare(drop)] == ["open-to-all"]


def test_the_name_follows_the_contract() -> None:
    assert build_name(FACTS) == NAME
    assert build_name(FACTS, 2) == NAME.replace(".xml", "_2.xml")


def test_the_name_is_in_utc_whatever_the_zone() -> None:
    oslo = AT.astimezone(timezone(timedelta(hours=1)))

    assert build_name(NameFacts(oslo, MSG, "5078", "90998")) == NAME


@given(st.text(), st.text(), st.text(), st.integers(1, 999))
@settings(max_examples=200)
def test_odd_facts_never_make_an_odd_name(
    msg_id: str, sender: str, receiver: str, attempt: int
) -> None:
    name = build_name(NameFacts(AT, msg_id, sender, receiver), attempt)

    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert len(name) + len(REASON_ENDING) <= MAX_NAME


def test_a_name_reads_back_as_its_facts() -> None:
    expected = NameFacts(AT.replace(microsecond=123_000), MSG, "5078", "90998")

    assert parse_name(NAME) == expected
    assert parse_name(build_name(FACTS, 7)) == expected


@pytest.mark.parametrize("name", ["x.xml", "20269905T103107123Z_a_b_c.xml", "a_b_c_d.xml", ""])
def test_a_foreign_name_tells_nothing(name: str) -> None:
    assert parse_name(name) is None


def test_the_bytes_lie_in_out_unaltered_and_tmp_is_empty(drop: Drop) -> None:
    written = FileDropOut(drop).submit(DATA, FACTS)

    assert written == Written(NAME, hashlib.sha256(DATA).hexdigest())
    assert (drop.out / NAME).read_bytes() == DATA
    assert stat.S_IMODE((drop.out / NAME).stat().st_mode) == 0o600
    assert documents(drop.tmp) == []


@pytest.mark.parametrize("place", ["out", "sent", "failed"])
def test_the_same_message_is_not_written_twice(drop: Drop, place: str) -> None:
    out = FileDropOut(drop)
    out.submit(DATA, FACTS)
    (drop.out / NAME).rename(getattr(drop, place) / NAME)
    later = NameFacts(AT + timedelta(minutes=5), MSG, "5078", "90998")

    again = out.submit(DATA, later)

    assert again == Written(NAME, hashlib.sha256(DATA).hexdigest(), already=True)
    assert documents(drop.out) == ([NAME] if place == "out" else [])


def test_a_resend_is_a_new_file_with_the_same_bytes(drop: Drop) -> None:
    out = FileDropOut(drop)
    out.submit(DATA, FACTS)
    (drop.out / NAME).rename(drop.failed / NAME)

    resent = out.submit(DATA, FACTS, mode="resend")

    assert isinstance(resent, Written)
    assert resent.name == NAME.replace(".xml", "_2.xml")
    assert (drop.out / resent.name).read_bytes() == DATA


@pytest.mark.parametrize("place", ["out", "sent", "failed", "tmp"])
def test_a_taken_name_gets_a_suffix_and_nothing_is_overwritten(drop: Drop, place: str) -> None:
    taken = getattr(drop, place) / NAME
    taken.write_bytes(b"another document")

    written = FileDropOut(drop).submit(DATA, FACTS)

    assert isinstance(written, Written)
    assert written.name == NAME.replace(".xml", "_2.xml")
    assert taken.read_bytes() == b"another document"


class Crash(BaseException):
    """The process died here."""


@pytest.mark.parametrize("step", ["write", "fsync file", "rename", "after rename"])
def test_a_crash_at_any_step_leaves_one_whole_document_after_the_retry(
    drop: Drop, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise Crash

    calls = {"write": "os.write", "fsync file": "os.fsync"}
    with monkeypatch.context() as patch:
        if step in calls:
            patch.setattr(calls[step], crash)
        elif step == "rename":
            patch.setattr(Path, "rename", crash)
        else:
            patch.setattr("hub.transport.file_drop_out.sync_folder", crash)
        with pytest.raises(Crash):
            FileDropOut(drop).submit(DATA, FACTS)
    half_seen = documents(drop.out)

    written = FileDropOut(drop).submit(DATA, FACTS)

    assert isinstance(written, Written)
    assert documents(drop.out) == [written.name]
    assert (drop.out / written.name).read_bytes() == DATA
    assert half_seen == ([NAME] if step == "after rename" else [])
    assert written.already == (step == "after rename")


def test_half_files_of_the_dead_are_tidied_only_when_old(drop: Drop) -> None:
    old, young = drop.tmp / "old.xml", drop.tmp / "young.xml"
    old.write_bytes(b"<a")
    young.write_bytes(b"<a")
    past = young.stat().st_mtime - 3600
    os.utime(old, (past, past))

    assert FileDropOut(drop).tidy() == 1
    assert documents(drop.tmp) == ["young.xml"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EACCES, "permission"),
        (errno.EROFS, "read-only"),
        (errno.ELOOP, "other"),
    ],
)
def test_a_fault_of_the_disk_is_health_and_leaves_nothing_behind(
    drop: Drop, number: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> int:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "write", fault)

    written = FileDropOut(drop).submit(DATA, FACTS)

    assert isinstance(written, Trouble)
    assert written.kind == kind
    assert documents(drop.tmp) == documents(drop.out) == []


def test_a_missing_share_is_waited_for_and_not_made_anew(drop: Drop) -> None:
    away = drop.out.parent.rename(drop.out.parent.with_name("away"))

    written = FileDropOut(drop).submit(DATA, FACTS)
    facts = FileDropOut(drop).look([NAME])

    assert isinstance(written, Trouble)
    assert written.kind == "gone"
    assert isinstance(facts, Trouble)
    assert not drop.out.exists()
    away.rename(drop.out.parent)
    assert isinstance(FileDropOut(drop).submit(DATA, FACTS), Written)


def test_many_threads_with_one_name_write_many_files(drop: Drop) -> None:
    results: list[Written | Trouble] = []

    def submit(number: int) -> None:
        data = f"<a>{number}</a>".encode()
        results.append(FileDropOut(drop).submit(data, FACTS, mode="first"))

    threads = [threading.Thread(target=submit, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    names = {w.name for w in results if isinstance(w, Written)}
    assert len(names) == 16
    assert {(drop.out / n).read_bytes() for n in names} == {
        f"<a>{n}</a>".encode() for n in range(16)
    }


def test_each_place_tells_where_a_file_stands(drop: Drop) -> None:
    for folder, name in (
        (drop.out, "a.xml"),
        (drop.sent, "b.xml"),
        (drop.failed, "c.xml"),
        (drop.failed, "d.xml"),
    ):
        (folder / name).write_bytes(b"<a/>")
    (drop.failed / "c.xml.reason.json").write_text('{"reason": "unknown receiver"}')
    (drop.failed / "d.err").write_text("no certificate\n")

    facts = FileDropOut(drop).look(["a.xml", "b.xml", "c.xml", "d.xml", "e.xml"])

    assert facts == (
        OutFact("a.xml", "waiting"),
        OutFact("b.xml", "sent"),
        OutFact("c.xml", "failed", '{"reason": "unknown receiver"}'),
        OutFact("d.xml", "failed", "no certificate"),
        OutFact("e.xml", "picked-up"),
    )


def test_side_files_are_written_when_asked_for_and_taken_away_after_pick_up(drop: Drop) -> None:
    out = FileDropOut(drop, with_meta=True, with_ready=True)

    written = out.submit(DATA, FACTS, meta=Meta(type="LOG_INNLAGT"))

    assert isinstance(written, Written)
    meta = parse_meta((drop.out / (NAME + META_ENDING)).read_bytes())
    assert meta == Meta(
        msg_id=MSG,
        type="LOG_INNLAGT",
        sender_her_id="5078",
        receiver_her_id="90998",
        sha256=written.sha256,
        size=len(DATA),
        created_at=AT.isoformat(),
    )
    assert documents(drop.out) == [NAME, NAME + META_ENDING, NAME + ".ready"]
    (drop.out / NAME).rename(drop.sent / NAME)
    assert out.look([NAME]) == (OutFact(NAME, "sent"),)
    assert documents(drop.out) == []


def test_monitoring_counts_what_waits(drop: Drop) -> None:
    (drop.out / NAME).write_bytes(DATA)
    past = (drop.out / NAME).stat().st_mtime - 900
    os.utime(drop.out / NAME, (past, past))

    rows = {row.folder: row for row in figures(drop)}

    assert rows["out"].count == 1
    assert rows["out"].oldest_s is not None
    assert 899 < rows["out"].oldest_s < 960
    assert rows["quarantine"].count == 0
    assert rows["quarantine"].oldest_s is None
    assert (free_bytes(drop) or 0) > 0

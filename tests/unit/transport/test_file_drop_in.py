"""Reading from the drop: each whole file once, whatever the writer, a second reader or a crash does."""

import errno
import itertools
import json
import multiprocessing
import os
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.transport.file_drop import Drop, Trouble, prepare, standard_drop
from hub.transport.file_drop_in import FileDropIn, Quarantined, TooLarge
from hub.transport.file_drop_scan import ReadRules
from hub.transport.file_drop_work import Claimed, Process, this_process

NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
BOM_DATA = b'\xef\xbb\xbf<?xml version="1.0" encoding="ISO-8859-1"?>\r\n<a>\xe6</a>'


@dataclass
class Ticks:
    """Seconds that only the test moves."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Reader:
    drop: Drop
    ticks: Ticks = field(default_factory=Ticks)
    count: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def make(
        self,
        rules: ReadRules | None = None,
        process: Process | None = None,
        alive: Callable[[int], bool] = lambda _pid: True,
    ) -> FileDropIn:
        return FileDropIn(
            self.drop,
            now=lambda: NOW,
            new_id=lambda: f"claim-{next(self.count)}",
            ticks=self.ticks,
            rules=rules or ReadRules(),
            process=process or Process("here", 1),
            alive=alive,
        )


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    drop = standard_drop(tmp_path / "drop")
    assert prepare(drop) == ()
    return Reader(drop)


def settled(reader: Reader, inbox: FileDropIn) -> tuple[Claimed, ...]:
    first = inbox.claim().claimed
    reader.ticks.at += 1.0
    return first + inbox.claim().claimed


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_file())


def test_a_file_is_claimed_only_after_two_equal_looks(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    inbox = reader.make()

    first = inbox.claim()
    reader.ticks.at += 0.9
    too_early = inbox.claim()
    reader.ticks.at += 0.1
    second = inbox.claim()

    assert first.claimed == too_early.claimed == ()
    assert first.pause_s == 1.0
    assert [c.name for c in second.claimed] == ["a.xml"]
    assert names(reader.drop.inbox) == []
    assert names(reader.drop.work / "here-1") == ["claim-1_a.xml"]


def test_a_slow_writer_is_waited_for(reader: Reader) -> None:
    path = reader.drop.inbox / "a.xml"
    inbox = reader.make()
    for part in (b"<a>", b"text", b"</a>"):
        with path.open("ab") as file:
            file.write(part)
        assert inbox.claim().claimed == ()
        reader.ticks.at += 0.99

    reader.ticks.at += 0.01
    claimed = inbox.claim().claimed

    assert [inbox.read(c) for c in claimed] == [b"<a>text</a>"]


def test_a_ready_mark_spares_the_wait_and_is_used_up(reader: Reader) -> None:
    for name in ("a.xml", "b.xml"):
        (reader.drop.inbox / name).write_bytes(b"<a/>")
    (reader.drop.inbox / "a.xml.ready").touch()
    (reader.drop.inbox / "b.ready").touch()

    claimed = reader.make().claim().claimed

    assert [c.name for c in claimed] == ["a.xml", "b.xml"]
    assert names(reader.drop.inbox) == []


def test_a_share_with_marks_only_never_trusts_stillness(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    inbox = reader.make(ReadRules(ready_only=True))
    inbox.claim()
    reader.ticks.at += 3600

    before = inbox.claim()
    (reader.drop.inbox / "a.xml.ready").touch()
    after = inbox.claim()

    assert (before.claimed, before.quarantined) == ((), ())
    assert [c.name for c in after.claimed] == ["a.xml"]


def test_the_bytes_are_kept_as_they_came_and_archived_by_date(reader: Reader) -> None:
    (reader.drop.inbox / "A.XML").write_bytes(BOM_DATA)
    inbox = reader.make()
    (claimed,) = settled(reader, inbox)

    data = inbox.read(claimed)
    fault = inbox.archive(claimed)

    folder = reader.drop.archive / "2026-03-02"
    assert data == BOM_DATA
    assert fault is None
    assert (folder / "claim-1_A.XML").read_bytes() == BOM_DATA
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert inbox.archive(claimed) is None, "done twice it is done once"


def test_the_oldest_comes_first_and_a_round_is_bounded(reader: Reader) -> None:
    for number in range(5):
        path = reader.drop.inbox / f"{9 - number}.xml"
        path.write_bytes(b"<a/>")
        os.utime(path, (1000 + number, 1000 + number))
    inbox = reader.make(ReadRules(batch=2))
    inbox.claim()
    reader.ticks.at += 1

    rounds = [inbox.claim() for _ in range(3)]

    assert [[c.name for c in r.claimed] for r in rounds] == [
        ["9.xml", "8.xml"],
        ["7.xml", "6.xml"],
        ["5.xml"],
    ]
    assert [r.more for r in rounds] == [True, True, False]


def test_an_empty_file_waits_ten_minutes_and_goes_to_quarantine_with_its_reason(
    reader: Reader,
) -> None:
    (reader.drop.inbox / "empty.xml").touch()
    inbox = reader.make()
    inbox.claim()
    reader.ticks.at += 599
    before = inbox.claim()
    reader.ticks.at += 1

    after = inbox.claim()

    assert (before.claimed, before.quarantined) == ((), ())
    assert after.quarantined == (Quarantined("empty.xml", "empty"),)
    assert names(reader.drop.quarantine) == [
        "claim-1_empty.xml",
        "claim-1_empty.xml.reason.json",
    ]
    reason = json.loads((reader.drop.quarantine / "claim-1_empty.xml.reason.json").read_bytes())
    assert (reason["reason"], reason["name"], reason["size"]) == ("empty", "empty.xml", 0)


def test_a_file_that_grows_for_ten_minutes_goes_to_quarantine(reader: Reader) -> None:
    path = reader.drop.inbox / "big.xml"
    inbox = reader.make()
    rounds = []
    for _ in range(13):
        with path.open("ab") as file:
            file.write(b"more")
        rounds.append(inbox.claim())
        reader.ticks.at += 50

    assert all(r.claimed == () for r in rounds)
    assert [q for r in rounds for q in r.quarantined] == [Quarantined("big.xml", "growing")]


def test_an_empty_file_that_is_filled_in_time_is_read(reader: Reader) -> None:
    path = reader.drop.inbox / "a.xml"
    path.touch()
    inbox = reader.make()
    inbox.claim()
    reader.ticks.at += 590
    path.write_bytes(b"<a/>")
    inbox.claim()
    reader.ticks.at += 20

    assert [c.name for c in inbox.claim().claimed] == ["a.xml"]


def test_a_side_file_promises_the_size_and_travels_along(reader: Reader) -> None:
    path = reader.drop.inbox / "a.xml"
    path.write_bytes(b"<a>")
    (reader.drop.inbox / "a.xml.meta.json").write_text(
        '{"msgId": "m1", "size": 7, "senderHerId": "77", "new": [1]}'
    )
    inbox = reader.make()

    assert settled(reader, inbox) == ()

    path.write_bytes(b"<a></a>")
    (claimed,) = settled(reader, inbox)
    assert claimed.meta is not None
    assert (claimed.meta.msg_id, claimed.meta.sender_her_id) == ("m1", "77")
    assert inbox.archive(claimed) is None
    assert names(reader.drop.archive / "2026-03-02") == [
        "claim-1_a.xml",
        "claim-1_a.xml.meta.json",
    ]
    assert names(reader.drop.inbox) == []


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b'{"size": "7"}', b"\xff\xfe{}"])
def test_an_unreadable_side_file_stops_nothing(reader: Reader, content: bytes) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    (reader.drop.inbox / "a.meta.json").write_bytes(content)

    (claimed,) = settled(reader, reader.make())

    assert claimed.meta is None


ODD_NAMES = [
    "with space.xml",
    "æøå-Ω.xml",
    "a_b_c.xml",
    "-rf.xml",
    "new\nline.xml",
    "semi;colon&.XML",
    "no-ending",
    "x" * 250 + ".xml",
    "ø" * 120 + ".xml",
    "%2e%2e%2f.xml",
    os.fsdecode(b"latin-\xe6.xml"),
]


def test_odd_names_are_only_names(reader: Reader) -> None:
    for number, name in enumerate(ODD_NAMES):
        (reader.drop.inbox / name).write_bytes(str(number).encode())
    inbox = reader.make()

    claimed = settled(reader, inbox)

    assert len(claimed) == len(ODD_NAMES)
    assert {inbox.read(c) for c in claimed} == {str(n).encode() for n in range(len(ODD_NAMES))}
    faults = [
        inbox.archive(c) if n % 2 else inbox.quarantine(c, "odd") for n, c in enumerate(claimed)
    ]
    assert faults == [None] * len(ODD_NAMES)
    assert names(reader.drop.work / "here-1") == []


def test_what_is_not_a_document_is_left_alone(reader: Reader) -> None:
    (reader.drop.inbox / "folder.xml").mkdir()
    (reader.drop.inbox / "secret.xml").symlink_to(reader.drop.out)
    (reader.drop.inbox / "link.xml").symlink_to(__file__)
    os.mkfifo(reader.drop.inbox / "pipe.xml")
    left = [".hidden.xml", "a.xml.tmp", "b.part", "c.xml.filepart", "d.xml~", "e.xml.ready"]
    for name in left:
        (reader.drop.inbox / name).write_bytes(b"<a/>")

    assert settled(reader, reader.make()) == ()
    assert set(left) <= set(names(reader.drop.inbox))


def test_a_file_over_the_limit_is_hashed_and_not_loaded(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"0123456789")
    inbox = reader.make(ReadRules(max_bytes=9))
    (claimed,) = settled(reader, inbox)

    read = inbox.read(claimed)

    assert read == TooLarge(10, "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882")


def test_a_claim_of_a_dead_process_is_taken_over_with_its_id(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    (first,) = settled(reader, reader.make(process=Process("here", 111)))

    alive = reader.make(process=Process("here", 222)).claim()
    taken = reader.make(process=Process("here", 222), alive=lambda _pid: False).claim()

    assert alive.claimed == ()
    (again,) = taken.claimed
    assert (again.claim_id, again.name, again.again) == (first.claim_id, "a.xml", True)
    assert not (reader.drop.work / "here-111").exists()


def test_the_claims_of_another_host_are_taken_over_after_the_lease(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    (first,) = settled(reader, reader.make(process=Process("there", 1)))
    inbox = reader.make(process=Process("here", 1))
    folder = reader.drop.work / "there-1"

    before = inbox.claim().claimed
    past = folder.stat().st_mtime - 301
    os.utime(folder, (past, past))
    after = inbox.claim().claimed

    assert before == ()
    assert [c.claim_id for c in after] == [first.claim_id]


def test_a_process_born_again_under_its_number_finds_its_own_claims(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    (first,) = settled(reader, reader.make())

    (again,) = reader.make().claim().claimed

    assert (again.claim_id, again.again) == (first.claim_id, True)


def test_a_held_claim_is_not_given_out_twice(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    inbox = reader.make()
    settled(reader, inbox)
    reader.ticks.at += 3600

    assert inbox.claim().claimed == ()


def test_a_released_claim_comes_again_after_a_growing_pause(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    inbox = reader.make()
    (claimed,) = settled(reader, inbox)

    pauses = []
    for _ in range(3):
        inbox.release(claimed)
        began = reader.ticks.at
        while not inbox.claim().claimed:
            reader.ticks.at += 1
        pauses.append(reader.ticks.at - began)

    assert pauses == [2, 4, 8]


def test_a_stray_file_in_the_folder_of_claims_gets_a_claim_id(reader: Reader) -> None:
    inbox = reader.make()
    inbox.claim()
    (reader.drop.work / "here-1" / "stray.xml").write_bytes(b"<a/>")

    (claimed,) = inbox.claim().claimed

    assert (claimed.claim_id, claimed.name) == ("claim-1", "stray.xml")


def test_a_crash_after_the_claim_loses_nothing_and_doubles_nothing(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    for number in range(6):
        (reader.drop.inbox / f"{number}.xml").write_bytes(str(number).encode())
    real = Path.rename
    done: dict[str, bytes] = {}
    for survive in range(1, 40, 2):
        left = itertools.count(survive, -1)

        def rename(path: Path, target: Path, left: "itertools.count[int]" = left) -> Path:
            if next(left) <= 0:
                raise Crash
            return real(path, target)

        inbox = reader.make(process=Process("here", survive), alive=lambda _pid: False)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            try:
                for claimed in settled(reader, inbox):
                    data = inbox.read(claimed)
                    assert isinstance(data, bytes)
                    done[claimed.claim_id] = data  # the raw row, unique by the claim id
                    inbox.archive(claimed)
            except Crash:
                continue

    assert sorted(done.values()) == [b"0", b"1", b"2", b"3", b"4", b"5"]


def test_a_missing_share_is_red_health_and_polled_with_growing_pauses(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    inbox = reader.make()
    root = reader.drop.inbox.parent
    away = root.rename(root.with_name("away"))

    rounds = [inbox.claim() for _ in range(7)]
    away.rename(root)
    claimed = settled(reader, inbox)

    assert [r.trouble.kind for r in rounds if r.trouble] == ["gone"] * 7
    assert [r.pause_s for r in rounds] == [2, 4, 8, 16, 32, 60, 60]
    assert [c.name for c in claimed] == ["a.xml"]
    assert inbox.claim().pause_s == 2.0


def test_a_share_that_goes_away_under_a_claim_is_trouble_and_not_an_error(reader: Reader) -> None:
    (reader.drop.inbox / "a.xml").write_bytes(b"<a/>")
    inbox = reader.make()
    (claimed,) = settled(reader, inbox)
    root = reader.drop.inbox.parent
    away = root.rename(root.with_name("away"))

    outcomes = [inbox.read(claimed), inbox.archive(claimed), inbox.quarantine(claimed, "x")]

    assert [o.kind for o in outcomes if isinstance(o, Trouble)] == ["gone"] * 3
    away.rename(root)
    assert inbox.archive(claimed) is None


def test_denied_permission_stops_claiming_and_deletes_nothing(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        (reader.drop.inbox / f"{number}.xml").write_bytes(b"<a/>")
    inbox = reader.make()
    tried: list[Path] = []

    def denied(path: Path, _target: Path) -> Path:
        tried.append(path)
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", denied)
        inbox.claim()
        reader.ticks.at += 1
        red = inbox.claim()

    assert red.trouble == Trouble("permission", "in", "The operating system denies access")
    assert len(tried) == 3, "three in a row are the folder, not the files"
    assert len(names(reader.drop.inbox)) == 9
    assert len(inbox.claim().claimed) == 9


def test_one_locked_file_does_not_stop_its_neighbours(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.xml", "locked.xml", "z.xml"):
        (reader.drop.inbox / name).write_bytes(b"<a/>")
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path.name == "locked.xml":
            raise PermissionError(errno.EACCES, "no")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    inbox = reader.make()
    inbox.claim()
    reader.ticks.at += 1
    result = inbox.claim()

    assert sorted(c.name for c in result.claimed) == ["a.xml", "z.xml"]
    assert result.trouble is not None


def test_a_writer_still_at_it_when_we_rename_gets_its_file_back(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = reader.drop.inbox / "a.xml"
    path.write_bytes(b"<a>")
    inbox = reader.make()
    inbox.claim()
    reader.ticks.at += 1
    real = Path.rename

    def rename(source: Path, target: Path) -> Path:
        if source == path:
            with path.open("ab") as file:
                file.write(b"</a>")
        return real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        assert inbox.claim().claimed == ()

    assert names(reader.drop.inbox) == ["a.xml"]
    (claimed,) = settled(reader, inbox)
    assert inbox.read(claimed) == b"<a></a>"


def test_readers_in_many_threads_share_the_files_without_overlap(reader: Reader) -> None:
    for number in range(200):
        (reader.drop.inbox / f"{number}.xml").write_bytes(b"<a/>")
        (reader.drop.inbox / f"{number}.xml.ready").touch()
    got: list[str] = []

    def read(pid: int) -> None:
        inbox = reader.make(ReadRules(batch=7), Process("here", pid))
        while claims := inbox.claim().claimed:
            got.extend(c.name for c in claims)

    threads = [threading.Thread(target=read, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(got) == Counter(f"{n}.xml" for n in range(200))


def _read_in_a_process(root: str, results: str) -> None:
    drop = standard_drop(Path(root))
    count = itertools.count(1)
    inbox = FileDropIn(
        drop,
        now=lambda: NOW,
        new_id=lambda: f"{os.getpid()}-{next(count)}",
        ticks=time.monotonic,
        rules=ReadRules(batch=5),
    )
    got: list[str] = []
    empty = 0
    while empty < 3:
        claims = inbox.claim().claimed
        empty = 0 if claims else empty + 1
        for claimed in claims:
            got.append(claimed.name)
            assert inbox.archive(claimed) is None
    Path(results, str(os.getpid())).write_text("\n".join(got))


def test_readers_in_several_processes_claim_each_file_once(reader: Reader, tmp_path: Path) -> None:
    for number in range(60):
        (reader.drop.inbox / f"{number}.xml").write_bytes(b"<a/>")
        (reader.drop.inbox / f"{number}.xml.ready").touch()
    results = tmp_path / "results"
    results.mkdir()
    context = multiprocessing.get_context("spawn")
    args = (str(reader.drop.inbox.parent), str(results))
    processes = [context.Process(target=_read_in_a_process, args=args) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)

    got = [n for p in results.iterdir() for n in p.read_text().split()]
    assert [p.exitcode for p in processes] == [0, 0]
    assert Counter(got) == Counter(f"{n}.xml" for n in range(60))


@pytest.mark.parametrize("number", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_many_files_at_start_are_taken_in_bounded_time(reader: Reader, number: int) -> None:
    for each in range(number):
        (reader.drop.inbox / f"{each:05}.xml").write_bytes(b"<a/>")
    inbox = reader.make(ReadRules(batch=500))
    began = time.process_time()
    inbox.claim()
    reader.ticks.at += 1

    got: list[str] = []
    while claims := inbox.claim().claimed:
        got.extend(c.name for c in claims)
        for claimed in claims:
            inbox.archive(claimed)

    assert len(got) == len(set(got)) == number
    assert time.process_time() - began < number / 1000 * 1.5, "each file costs the same"


def test_the_folder_of_claims_names_host_and_process() -> None:
    assert Process("øst.example", 7).folder == "-st.example-7"
    assert this_process().folder.endswith(f"-{os.getpid()}")

"""The file drop behind the port: evidence is the file's name, a folder away is a fault to try again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.ports import Delivery, Transport
from hub.problems import HubError, ProblemCode
from hub.transport.drop_transport import DropTransport, NoTransport
from hub.transport.file_drop import Trouble, prepare, standard_drop
from hub.transport.file_drop_out import FileDropOut

NOW = datetime(2026, 1, 5, tzinfo=UTC)
DELIVERY = Delivery(b"<a/>", "0b6f6c7e-6a67-4f0c-9f6e-0c2a3b1d9e10", "5078", "90998")


def submit(transport: Transport, delivery: Delivery, now: datetime = NOW) -> str:
    """One delivery → the evidence of its hand-over."""
    (evidence,) = transport.submit((delivery,), now)
    return evidence


def test_a_delivery_is_written_once_however_often_it_is_tried(tmp_path: Path) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    transport: Transport = DropTransport(FileDropOut(drop))

    first, again = (submit(transport, DELIVERY) for _ in range(2))

    assert first == again
    assert [p.name for p in drop.out.iterdir() if p.is_file()] == [first]


def test_a_message_sent_again_by_a_person_is_written_once_beside_the_lost_file(
    tmp_path: Path,
) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    transport: Transport = DropTransport(FileDropOut(drop))
    lost = submit(transport, DELIVERY)
    (drop.out / lost).rename(drop.failed / lost)
    once_more = replace(DELIVERY, lost=(lost,))

    first, again = (submit(transport, once_more) for _ in range(2))

    assert first == again
    assert lost != first
    assert [p.name for p in drop.out.iterdir() if p.is_file()] == [first]


@pytest.mark.parametrize("moved", ["out", "sent", "failed"])
def test_every_try_gives_a_message_the_name_of_when_it_was_made(tmp_path: Path, moved: str) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    made = replace(DELIVERY, made=NOW)
    folder: Path = getattr(drop, moved)

    first = submit(DropTransport(FileDropOut(drop)), made, NOW + timedelta(minutes=1))
    (drop.out / first).rename(folder / first)
    for out in (FileDropOut(drop), FileDropOut(drop)):
        assert submit(DropTransport(out), made, NOW + timedelta(hours=1)) == first
    assert first.startswith("20260105T000000000Z_")
    assert [p.name for p in folder.iterdir() if p.is_file()] == [first]


def test_a_process_finds_its_own_file_by_name_alone(tmp_path: Path) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    transport = DropTransport(FileDropOut(drop))
    made = replace(DELIVERY, made=NOW)
    other = replace(made, data=b"<b/>")

    names = transport.submit((made, other, made, other), NOW)

    assert names[:2] == names[2:]
    assert len(set(names)) == 2
    assert sorted(p.name for p in drop.out.iterdir() if p.is_file()) == sorted(names[:2])


def test_what_an_older_program_left_is_found_by_its_message(tmp_path: Path) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    older = submit(DropTransport(FileDropOut(drop)), DELIVERY, NOW + timedelta(minutes=1))

    assert submit(DropTransport(FileDropOut(drop)), replace(DELIVERY, made=NOW)) == older


def test_of_several_that_fail_together_those_that_were_written_are_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    transport = DropTransport(FileDropOut(drop))
    first, second = (
        replace(DELIVERY, msg_id=name, made=NOW) for name in ("message-1", "message-2")
    )
    with monkeypatch.context() as patched:
        patched.setattr(FileDropOut, "settle", lambda _: Trouble("disk-full", "out", "full"))
        with pytest.raises(HubError):
            transport.submit((first, second), NOW)

    names = transport.submit((second, first), NOW)

    assert [name.split("_")[1] for name in names] == ["message-2", "message-1"]
    assert {p.name for p in drop.out.iterdir() if p.is_file()} == set(names)


def test_a_folder_away_is_unreachable(tmp_path: Path) -> None:
    transport = DropTransport(FileDropOut(standard_drop(tmp_path / "missing")))

    with pytest.raises(HubError) as raised:
        transport.submit((DELIVERY,), NOW)

    assert [p.code for p in raised.value.problems] == [ProblemCode.UNREACHABLE]


def test_without_a_transport_messages_wait() -> None:
    with pytest.raises(HubError) as raised:
        NoTransport().submit((DELIVERY,), NOW)

    assert [p.code for p in raised.value.problems] == [ProblemCode.UNREACHABLE]

"""The stand-in broker misbehaves in every way it knows, and the hub takes in what is whole, once.

Source: transport/file-drop.md, "Monitoring and stand-in" and "Reading".
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli.standin import standin
from hub.standin.broker import Broker
from hub.standin.delivery import FAULTS, Fault
from hub.transport.file_drop import prepare, standard_drop
from hub.transport.file_drop_scan import ReadRules
from tests.functional.followed import ASLAUG, Followed
from tests.functional.test_receiving import admitted, put, receipts, states, stays
from tests.message_builders import msg_id


def broker(post: Followed, fault: Fault | None = None) -> Broker:
    return Broker(post.drop, post.clock.now, post.clock.new_id, post.journal(), fault)


def rounds(post: Followed, play: Broker, most: int = 40) -> None:
    """Broker and hub work beside each other, half a second at a time, until nothing more happens."""
    tick = 0.0
    post.loop.incoming.ticks = lambda: tick
    post.loop.incoming.rules = ReadRules(settle_s=1.0, stuck_s=10.0)
    for _ in range(most):
        play.step()
        post.take_in()
        tick += 0.5


EXPECTED: dict[Fault | None, dict[str, int]] = {
    None: {"imported": 1},
    "same-file-twice": {"imported": 1, "duplicate": 1},
    "empty-file": {"imported": 1},
    "chunks": {"imported": 1},
    "crash-mid-file": {"imported": 1, "quarantined": 1},
    "not-xml": {"imported": 1, "quarantined": 1},
    "dtd": {"imported": 1, "quarantined": 1},
    "bom": {"imported": 1},
    "upper-case-ending": {"imported": 1},
    "same-id-other-bytes": {"imported": 1, "conflict": 1},
    "locked": {"imported": 1},
    "across-file-systems": {"imported": 1},
    "folder-gone": {"imported": 1},
}


def test_every_fault_of_the_broker_is_tried_here() -> None:
    assert {None, *FAULTS} == set(EXPECTED)


@pytest.mark.parametrize(("fault", "expected"), EXPECTED.items(), ids=map(str, EXPECTED))
def test_whatever_the_broker_does_the_message_is_taken_in_once(
    post: Followed, fault: Fault | None, expected: dict[str, int]
) -> None:
    who = post.client.create(ASLAUG)
    play = broker(post, fault)
    play.bring(admitted())
    rounds(post, play)

    assert expected == Counter(states(post))
    assert 1 == len(stays(post, who))
    answered = [m for m in post.messages("APPREC") if m.sent_for == msg_id(1)]
    assert 1 == len(answered)
    assert play.idle
    assert {} == {k: v for k, v in post.loop.troubles.items() if k != "broker"}


def test_what_the_hub_writes_is_moved_on_and_acknowledged(post: Followed) -> None:
    post.client.create(ASLAUG)
    put(post, admitted())
    assert 1 == len(receipts(post))
    broker(post).step()
    post.look_after()

    assert [] == [p for p in post.files(post.drop.out) if p.parent == post.drop.out]
    assert ["TransportAcked"] == [m.state for m in post.messages("APPREC")]


def test_the_folder_that_went_away_is_told_and_waited_for(post: Followed) -> None:
    post.client.create(ASLAUG)
    away = post.drop.inbox.rename(post.drop.inbox.with_name("away"))
    post.take_in()
    told = post.loop.troubles["in"]
    assert "The folder is missing or the share is not mounted (in, of the drop)" == told
    assert post.hub.work.trouble()

    away.rename(post.drop.inbox)
    put(post, admitted())
    assert ["imported"] == states(post)
    assert "in" not in post.loop.troubles


def test_many_copies_are_many_messages(post: Followed) -> None:
    post.client.create(ASLAUG)
    play = broker(post)
    play.bring(admitted(), copies=30)
    rounds(post, play, most=6)

    assert ["imported"] * 30 == states(post)
    assert 30 == len({m.sent_for for m in post.messages("APPREC")})


def test_the_command_empties_out_and_brings_files(tmp_path: Path) -> None:
    drop = standard_drop(tmp_path / "drop")
    prepare(drop)
    (drop.out / "a.xml").write_bytes(admitted())
    (tmp_path / "m.xml").write_bytes(admitted(2))
    found = CliRunner().invoke(
        standin,
        ["broker", "--drop", str(tmp_path / "drop"), "--many", "3", "--once", str(tmp_path / "m.xml")],
    )  # fmt: skip

    assert 0 == found.exit_code, found.output
    assert "picked-up" in found.output
    told = {line.split()[1] for line in found.output.splitlines() if line.startswith("brought")}
    brought = {p.name for p in drop.inbox.iterdir() if p.is_file() and "receipt" not in p.name}
    assert 3 == len(told)
    assert told <= brought
    assert ["a.xml"] == [p.name for p in drop.sent.iterdir()]
    assert 4 == len([p for p in drop.inbox.iterdir() if p.is_file()])
    assert 1 == len(list(drop.receipt.iterdir()))


def test_the_figures_of_the_drop_are_told(post: Followed) -> None:
    (post.drop.quarantine / "a.xml").write_bytes(b"x")
    post.look_after()
    gauges = post.hub.work.gauges()

    assert ((("folder", "quarantine"),), 1) in gauges["hub_drop_files"]
    assert gauges["hub_drop_free_bytes"][0][1] > 0
    assert [((), 0.0)] == gauges["hub_drop_picked_up_seconds"]
    post.client.create(ASLAUG)
    put(post, admitted())
    broker(post).step()
    post.look_after()
    post.look_after()  # a round tells of the one before
    picked_up = post.hub.work.gauges()["hub_drop_picked_up_seconds"]
    assert [((), post.clock.now().timestamp())] == picked_up


def test_a_clock_that_differs_from_the_drops_is_a_trouble(post: Followed) -> None:
    post.loop.watch_clock = True
    post.look_after()

    assert "clock" in post.loop.troubles
    post.loop.watch_clock = False
    post.look_after()
    assert "clock" not in post.loop.troubles
